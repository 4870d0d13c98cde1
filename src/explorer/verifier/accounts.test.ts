/** That what people read says what was found, of chains and of nodes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, buildChain, TEST_PARAMS } from '../../../test/support/chain-fixture.ts';
import { assertPresent } from '../../core/assert.ts';
import { genesisPoint } from '../../core/validation.ts';
import type { ConvictionFault, LightPeer, PeerStanding, TipReport } from '../../protocol/light-effects.ts';
import { chainSteps } from './chain-account.ts';
import { describeLie, judgePeer, peersStep } from './peer-account.ts';
import type { TrustRoot } from './verdict.ts';

const TIP = assertPresent(
  buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 2, () => bodyOf('1')).points.at(-1),
  'it has a tip',
);
const TRUST: TrustRoot = { genesisHash: 'a'.repeat(64), networkName: 'test', origin: 'set', offered: undefined };
const PROOF = {
  height: 9_000,
  work: 1_000n,
  proofBytes: 100_000,
  headersOpened: 1_234,
  subtrees: 40,
  draws: 200,
  drawnHeights: [],
  tailHeaders: 512,
  tailWork: 60n,
};

function steps(report: TipReport, followed = 0): readonly string[] {
  return chainSteps(TRUST, { tip: TIP, report, followed }).map(({ code }) => code);
}

test('a chain that was sampled says so, and one that was read whole does not', () => {
  const sampled = steps({ method: 'proof', proof: PROOF });
  assert.deepEqual(sampled, ['trust', 'chain-proof', 'proof-of-work', 'difficulty', 'history', 'samples', 'tip']);
  const whole = steps({ method: 'proof', proof: { ...PROOF, draws: 0 } });
  assert.deepEqual(whole, ['trust', 'chain-proof', 'proof-of-work', 'difficulty', 'history', 'tip']);
  assert.deepEqual(steps({ method: 'headers', headers: 9_000 }, 3), ['trust', 'all-headers', 'followed', 'tip']);
});

test('figures are written for people', () => {
  const proof = chainSteps(TRUST, { tip: TIP, report: { method: 'proof', proof: PROOF }, followed: 0 });
  assert.match(proof[1]?.text ?? '', /Of 9,000 headers a node sent 1,234/);
  const [, one] = chainSteps(TRUST, { tip: TIP, report: { method: 'headers', headers: 1 }, followed: 0 });
  assert.match(one?.text ?? '', /All 1 header from/);
});

function lightPeer(standing: PeerStanding, more: Partial<LightPeer> = {}): LightPeer {
  const tip = { height: 7, hash: TIP.hash, work: 5n };
  const shared = { id: 'peer', address: '/ws', agent: 'cairn/1', isConnected: true, isAhead: false, fault: undefined };
  return { ...shared, standing, claimed: tip, shown: tip, ...more };
}

const OPEN = { port: 5001, state: 'open', peer: 'peer', trouble: undefined } as const;
const CLOSED = { ...OPEN, state: 'closed' } as const;

test('a node has its standing while it is connected, and none of it after', () => {
  const known = { peer: lightPeer('behind'), lie: undefined, tipHeight: 9 };
  const behind = judgePeer(OPEN, known);
  assert.deepEqual([behind.standing, behind.isConnected, behind.shown?.work], ['behind', true, '5']);
  assert.match(behind.text, /2 blocks are missing/);
  const ahead = judgePeer(OPEN, { ...known, peer: lightPeer('new', { isAhead: true }) });
  assert.match(ahead.text, /ahead of the clock/);
  assert.equal(judgePeer(CLOSED, known).standing, 'unreachable');
  assert.equal(judgePeer({ ...CLOSED, state: 'dialling' }, known).standing, 'connecting');
  assert.equal(judgePeer(OPEN, { ...known, peer: undefined }).standing, 'new');
});

test('why a connection has ended is said', () => {
  const peer = lightPeer('agrees', { fault: 'ping-timeout', isConnected: false });
  const gone = judgePeer(CLOSED, { peer, lie: undefined, tipHeight: 9 });
  assert.deepEqual([gone.trouble?.code, gone.text], ['ping-timeout', 'The node did not answer any more.']);
});

test('who has lied is named for it, connected or not', () => {
  const lie: ConvictionFault = { code: 'work-too-low', hash: TIP.hash, bits: 0x207fffff };
  for (const door of [OPEN, CLOSED]) {
    const liar = judgePeer(door, { peer: lightPeer('convicted'), lie, tipHeight: 9 });
    assert.equal(liar.standing, 'convicted');
    assert.match(liar.text, /^It has lied\. .*never done/);
    assert.deepEqual(liar.trouble?.facts[1], { name: 'hash', value: TIP.hash, kind: 'hash' });
  }
});

test('a lie inside a proof is told as what it is', () => {
  const inner = { code: 'work-too-low', hash: TIP.hash, bits: 0x207fffff } as const;
  const lie = describeLie({ code: 'chain-proof-header-invalid', height: 3, fault: inner });
  assert.equal(lie.code, 'chain-proof-header-invalid');
  assert.match(lie.text, /never done/);
  assert.match(describeLie({ code: 'chain-proof-height-undrawn', height: 3 }).text, /proof that it gave/);
});

test('one node that agrees is not called several', () => {
  const agreeing = judgePeer(OPEN, { peer: lightPeer('agrees'), lie: undefined, tipHeight: 7 });
  assert.match(peersStep([agreeing]).text, /^One node/);
  assert.match(peersStep([agreeing, agreeing]).text, /^2 nodes/);
});
