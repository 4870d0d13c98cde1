/**
 * Proofs of a chain's work that are far smaller than its headers (docs/spec/chain-proof.md), and the judging of them.
 *
 * A proof is the chain with gaps. Where a header is opened, it is judged as if all before it were there: its history root is
 * computed from what was opened before it and from the roots of the subtrees that stand for the rest. So the last header
 * fixes everything before it, gaps included, and which places have to be opened is drawn by its hash: who makes up work
 * that was not done cannot choose where nobody looks.
 */

import { drawPositions } from './chain-draws.ts';
import { ProofReader } from './chain-proof-bytes.ts';
import {
  allHeadersBytes,
  CLAIM_BYTES,
  HEIGHT_BYTES,
  hasAllHeaders,
  openedRuns,
  SAMPLED_START_BYTES,
  sampledBytes,
  tailParent,
} from './chain-proof-layout.ts';
import { type ChainClaim, type ChainProofFault, ProofWalk } from './chain-proof-walk.ts';
import type { NetworkParams } from './params.ts';
import { fail, ok, type Result } from './result.ts';
import type { ChainPoint } from './validation.ts';

export type { ChainClaim, ChainProofFault };

/** What was found true by a chain proof. Whether the tip is ahead of the local clock is not part of it (`isAheadOfClock`). */
export interface ProvenChain {
  readonly tip: ChainPoint;
  /** The places at the end, each judged by the one before it; the last is the tip. Where all headers are there, from the genesis on. */
  readonly tail: readonly ChainPoint[];
  readonly report: ChainProofReport;
}

/** How it was found, told to people. */
export interface ChainProofReport {
  readonly height: number;
  readonly work: bigint;
  readonly proofBytes: number;
  /** Without the genesis, which the network fixes. */
  readonly headersOpened: number;
  /** Roots of subtrees that stand for the headers that were not. */
  readonly subtrees: number;
  /** How many places of the chain had to be opened. */
  readonly draws: number;
  /** The heights that were drawn, ascending; none where all headers are there. */
  readonly drawnHeights: readonly number[];
  /** How many headers at the end were opened one after the other, and their work. */
  readonly tailHeaders: number;
  readonly tailWork: bigint;
}

/** What a proof says it proves. Nothing of it is checked. */
export function readChainClaim(bytes: Uint8Array): Result<ChainClaim, ChainProofFault> {
  if (bytes.length < CLAIM_BYTES) return fail(sizeFault(bytes, CLAIM_BYTES));
  const [format] = bytes;
  if (format !== FORMAT) return fail({ code: 'chain-proof-format-unknown', format: Number(format) });
  const reader = new ProofReader(bytes.subarray(1));
  return ok({ tip: reader.hash(), height: reader.u32(), work: reader.u256() });
}

/** Judges a proof by every rule of docs/spec/chain-proof.md, on the network that `params` make. */
export function verifyChainProof(bytes: Uint8Array, params: NetworkParams): Result<ProvenChain, ChainProofFault> {
  const claim = readChainClaim(bytes);
  if (!claim.ok) return claim;
  const proof = new ProofReader(bytes.subarray(CLAIM_BYTES));
  return hasAllHeaders(claim.value.height)
    ? verifyAllHeaders(bytes, claim.value, new ProofWalk(proof, claim.value.work, params))
    : verifySampled(bytes, claim.value, proof, params);
}

function verifyAllHeaders(bytes: Uint8Array, claim: ChainClaim, walk: ProofWalk): Result<ProvenChain, ChainProofFault> {
  const expected = allHeadersBytes(claim.height);
  if (bytes.length !== expected) return fail(sizeFault(bytes, expected));
  return finish(bytes, claim, walk, []);
}

function verifySampled(
  bytes: Uint8Array,
  claim: ChainClaim,
  reader: ProofReader,
  params: NetworkParams,
): Result<ProvenChain, ChainProofFault> {
  if (bytes.length < SAMPLED_START_BYTES) return fail(sizeFault(bytes, SAMPLED_START_BYTES));
  const sampledWork = reader.u256();
  const drawnCount = reader.u16();
  const listBytes = SAMPLED_START_BYTES + HEIGHT_BYTES * drawnCount;
  if (bytes.length < listBytes) return fail(sizeFault(bytes, listBytes));
  const end = tailParent(claim.height);
  const drawnHeights = [0];
  for (let i = 0; i <= drawnCount; i++) {
    const height = i === drawnCount ? end : reader.u32();
    if (height <= Number(drawnHeights.at(-1))) return fail({ code: 'chain-proof-heights-unordered', height });
    drawnHeights.push(height);
  }
  const runs = openedRuns(drawnHeights);
  const expected = sampledBytes(drawnCount, runs);
  if (bytes.length !== expected) return fail(sizeFault(bytes, expected));
  if (sampledWork === 0n || sampledWork >= claim.work) {
    return fail({ code: 'chain-proof-work-wrong', height: end, work: sampledWork });
  }
  const positions = drawPositions({ ...claim, sampledWork });
  if (positions === undefined) {
    return fail({ code: 'chain-proof-tail-too-light', tailWork: claim.work - sampledWork, work: claim.work });
  }
  const walk = new ProofWalk(reader, claim.work, params);
  const fault = walk.openDrawn(runs, drawnHeights, positions);
  if (fault !== undefined) return fail(fault);
  if (walk.last.work !== sampledWork) {
    return fail({ code: 'chain-proof-work-wrong', height: end, work: sampledWork });
  }
  return finish(bytes, claim, walk, drawnHeights, positions.length);
}

/** Follows the headers from where the walk has come to up to the tip, and holds them against what the proof said. */
function finish(
  bytes: Uint8Array,
  claim: ChainClaim,
  walk: ProofWalk,
  drawnHeights: readonly number[],
  draws = 0,
): Result<ProvenChain, ChainProofFault> {
  const parent = walk.last;
  const tail = [parent];
  while (walk.last.header.height < claim.height) {
    const fault = walk.follow();
    if (fault !== undefined) return fail(fault);
    tail.push(walk.last);
  }
  const tip = walk.last;
  if (tip.work !== claim.work) {
    return fail({ code: 'chain-proof-work-wrong', height: claim.height, work: claim.work });
  }
  if (tip.hash !== claim.tip) return fail({ code: 'chain-proof-tip-wrong', expected: tip.hash, tip: claim.tip });
  const report: ChainProofReport = {
    height: claim.height,
    work: claim.work,
    proofBytes: bytes.length,
    headersOpened: walk.headersOpened,
    subtrees: walk.subtrees,
    draws,
    drawnHeights,
    tailHeaders: tail.length - 1,
    tailWork: tip.work - parent.work,
  };
  return ok({ tip, tail, report });
}

function sizeFault(bytes: Uint8Array, expectedBytes: number): ChainProofFault {
  return { code: 'chain-proof-size-wrong', sizeBytes: bytes.length, expectedBytes };
}

/** The first byte of a proof. */
export const FORMAT = 1;
