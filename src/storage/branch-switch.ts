/**
 * The switch of branches in a SQLite store: blocks leave the active chain, others join it, and pending entries follow.
 *
 * Blocks are read one at a time, and what is to be remembered of them is in the tables, so memory does not grow with the
 * depth: first the entries of all that leave become pending, then those of all that join are pending no longer.
 */
import { assertPresent } from '../core/assert.ts';
import type { Block } from '../core/block.ts';
import { entryBytes, entryIds } from '../core/body.ts';
import type { Hash } from '../core/hash.ts';
import { encodeHeader } from '../core/header.ts';
import type { ActiveChain } from './active-chain.ts';
import type { BlockTable } from './block-table.ts';
import { type ChainChange, type CommittedChange, RETURNED_LIMITS } from './chain-store.ts';
import type { PendingTable } from './pending-table.ts';

/** A block that stands in the table of blocks. */
export interface KeptBlock {
  /** Its row. */
  readonly id: number;
  readonly block: Block;
  readonly headerBytes: Uint8Array;
  readonly work: bigint;
}

export interface BranchSwitchTables {
  readonly blocks: BlockTable;
  readonly chain: ActiveChain;
  readonly pending: PendingTable;
}

/** Moves the active chain, within a transaction. `kept` are the blocks that the same change has brought. */
export function switchBranch(
  { blocks, chain, pending }: BranchSwitchTables,
  { forkHeight, added }: NonNullable<ChainChange['activate']>,
  kept: ReadonlyMap<Hash, KeptBlock>,
): CommittedChange {
  const firstReturned = pending.nextSeq;
  const removed: Hash[] = [];
  for (let height = forkHeight + 1; height <= chain.tip.height; height++) {
    const { block } = blocks.read(chain.headerAt(height).id, () => height);
    for (const [index, id] of entryIds(block.body).entries()) {
      pending.add({ id, bytes: entryBytes(block.body, index) });
    }
    removed.push(block.hash);
  }
  chain.cutAbove(forkHeight);
  const included: Hash[] = [];
  for (const hash of added) {
    const { id, block, headerBytes, work } = kept.get(hash) ?? readKept({ blocks, chain }, hash);
    chain.push(id, { block, headerBytes, work });
    if (pending.isEmpty) continue;
    for (const entry of pending.remove(entryIds(block.body), firstReturned)) included.push(entry);
  }
  const { entries, isAll } = pending.read(RETURNED_LIMITS, firstReturned);
  return { removed: removed.reverse(), returned: entries, isAllReturned: isAll, included };
}

function readKept({ blocks, chain }: Pick<BranchSwitchTables, 'blocks' | 'chain'>, hash: Hash): KeptBlock {
  const id = assertPresent(blocks.find(hash), 'an added block is kept');
  const { block, work } = blocks.read(id, () => chain.heightOf(id));
  return { id, block, headerBytes: encodeHeader(block.header), work };
}
