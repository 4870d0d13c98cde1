/**
 * The rules that make a block valid, given the block before it (docs/spec/validation.md).
 *
 * A header is judged by its parent alone, and a body by its header and the parameters alone: nothing else in the chain
 * matters. What is too far ahead of the local clock is not invalid, so that question is a function of its own.
 */
import { asertTarget } from './asert.ts';
import { assertPresent } from './assert.ts';
import { type Block, isBodyOf } from './block.ts';
import { type BodyFault, GENESIS_BODY, parseBody } from './body.ts';
import { type BodyRuleFault, findBrokenEntry } from './entry-rules.ts';
import { createGenesis } from './genesis.ts';
import { type Hash, hashToNumber } from './hash.ts';
import { encodeHeader, type Header, hashHeader } from './header.ts';
import { appendLeaf, EMPTY_FRONTIER, type Frontier, historyLeaf, historyRoot } from './history.ts';
import type { NetworkParams } from './params.ts';
import { fail, ok, type Result } from './result.ts';
import { type Bits, bitsToTarget, targetToBits, targetToWork } from './target.ts';

/** A place in a chain, with all that the rules need to judge the header that follows. */
export interface ChainPoint {
  readonly hash: Hash;
  readonly header: Header;
  /** The work of all headers up to and including this one. */
  readonly work: bigint;
  /** The history up to and including this header. */
  readonly history: Frontier;
  /** The timestamp of the header before this one; undefined at the genesis. */
  readonly parentTimestamp: number | undefined;
}

/** A header with what was computed on the way to judging it. */
export interface HashedHeader {
  readonly header: Header;
  /** The 118 bytes. */
  readonly bytes: Uint8Array;
  readonly hash: Hash;
}

export type HeaderRuleFault =
  | { readonly code: 'parent-unknown'; readonly parent: Hash }
  | { readonly code: 'height-wrong'; readonly expected: number; readonly height: number }
  | { readonly code: 'history-root-wrong'; readonly expected: Hash; readonly historyRoot: Hash }
  | { readonly code: 'timestamp-before-parent'; readonly parentTimestamp: number; readonly timestamp: number }
  | { readonly code: 'bits-wrong'; readonly expected: Bits; readonly bits: Bits }
  | { readonly code: 'work-too-low'; readonly hash: Hash; readonly bits: Bits };

/** Why a body is not the one of a header. */
export type BodyMatchFault = BodyFault | { readonly code: 'data-root-wrong'; readonly dataRoot: Hash };

export type BlockFault = HeaderRuleFault | BodyMatchFault | BodyRuleFault;

/** The place where every chain of the network begins. */
export function genesisPoint(params: NetworkParams): ChainPoint {
  const { header } = createGenesis(params);
  return extend(undefined, hashedHeader(header), targetOf(header.bits));
}

/** `header` with its bytes and hash. */
export function hashedHeader(header: Header): HashedHeader {
  const bytes = encodeHeader(header);
  return { header, bytes, hash: hashHeader(bytes) };
}

/** The bits that the header after `parent` must carry (docs/spec/difficulty.md#retarget). */
export function requiredBits(parent: ChainPoint, params: NetworkParams): Bits {
  if (parent.parentTimestamp === undefined) return params.initialBits;
  const solveTime = parent.header.timestamp - parent.parentTimestamp;
  return targetToBits(
    asertTarget({
      reference: targetOf(parent.header.bits),
      elapsed: Math.min(solveTime, params.solveTimeMax),
      heightDelta: 0,
      interval: params.blockInterval,
      halfLife: params.halfLife,
      limit: targetOf(params.targetLimit),
    }),
  );
}

/** The place that `candidate` makes after `parent`, if it follows every rule for headers but that of the local clock. */
export function validateHeader(
  candidate: HashedHeader,
  parent: ChainPoint,
  params: NetworkParams,
): Result<ChainPoint, HeaderRuleFault> {
  const { header, hash } = candidate;
  if (header.previousHash !== parent.hash) return fail({ code: 'parent-unknown', parent: header.previousHash });
  const height = parent.header.height + 1;
  if (header.height !== height) return fail({ code: 'height-wrong', expected: height, height: header.height });
  if (header.timestamp < parent.header.timestamp) {
    const parentTimestamp = parent.header.timestamp;
    return fail({ code: 'timestamp-before-parent', parentTimestamp, timestamp: header.timestamp });
  }
  const bits = requiredBits(parent, params);
  if (header.bits !== bits) return fail({ code: 'bits-wrong', expected: bits, bits: header.bits });
  const target = targetOf(bits);
  if (hashToNumber(hash) > target) return fail({ code: 'work-too-low', hash, bits });
  const expected = historyRoot(parent.history);
  if (header.historyRoot !== expected) {
    return fail({ code: 'history-root-wrong', expected, historyRoot: header.historyRoot });
  }
  return ok(extend(parent, candidate, target));
}

/**
 * The block that `bodyBytes` makes with `header`, if they are a well-formed body, the one the header commits to, and all its
 * entries obey the rules. Of entries that `isChecked` knows by their ids the signatures are not verified again.
 */
export function validateBody(
  candidate: { readonly header: Header; readonly hash: Hash },
  bodyBytes: Uint8Array,
  params: NetworkParams,
  isChecked?: (id: Hash) => boolean,
): Result<Block, BlockFault> {
  const block = matchBody(candidate, bodyBytes, params);
  if (!block.ok) return block;
  const broken = findBrokenEntry(block.value.body, params, isChecked);
  return broken === undefined ? block : fail(broken);
}

/**
 * The block that `bodyBytes` makes with `header`, if they are a well-formed body and the one the header commits to; its entries
 * are not judged. What is wrong says nothing of the header: another body may be its own.
 */
export function matchBody(
  candidate: { readonly header: Header; readonly hash: Hash },
  bodyBytes: Uint8Array,
  params: NetworkParams,
): Result<Block, BodyMatchFault> {
  const { header, hash } = candidate;
  const isGenesisData = GENESIS_BODY.bytes.every((byte, i) => bodyBytes[i] === byte) && bodyBytes.length === 2;
  const body = header.height === 0 && isGenesisData ? ok(GENESIS_BODY) : parseBody(bodyBytes, params);
  if (!body.ok) return body;
  if (!isBodyOf(header, body.value)) return fail({ code: 'data-root-wrong', dataRoot: header.dataRoot });
  return ok({ hash, header, body: body.value });
}

/** Whether `header` is so far ahead of the local clock that it has to wait (docs/spec/validation.md#time). */
export function isAheadOfClock(header: Header, clockSeconds: number, params: NetworkParams): boolean {
  return header.timestamp > clockSeconds + params.futureTimeMax;
}

/** The header to mine on `parent`: only the nonce is still to be found. The time never goes back before the parent's. */
export function createCandidateHeader(options: {
  readonly parent: ChainPoint;
  readonly dataRoot: Hash;
  readonly clockSeconds: number;
  readonly params: NetworkParams;
}): Header {
  const { parent, params } = options;
  return {
    height: parent.header.height + 1,
    previousHash: parent.hash,
    historyRoot: historyRoot(parent.history),
    dataRoot: options.dataRoot,
    timestamp: Math.max(options.clockSeconds, parent.header.timestamp),
    bits: requiredBits(parent, params),
    nonce: 0,
  };
}

function extend(parent: ChainPoint | undefined, child: HashedHeader, target: bigint): ChainPoint {
  const { header, hash, bytes } = child;
  const work = (parent?.work ?? 0n) + targetToWork(target);
  const { frontier } = appendLeaf(parent?.history ?? EMPTY_FRONTIER, historyLeaf(bytes, work));
  return { hash, header, work, history: frontier, parentTimestamp: parent?.header.timestamp };
}

/** The target of bits that a rule has already accepted. */
function targetOf(bits: Bits): bigint {
  return assertPresent(bitsToTarget(bits), 'accepted bits name a target');
}
