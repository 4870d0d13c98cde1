/** The JSON-RPC method that lists blocks: summaries downwards, all of them or every so many. */
import type { BlockSummary } from '../api/shapes.ts';
import type { RpcAnswer } from '../probe/probe-server.ts';
import type { FullNode } from '../protocol/full-node.ts';
import type { ChainStore } from '../storage/chain-store.ts';
import { invalidParams, type Params, plain, readInteger } from './rpc-call.ts';
import { blockSummary } from './views.ts';

/** Of the active chain, from the height `from` or the tip downwards; with `step`, of every so many blocks one. */
export async function answerBlocks(
  { store, machine }: { readonly store: ChainStore; readonly machine: FullNode },
  params: Params,
): Promise<RpcAnswer> {
  const tipHeight = machine.tip.header.height;
  const from = Math.min(readInteger(params, 'from', { max: 2 ** 32 - 1 }) ?? tipHeight, tipHeight);
  const limit = readInteger(params, 'limit', { max: BLOCKS_MAX }) ?? BLOCKS_MAX;
  const step = readInteger(params, 'step', { max: 2 ** 32 - 1 }) ?? 1;
  if (step === 0) throw invalidParams('`step` is 0: name at least 1');
  const count = Math.min(limit, Math.floor(from / step) + 1);
  const blocks: BlockSummary[] = [];
  for (let first = 0; first < count; first += READS_AT_ONCE_MAX) {
    const length = Math.min(READS_AT_ONCE_MAX, count - first);
    const reads = Array.from({ length }, (_, i) => store.blockAt(from - (first + i) * step));
    for (const stored of await Promise.all(reads)) {
      // The tip may have moved down since it was asked for.
      if (stored !== undefined) blocks.push(blockSummary(stored));
    }
  }
  return plain({ blocks });
}

const BLOCKS_MAX = 100;
/** So many that the way to the store's thread and back does not count, and blocks of any size take little memory. */
const READS_AT_ONCE_MAX = 8;
