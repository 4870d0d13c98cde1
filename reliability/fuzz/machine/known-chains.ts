/** Chains that were mined once and for all, for played peers to speak of: one, two that leave it, and one ahead of the clock. */
import type { Block } from '../../../src/core/block.ts';
import { entryBytes, entryIds } from '../../../src/core/body.ts';
import type { Hash } from '../../../src/core/hash.ts';
import { hashLeaf } from '../../../src/core/merkle.ts';
import { type ChainPoint, genesisPoint } from '../../../src/core/validation.ts';
import { type BuiltChain, bodyOf, buildChain, singleBody, TEST_PARAMS } from '../../../test/support/chain-fixture.ts';
import { bytesOf } from '../target.ts';

export const PARAMS = TEST_PARAMS;
export const GENESIS: ChainPoint = genesisPoint(PARAMS);

/** From the block after the genesis on, each; the one with the most work stands last. */
export const CHAINS: readonly BuiltChain[] = makeChains();

export const BEST: ChainPoint = tipOf(CHAINS.at(-1));

/** Of all chains, each once. */
export const BLOCKS: readonly Block[] = [
  ...new Map(CHAINS.flatMap(({ blocks }) => blocks).map((block) => [block.hash, block])).values(),
];

export const BLOCKS_BY_HASH: ReadonlyMap<Hash, Block> = new Map(BLOCKS.map((block) => [block.hash, block]));

/** Those in blocks, and some that are in none. */
export const ENTRIES: readonly { readonly id: Hash; readonly bytes: Uint8Array }[] = [
  ...BLOCKS.flatMap(({ body }) => entryIds(body).map((id, i) => ({ id, bytes: entryBytes(body, i) }))),
  ...Array.from({ length: 12 }, (_, i) => bytesOf(`{"loose":${i}}`)).map((bytes) => ({ id: hashLeaf(bytes), bytes })),
];

export function tipOf(chain: BuiltChain | undefined): ChainPoint {
  return chain?.points.at(-1) ?? GENESIS;
}

function makeChains(): BuiltChain[] {
  const main = buildChain(PARAMS, GENESIS, 16, bodyAt('main'));
  const low = branch(main, 5, 14, 'low');
  const high = branch(main, 12, 14, 'high');
  return [main, low, high];
}

/** What leaves `chain` after its first `shared` blocks, with them. */
function branch(chain: BuiltChain, shared: number, count: number, name: string): BuiltChain {
  const parent = chain.points[shared - 1] ?? GENESIS;
  const { blocks, points } = buildChain(PARAMS, parent, count, bodyAt(name));
  return {
    blocks: [...chain.blocks.slice(0, shared), ...blocks],
    points: [...chain.points.slice(0, shared), ...points],
  };
}

/** Bodies of every kind: one value, small arrays, an empty one, and one that is too large to be sent whole unasked. */
function bodyAt(name: string): (height: number) => ReturnType<typeof bodyOf> {
  return (height) => {
    if (height % 5 === 0) return singleBody(`{"${name}":${height}}`);
    if (height % 7 === 0) return bodyOf();
    const count = height % 6 === 0 ? 40 : height % 4;
    return bodyOf(
      ...Array.from({ length: count }, (_, i) => `{"entry":${i},"in":"${name}","text":"${'x'.repeat(30)}"}`),
    );
  };
}
