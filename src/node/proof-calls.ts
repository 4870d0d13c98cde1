/** The JSON-RPC methods that answer with proofs (docs/spec/wire.md#json-rpc). */
import { bytesToHex } from '#host';
import type { ChainProofView } from '../api/proof-shapes.ts';
import { ENTRY_PROOFS_MAX } from '../api/rpc.ts';
import { type Hash, parseHash } from '../core/hash.ts';
import { PROOF_HEADERS_MAX } from '../core/header-proof.ts';
import { readElements } from '../core/json-text.ts';
import { type EntryProofJson, entryProofToJson, headerProofToJson } from '../core/proof-json.ts';
import type { RpcAnswer } from '../probe/probe-server.ts';
import type { FullNode } from '../protocol/full-node.ts';
import type { ChainStore, ProofRefusal } from '../storage/chain-store.ts';
import type { ProofDesk } from './proof-desk.ts';
import { invalidParams, type Params, plain, type Refusal, readHash, refused } from './rpc-call.ts';

interface ProofParts {
  readonly store: ChainStore;
  readonly machine: FullNode;
  readonly runtime: { readonly proofs: ProofDesk };
}

export async function answerChainProof({ runtime }: ProofParts): Promise<RpcAnswer> {
  const { tip, bytes } = await runtime.proofs.chainProof();
  if (bytes === undefined) throw chainProofImpossible();
  const view: ChainProofView = { tip, proof: bytesToHex(bytes) };
  return plain(view);
}

/** Of the headers at `heights`, or of the active block `hash`; below `tip`, or the tip of the moment. */
export async function answerHeaderProof({ store, machine, runtime }: ProofParts, params: Params): Promise<RpcAnswer> {
  const tip = readHash(params, 'tip') ?? machine.tip.hash;
  const heights = await readHeights(store, params);
  const proof = await runtime.proofs.headerProof({ tip, heights });
  if (!proof.ok) throw refusedProof(proof.fault);
  return plain(headerProofToJson(proof.value));
}

export async function answerEntryProof({ machine, runtime }: ProofParts, params: Params): Promise<RpcAnswer> {
  const id = readHash(params, 'id');
  if (id === undefined) throw invalidParams('`id` is missing: the id of an entry, 64 lower-case hex digits');
  const proof = await runtime.proofs.entryProof({ tip: readHash(params, 'tip') ?? machine.tip.hash, id });
  if (!proof.ok) throw refusedProof(proof.fault);
  return plain(entryProofToJson(proof.value));
}

interface EntryProofsParts {
  readonly machine: { readonly tip: { readonly hash: Hash } };
  readonly runtime: { readonly proofs: Pick<ProofDesk, 'entryProof'> };
}

/**
 * Made one after the other, so that whoever asks for another proof meanwhile waits for one of them and not for all. And while there is
 * time: what is not made by then is null, too, as whoever asked would be gone, and others wait.
 */
export async function answerEntryProofs({ machine, runtime }: EntryProofsParts, params: Params): Promise<RpcAnswer> {
  const ids = readIds(params);
  const endMs = performance.now() + ENTRY_PROOFS_MS;
  // One tip for all, wherever the chain goes meanwhile.
  const tip = readHash(params, 'tip') ?? machine.tip.hash;
  const proofs: (EntryProofJson | null)[] = [];
  for (const id of ids) {
    if (performance.now() >= endMs) break;
    const proof = await runtime.proofs.entryProof({ tip, id });
    if (!proof.ok && proof.fault.code !== 'entry-not-in-chain') throw refusedProof(proof.fault);
    proofs.push(proof.ok ? entryProofToJson(proof.value) : null);
  }
  return plain({ proofs: ids.map((_, i) => proofs[i] ?? null) });
}

function readIds(params: Params): readonly Hash[] {
  const told = params.plainOf('ids');
  const texts: readonly unknown[] = Array.isArray(told) && told.length <= ENTRY_PROOFS_MAX ? told : [];
  const ids = texts.map((text) => (typeof text === 'string' ? parseHash(text) : undefined));
  const known = ids.filter((id) => id !== undefined);
  if (known.length > 0 && known.length === ids.length) return known;
  throw invalidParams(`send \`ids\`: 1 to ${ENTRY_PROOFS_MAX} ids of entries, each of 64 lower-case hex digits`);
}

async function readHeights(store: ChainStore, params: Params): Promise<readonly number[]> {
  const hash = readHash(params, 'hash');
  if (hash !== undefined) return [await activeHeight(store, hash)];
  const elements = readElements(params.get('heights') ?? '');
  const heights = elements.ok ? elements.value.map((text) => (HEIGHT_TEXT.test(text) ? Number(text) : Number.NaN)) : [];
  const isRising = heights.every((height, i) => height > (heights[i - 1] ?? -1));
  if (heights.length === 0 || heights.length > PROOF_HEADERS_MAX || !isRising) {
    throw invalidParams(
      `send \`hash\`, or \`heights\`: 1 to ${PROOF_HEADERS_MAX} whole numbers, each above the one before`,
    );
  }
  return heights;
}

async function activeHeight(store: ChainStore, hash: Hash): Promise<number> {
  const point = await store.pointOf(hash);
  if (point === undefined) throw refused('block-not-found', 'this node has no such block on its active chain');
  return point.header.height;
}

export function chainProofImpossible(): Refusal {
  const message = 'the last blocks of this chain have too little of its work for a proof: only its headers show it';
  return refused('chain-proof-impossible', message);
}

export function refusedProof(fault: ProofRefusal): Refusal {
  const { code, ...facts } = fault;
  return refused(code, REFUSALS[code], facts);
}

const REFUSALS: Readonly<Record<ProofRefusal['code'], string>> = {
  'tip-not-active':
    'the tip is not a block of this node’s active chain: leave it out, or ask for the chain proof again',
  'height-not-below-tip': 'a proof shows headers below its tip: name lower heights, or a higher tip',
  'entry-not-in-chain':
    'this entry is not in the chain up to that tip, as far as it was looked through: ask again later',
};
const HEIGHT_TEXT = /^(0|[1-9][0-9]{0,9})$/;
/** The gateway and clients wait for ten seconds. */
const ENTRY_PROOFS_MS = 8_000;
