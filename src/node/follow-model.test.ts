/** That a stream of records misses nothing and tells nothing twice, whatever happens to the chain and to who follows it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Consumer, FollowedChain, OFTEN_FILTER, OFTEN_ID } from './followed-chain.fixture.ts';

/** What befalls the chain. */
type Change =
  | { readonly type: 'grow'; readonly blocks: number }
  | { readonly type: 'reorganise'; readonly depth: number }
  | { readonly type: 'go-on'; readonly place: number };

type Step =
  | Change
  /** The consumer asks, takes so many of the events, and is killed: what he has not taken is lost to him. */
  | {
      readonly type: 'ask';
      readonly limit: number;
      readonly takes: number;
      /** Happens while the node looks, before it asks its store for the n-th time. */
      readonly meanwhile: { readonly question: number; readonly change: Change } | null;
    };

const CHANGE: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ type: fc.constant('grow' as const), blocks: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ type: fc.constant('reorganise' as const), depth: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ type: fc.constant('go-on' as const), place: fc.nat(30) }),
);

const STEP: fc.Arbitrary<Step> = fc.oneof(
  CHANGE,
  fc.record({
    type: fc.constant('ask' as const),
    limit: fc.integer({ min: 1, max: 9 }),
    takes: fc.integer({ min: 0, max: 9 }),
    meanwhile: fc.option(fc.record({ question: fc.integer({ min: 1, max: 8 }), change: CHANGE })),
  }),
);

test('a consumer who is killed and started at random, under reorganisations, comes to have what the chain has', async () => {
  let [removed, resumed] = [0, 0];
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { maxLength: 20, size: 'max' }), fc.boolean(), async (steps, isFiltered) => {
      const filter = isFiltered ? OFTEN_FILTER : {};
      const chain = new FollowedChain();
      const consumer = new Consumer();
      for (const step of steps) {
        if (step.type !== 'ask') {
          await apply(chain, step);
          continue;
        }
        let questions = 0;
        chain.onQuestion = async () => {
          questions++;
          if (questions === step.meanwhile?.question) await apply(chain, step.meanwhile.change);
        };
        const { events, cursor } = await chain.follow({ after: consumer.cursor, limit: step.limit, filter });
        chain.onQuestion = async () => undefined;
        assert.ok(events.length <= step.limit);
        for (const event of events.slice(0, step.takes)) {
          consumer.take(event);
          if (event.type === 'removed') removed++;
        }
        if (step.takes < events.length) resumed++;
        else consumer.cursor = cursor;
      }
      for (;;) {
        const { events, cursor, caught_up } = await chain.follow({ after: consumer.cursor, filter });
        for (const event of events) consumer.take(event);
        consumer.cursor = cursor;
        if (caught_up) break;
      }
      const passing = chain.records.filter(({ id }) => !isFiltered || id === OFTEN_ID);
      assert.deepEqual(consumer.records, passing);
      assert.equal(chain.listenerCount, 0);
    }),
    { seed: 20261122, numRuns: 1_000 },
  );
  assert.ok(removed > 1_000, `only ${removed} records were removed`);
  assert.ok(resumed > 500, `he was killed only ${resumed} times in the midst of an answer`);
});

async function apply(chain: FollowedChain, change: Change): Promise<void> {
  switch (change.type) {
    case 'grow':
      return chain.grow(change.blocks);
    case 'reorganise':
      return chain.reorganise(change.depth);
    case 'go-on':
      return chain.goOnFrom(change.place);
  }
}
