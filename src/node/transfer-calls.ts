/** The JSON-RPC methods that carry whole chains: out in parts, in in parts, and into a file beside the store. */
import { isAbsolute } from 'node:path';
import type { Offer } from '../api/shapes.ts';
import { jsonValue } from '../core/json-text.ts';
import { ok } from '../core/result.ts';
import type { ProbeSession, RpcAnswer } from '../probe/probe-server.ts';
import type { FullNode } from '../protocol/full-node.ts';
import type { ChainStore } from '../storage/chain-store.ts';
import { StoreError } from '../storage/store-error.ts';
import { chainDocument, streamChainDocument } from './chain-stream.ts';
import type { ChainUploads } from './chain-upload.ts';
import { invalidParams, type Params, plain, readInteger, readString, refused } from './rpc-call.ts';

/**
 * The whole chain, streamed; or, where `from` is named, some of its blocks from that height up: as many as
 * `CHAIN_PART_BYTES` hold, and at least one if there is one. Parts are of the active chain of their moment, so whoever
 * puts them together sees by `prev_hash` whether it is still the same.
 */
export async function answerChain(
  { store, machine }: { readonly store: ChainStore; readonly machine: FullNode },
  params: Params,
): Promise<RpcAnswer> {
  const from = readInteger(params, 'from', { max: 2 ** 32 - 1 });
  const limit = readInteger(params, 'limit', { max: 2 ** 32 - 1 }) ?? Number.POSITIVE_INFINITY;
  if (from === undefined) {
    if (params.has('limit')) throw invalidParams('`limit` goes with `from`: the height of the first block of the part');
    return { type: 'stream', stream: await streamChainDocument(store) };
  }
  const part = await store.chainPartJson(from, { blocksMax: limit, bytesMax: CHAIN_PART_BYTES });
  const length = machine.tip.header.height + 1;
  return { type: 'stream', stream: chainDocument({ sizeBytes: part.length, chunks: [part], length }) };
}

/** The next part of a candidate chain, or the last one, which is answered with the verdict. */
export async function answerOffer(uploads: ChainUploads, params: Params, session: ProbeSession): Promise<RpcAnswer> {
  const blocks = params.elementsOf('blocks') ?? ok([]);
  const last = params.get('last') ?? 'false';
  if (!blocks.ok) throw invalidParams('`blocks` is not an array of blocks');
  if (last !== 'true' && last !== 'false') throw invalidParams('`last` is not true or false');
  const verdict = await uploads.take({ blocks: blocks.value, isLast: last === 'true' }, session.closed);
  const offer: Offer =
    verdict === undefined
      ? { verdict: null, blocks: null, fault: null }
      : {
          verdict: verdict.fault === undefined ? 'accepted' : 'rejected',
          blocks: verdict.blocks,
          fault: verdict.fault ?? null,
        };
  return plain(offer);
}

/** A copy of the store in a file of this machine that is not there yet, with the rights of the node's user. */
export async function answerBackup(store: ChainStore, params: Params, session: ProbeSession): Promise<RpcAnswer> {
  const path = readString(params, 'path');
  if (path === undefined || !isAbsolute(path)) {
    throw invalidParams('`path` is not an absolute path of a file on the machine of the node');
  }
  try {
    await store.backup(path, (done, of) => session.progress(jsonValue({ done, of })));
  } catch (error) {
    const isOfDisk = error instanceof StoreError && (error.code === 'store-io' || error.code === 'store-unwritable');
    if (!isOfDisk) throw error;
    throw refused('backup-failed', error.message, { path });
  }
  return plain({ path });
}

/** Of canonical JSON in one answer: enough to make the question cheap, and little to hold. */
const CHAIN_PART_BYTES = 1_048_576;
