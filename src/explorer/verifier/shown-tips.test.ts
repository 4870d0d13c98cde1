import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ShownTips } from './shown-tips.ts';
import type { PeerVerdict } from './verdict.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const PATIENCE_MS = 4_000;

function peer(height: number, hash: string, more: Partial<PeerVerdict> = {}): PeerVerdict {
  const shown = { height, hash, work: '1' };
  const nothing = { peerId: undefined, agent: undefined, claimed: undefined, trouble: undefined, text: '' };
  return { port: 5001, standing: 'agrees', isConnected: true, shown, ...nothing, ...more };
}

const known = (hash: string) => hash === A;

/** The outcome right after `tip` is shown, and after the time that news may take. */
function outcomes(tip: { height: number; hash: string }, peers: readonly PeerVerdict[]): readonly string[] {
  const tips = new ShownTips();
  tips.note([{ port: 5001, ...tip }]);
  tips.proceed(peers, known, 0);
  const atOnce = tips.verdict.outcome;
  tips.proceed(peers, known, PATIENCE_MS);
  return [atOnce, tips.verdict.outcome];
}

test('a tip that the node has shown itself agrees', () => {
  assert.deepEqual(outcomes({ height: 7, hash: A }, [peer(7, A)]), ['agrees', 'agrees']);
});

test('one that has fallen behind, or that nobody has, is told of when it goes on to be', () => {
  assert.deepEqual(outcomes({ height: 5, hash: B }, [peer(7, A)]), ['agrees', 'behind']);
  assert.deepEqual(outcomes({ height: 7, hash: B }, [peer(7, A)]), ['agrees', 'invented']);
  assert.deepEqual(outcomes({ height: 9, hash: B }, [peer(7, A)]), ['agrees', 'invented']);
});

test('one that some peer has shown is ahead of this node, and nothing is wrong with it', () => {
  assert.deepEqual(outcomes({ height: 8, hash: A }, [peer(7, B)]), ['agrees', 'agrees']);
});

test('nothing is said where the node was not heard, has gone, or has lied', () => {
  const tip = { height: 5, hash: B };
  for (const peers of [
    [],
    [peer(7, A, { shown: undefined })],
    [peer(7, A, { isConnected: false })],
    [peer(7, A, { standing: 'convicted' })],
    [peer(7, A, { port: 5002 })],
  ]) {
    assert.deepEqual(outcomes(tip, peers), ['unchecked', 'unchecked']);
  }
});

test('what has become right again was only late', () => {
  const tips = new ShownTips();
  tips.note([{ port: 5001, height: 6, hash: B }]);
  tips.proceed([peer(7, A)], known, 0);
  tips.note([{ port: 5001, height: 7, hash: A }]);
  assert.equal(tips.proceed([peer(7, A)], known, 1_000), false);
  tips.note([{ port: 5001, height: 7, hash: A }]);
  tips.proceed([peer(8, B)], known, 3_000);
  tips.proceed([peer(8, B)], known, 3_000 + PATIENCE_MS - 1);
  assert.equal(tips.verdict.outcome, 'agrees', 'the time begins anew');
  assert.equal(tips.proceed([peer(8, B)], known, 3_000 + PATIENCE_MS), true);
  assert.deepEqual(tips.verdict.ports, [5001]);
  assert.match(tips.verdict.text, /1 block more/);
});
