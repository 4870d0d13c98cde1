/**
 * Reads a chain block by block while the active chain may move on under the reader.
 *
 * Blocks are never deleted, so the chain that ends in a block can always be read: on the active chain by height, and
 * above it by the row ids that a walk down from its tip has noted. Once noted they hold, however the active chain
 * moves; where it moves below them, the walk goes on.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Hash } from '../core/hash.ts';
import type { ActiveChain } from './active-chain.ts';
import type { BlockTable, RawBlock } from './block-table.ts';
import { blockDamaged, StoreError } from './store-error.ts';

/** The blocks from height `from` to `tip`, in that order; none where `tip` is unknown or lower. */
export async function* readChain(options: {
  readonly chain: ActiveChain;
  readonly blocks: BlockTable;
  readonly tip: Hash;
  readonly from: number;
}): AsyncGenerator<RawBlock, void, undefined> {
  const { chain, blocks, from } = options;
  const tipId = blocks.find(options.tip);
  if (tipId === undefined) {
    const message = `The block ${options.tip} is not found by its hash: make the keys anew with cairn reindex.`;
    throw new StoreError('store-damaged', message);
  }
  const tipHeight = blocks.readHeader(tipId, () => chain.heightOf(tipId)).header.height;
  const branch: Branch = { ids: [], parentId: tipId, parentHeight: tipHeight };
  let height = from;
  while (height <= tipHeight) {
    while (height <= branch.parentHeight && !extendBranch(branch, { chain, blocks, from: height })) await nextTurn();
    for (const block of readBatch(branch, { chain, blocks, from: height, tipHeight })) {
      yield block;
      height++;
    }
    await nextTurn();
  }
}

/** The blocks of the active chain from height `from` up, one after the other: it must not move meanwhile. */
export function* readActiveBlocks(
  { chain, blocks }: Pick<Source, 'chain' | 'blocks'>,
  from: number,
): Generator<RawBlock, void, undefined> {
  for (let height = from; height <= chain.tip.height; height++) {
    const id = chain.idAt(height);
    if (id === undefined) throw blockDamaged({ hash: undefined, height }, 'the active chain lacks it');
    const block = blocks.readRaw(id, () => height);
    chain.checkHeader(block, height);
    yield block;
  }
}

/** What is known of the upper end of a chain. */
interface Branch {
  /** The row ids of its blocks from the tip down. */
  readonly ids: number[];
  /** The block below them. */
  parentId: number;
  parentHeight: number;
}

interface Source {
  readonly chain: ActiveChain;
  readonly blocks: BlockTable;
  /** The lowest height that is asked for. */
  readonly from: number;
}

/** Walks down until the branch stands on the active chain, or reaches down to `from`. False: there is more to walk. */
function extendBranch(branch: Branch, { chain, blocks, from }: Source): boolean {
  for (let steps = 0; steps < WALK_STEPS_MAX; steps++) {
    if (branch.parentHeight < from || chain.idAt(branch.parentHeight) === branch.parentId) return true;
    const { hash, header } = blocks.readHeader(branch.parentId, () => branch.parentHeight);
    branch.ids.push(branch.parentId);
    branch.parentHeight--;
    if (branch.parentHeight < from) return true;
    const parentId = blocks.find(header.previousHash);
    if (parentId === undefined) throw blockDamaged({ hash, height: header.height }, 'the block below it is missing');
    branch.parentId = parentId;
  }
  return false;
}

/** A few blocks at once, read between two turns of the event loop: at least one, and all that stand before a damaged one. */
function readBatch(branch: Branch, source: Source & { readonly tipHeight: number }): readonly RawBlock[] {
  const { chain, blocks, from, tipHeight } = source;
  const batch: RawBlock[] = [];
  let sizeBytes = 0;
  for (let height = from; height <= tipHeight && batch.length < BATCH_BLOCKS && sizeBytes < BATCH_BYTES; height++) {
    try {
      const stored = readOne(branch, { chain, blocks, tipHeight, height });
      batch.push(stored);
      sizeBytes += stored.body.bytes.length;
    } catch (error) {
      // The next batch begins with it, and fails.
      if (batch.length > 0) break;
      throw error;
    }
  }
  return batch;
}

function readOne(
  branch: Branch,
  source: Omit<Source, 'from'> & { readonly tipHeight: number; readonly height: number },
): RawBlock {
  const { chain, blocks, tipHeight, height } = source;
  const activeId = chain.idAt(height);
  const id = height > branch.parentHeight ? branch.ids[tipHeight - height] : activeId;
  if (id === undefined) throw blockDamaged({ hash: undefined, height }, 'the active chain lacks it');
  const block = blocks.readRaw(id, () => height);
  if (id === activeId) chain.checkHeader(block, height);
  return block;
}

const WALK_STEPS_MAX = 1_000;
const BATCH_BLOCKS = 64;
const BATCH_BYTES = 262_144;
