/** The JSON-RPC method that makes receipts: an entry, its place, and a proof of the chain that holds it (docs/spec/receipt.md). */
import { decodeUtf8 } from '#host';
import { assertPresent } from '../core/assert.ts';
import { entryBytes } from '../core/body.ts';
import type { EntryProof } from '../core/entry-proof.ts';
import { hashHeader } from '../core/header.ts';
import type { JsonText } from '../core/json-text.ts';
import type { NetworkParams } from '../core/params.ts';
import { encodeReceipt } from '../core/receipt.ts';
import type { RpcAnswer } from '../probe/probe-server.ts';
import type { ChainStore } from '../storage/chain-store.ts';
import { chainProofImpossible, refusedProof } from './proof-calls.ts';
import type { ProofDesk } from './proof-desk.ts';
import { invalidParams, type Params, readHash, result } from './rpc-call.ts';

interface ReceiptParts {
  readonly params: NetworkParams;
  readonly store: ChainStore;
  readonly runtime: { readonly proofs: ProofDesk };
}

/** For the tip of the moment. Where the chain moves away from it meanwhile, it is made again. */
export async function answerReceipt(
  { params: network, store, runtime }: ReceiptParts,
  params: Params,
): Promise<RpcAnswer> {
  const id = readHash(params, 'id');
  if (id === undefined) throw invalidParams('`id` is missing: the id of an entry, 64 lower-case hex digits');
  for (let attempt = 1; ; attempt++) {
    const { tip, bytes: chainProof } = await runtime.proofs.chainProof();
    if (chainProof === undefined) throw chainProofImpossible();
    const entryProof = await runtime.proofs.entryProof({ tip, id });
    if (entryProof.ok) {
      const entry = await readEntry(store, entryProof.value);
      const bytes = encodeReceipt({ params: network, entry, entryProof: entryProof.value, chainProof });
      return result(assertPresent(decodeUtf8(bytes), 'a receipt is UTF-8').trimEnd() as JsonText);
    }
    const isMoving = entryProof.fault.code === 'tip-not-active' && attempt < ATTEMPTS_MAX;
    if (!isMoving) throw refusedProof(entryProof.fault);
  }
}

async function readEntry(store: ChainStore, { block, index }: EntryProof): Promise<Uint8Array> {
  const [shown] = block.headers;
  const hash = shown === undefined ? block.tip : hashHeader(shown.bytes);
  const stored = assertPresent(await store.blockByHash(hash), 'what was proved is stored');
  return entryBytes(stored.block.body, index);
}

const ATTEMPTS_MAX = 3;
