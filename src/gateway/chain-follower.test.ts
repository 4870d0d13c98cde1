import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { LedgerEvent } from '../api/shapes.ts';
import { assertPresent } from '../core/assert.ts';
import type { Hash } from '../core/hash.ts';
import { type JsonText, readMembers } from '../core/json-text.ts';
import { RpcCallError } from '../probe/probe-client.ts';
import { CannedLedger } from './canned-ledger.fixture.ts';
import { type Ask, ChainFollower, type FollowedEvent } from './chain-follower.ts';
import { type EventCursor, formatCursor, parseCursor } from './event-cursor.ts';

/** Questions to `ledger` without a socket. */
function asking(ledger: CannedLedger, onAsk: () => void = () => undefined): Ask {
  return async (method, params) => {
    const members = readMembers(params);
    const answer = await ledger.call(method, members.ok ? members.value : new Map(), {
      notify: () => true,
      progress: () => true,
      closed: new AbortController().signal,
    });
    if (answer.type === 'error') throw new RpcCallError(answer.error);
    onAsk();
    return answer.type === 'result' ? answer.json : ('null' as JsonText);
  };
}

/** What somebody has who has heard every event: hashes from the genesis on. Fails on an event that does not fit. */
class Listener {
  readonly hashes: string[];

  constructor(ledger: CannedLedger) {
    this.hashes = ledger.chain.map(({ hash }) => hash);
  }

  hear(event: LedgerEvent): void {
    if (event.type === 'block-removed') {
      assert.equal(this.hashes.length - 1, event.height);
      assert.equal(this.hashes.pop(), event.hash);
    } else if (event.type === 'block-added') {
      assert.equal(this.hashes.at(-1), event.prev_hash);
      assert.equal(this.hashes.push(event.hash) - 1, event.height);
    }
  }
}

async function collect(events: AsyncIterable<FollowedEvent>): Promise<FollowedEvent[]> {
  const collected: FollowedEvent[] = [];
  for await (const event of events) collected.push(event);
  return collected;
}

function cursorAt(ledger: CannedLedger): EventCursor {
  return { height: ledger.tip.height, hash: ledger.tip.hash, position: 'added' };
}

const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ type: fc.constant('add' as const), data: fc.integer({ min: 0, max: 2 }) }) },
    {
      weight: 1,
      arbitrary: fc.record({ type: fc.constant('remove' as const), count: fc.integer({ min: 1, max: 4 }) }),
    },
  ),
  { maxLength: 30 },
);
type Step = typeof steps extends fc.Arbitrary<readonly (infer One)[]> ? One : never;

function apply(ledger: CannedLedger, step: Step): void {
  if (step.type === 'add') ledger.add(String(step.data));
  else if (ledger.tip.height > 0) ledger.remove(Math.min(step.count, ledger.tip.height));
}

describe('a follower', () => {
  it('leads from any place of the past to the chain of now, wherever it was interrupted', async () => {
    await fc.assert(
      fc.asyncProperty(steps, steps, fc.nat(20), async (before, since, taken) => {
        const ledger = new CannedLedger();
        for (const step of before) apply(ledger, step);
        const listener = new Listener(ledger);
        const cursor = cursorAt(ledger);
        for (const step of since) apply(ledger, step);

        let last = formatCursor(cursor);
        const follower = await ChainFollower.start(asking(ledger), cursor);
        for (const { event, cursor: behind } of (await collect(follower.catchUp())).slice(0, taken)) {
          listener.hear(event);
          last = formatCursor(assertPresent(behind, 'events of blocks have a cursor'));
        }
        const resumed = await ChainFollower.start(asking(ledger), parseCursor(last));
        for (const { event } of await collect(resumed.catchUp())) listener.hear(event);
        assert.deepEqual(listener.hashes, new Listener(ledger).hashes);
      }),
      { seed: 20261122, numRuns: 200 },
    );
  });

  it('finds the way while the chain changes between two questions', async () => {
    await fc.assert(
      fc.asyncProperty(steps, steps, async (since, meanwhile) => {
        const ledger = new CannedLedger();
        const listener = new Listener(ledger);
        const cursor = cursorAt(ledger);
        for (const step of since) apply(ledger, step);
        const changes = [...meanwhile];
        const ask = asking(ledger, () => {
          const change = changes.shift();
          if (change !== undefined) apply(ledger, change);
        });
        const follower = await ChainFollower.start(ask, cursor);
        for (const { event } of await collect(follower.catchUp())) listener.hear(event);
        // What changed after its last question is told by the node, and taken from there.
        for (const change of changes.splice(0)) apply(ledger, change);
        const { height, hash, previous } = ledger.add('3');
        const event = { type: 'block-added', height, hash, prev_hash: previous, time: '', entries: 1 } as const;
        for (const { event: told } of await collect(follower.take(event))) listener.hear(told);
        assert.deepEqual(listener.hashes, new Listener(ledger).hashes);
      }),
      { seed: 20261122, numRuns: 200 },
    );
  });

  it('replays more than a page of blocks in order', async () => {
    const ledger = new CannedLedger();
    const listener = new Listener(ledger);
    const follower = await ChainFollower.start(asking(ledger), cursorAt(ledger));
    for (let i = 0; i < 250; i++) ledger.add(String(i));
    for (const { event } of await collect(follower.catchUp())) listener.hear(event);
    assert.equal(listener.hashes.length, 251);
  });

  it('passes on what is not of blocks without a cursor', async () => {
    const ledger = new CannedLedger();
    const follower = await ChainFollower.start(asking(ledger));
    const event = { type: 'entry-pending', id: 'e'.repeat(64) } as const;
    assert.deepEqual(await collect(follower.take(event)), [{ event }]);
  });

  it('does not tell twice what the replay has told already', async () => {
    const ledger = new CannedLedger();
    const follower = await ChainFollower.start(asking(ledger));
    const { height, hash, previous } = ledger.add('1');
    assert.equal((await collect(follower.catchUp())).length, 1);
    const event = { type: 'block-added', height, hash, prev_hash: previous, time: '', entries: 1 } as const;
    assert.deepEqual(await collect(follower.take(event)), []);
  });

  it('refuses a cursor of another network, and one whose height is another', async () => {
    const ledger = new CannedLedger();
    for (const cursor of [
      { height: 3, hash: 'd'.repeat(64) as Hash, position: 'added' },
      { ...cursorAt(ledger), height: 1 },
    ] as const) {
      await assert.rejects(ChainFollower.start(asking(ledger), cursor), { code: 'cursor-stale' });
    }
  });
});

describe('a cursor', () => {
  for (const text of ['', '1', `01-${'a'.repeat(64)}-0`, `1-${'A'.repeat(64)}-0`, `1-${'a'.repeat(64)}-2`, '1-a-0']) {
    it(`is not ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseCursor(text), { code: 'cursor-invalid' });
    });
  }
});
