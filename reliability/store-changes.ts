/** What is done to stores here, and how what came of it is told apart. */
import { assertPresent } from '../src/core/assert.ts';
import { type ChainPoint, genesisPoint } from '../src/core/validation.ts';
import { Random } from '../src/simulator/random.ts';
import type { ChainChange, ChainStore } from '../src/storage/chain-store.ts';
import { bodyOf, buildChain, TEST_PARAMS } from '../test/support/chain-fixture.ts';
import { ALL_PENDING, NO_CHANGE, pendingEntry, switchTo } from '../test/support/store-change.ts';

/** A switch takes two blocks off and puts so many on. */
export const SWITCH_BLOCKS = 3;

/** Changes of every kind, the same for the same seed: the chain grows, every seventh time it switches to a branch, and entries wait. */
export function drawChanges(
  count: number,
  options: { readonly entryCharacters: number; readonly seed?: string },
): ChainChange[] {
  const { entryCharacters, seed = 'changes' } = options;
  const random = new Random(seed);
  let points: readonly ChainPoint[] = [genesisPoint(TEST_PARAMS)];
  const waiting: string[] = [];
  return Array.from({ length: count }, (_, round) => {
    const isSwitch = round % 7 === 6;
    if (round % 5 === 3) {
      const texts = [JSON.stringify(`waits ${round}`), JSON.stringify(`waits, too ${round}`)];
      waiting.push(...texts);
      return { ...NO_CHANGE, pendingAdded: texts.map(pendingEntry) };
    }
    const kept = isSwitch ? points.slice(0, 1 - SWITCH_BLOCKS) : points;
    const parent = assertPresent(kept.at(-1), 'the genesis stays');
    const included = waiting.splice(0, 1);
    const grown = buildChain(TEST_PARAMS, parent, isSwitch ? SWITCH_BLOCKS : random.integer(1, 2), (height) => {
      const filling = 'x'.repeat(random.integer(0, entryCharacters));
      return bodyOf(JSON.stringify({ at: height, filling, round, seed }), ...included.splice(0, 1));
    });
    points = [...kept, ...grown.points];
    return switchTo(parent.header.height, grown);
  });
}

/** What of a store must never be lost, as one text: its tip says all of the chain, and the pending entries stand in order. */
export async function fingerprint(store: ChainStore): Promise<string> {
  const { tip, length } = await store.chainJson();
  const { entries } = await store.pending(ALL_PENDING);
  return [`${length}:${tip}`, ...entries.map(({ id }) => id.slice(0, 16))].join(' ');
}
