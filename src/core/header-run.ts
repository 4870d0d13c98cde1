/**
 * Runs of headers, judged many at a time: every rule that `validateHeader` has, for as long as a header takes to hash.
 *
 * One by one, most of the time goes into calls and texts. Here hashes stay bytes, and those of all headers are made in
 * a few calls: what a header hashes does not wait for the headers before it to be judged. Where a header breaks a rule, it is
 * judged once more by `validateHeader`, which says which rule it is.
 */
import { sha256Each } from '#host';
import { assert, assertPresent } from './assert.ts';
import { HASH_BYTES, type Hash, hashesIn, hashToBytes } from './hash.ts';
import {
  HEADER_BYTES,
  type Header,
  type HeaderFault,
  hashHeader,
  isWellFormed,
  nonceOf,
  parseHeader,
} from './header.ts';
import { HistoryRun } from './history-run.ts';
import { LEAF_TAG } from './merkle.ts';
import type { NetworkParams } from './params.ts';
import { retarget } from './retarget.ts';
import { type Bits, bitsToTarget, meetsTarget, targetToWork } from './target.ts';
import { type ChainPoint, type HeaderRuleFault, requiredBits, validateHeader } from './validation.ts';

/** How far a run of headers follows the rules. */
export interface JudgedHeaders {
  /** The places that they make, up to the first that breaks a rule. */
  readonly points: readonly ChainPoint[];
  /** What is wrong with the header after these, if there is one. */
  readonly fault: HeaderFault | HeaderRuleFault | undefined;
}

/** The same, in memory that does not grow with the headers. */
export interface FollowedHeaders {
  /** How many follow the rules, up to the first that does not. */
  readonly count: number;
  /** The place that the last of these makes; the parent, if there are none. */
  readonly last: ChainPoint;
  readonly fault: JudgedHeaders['fault'];
}

/**
 * Judges the headers in `bytes`, 118 bytes each, that come one after the other on `parent`: what `validateHeader` would
 * say of each, the local clock left out as it is there.
 */
export function validateHeaders(bytes: Uint8Array, parent: ChainPoint, params: NetworkParams): JudgedHeaders {
  const points: ChainPoint[] = [];
  const { fault } = judgeRun(bytes, parent, params, (piece, before) => {
    const made = pointsOf(piece, before);
    for (const point of made) points.push(point);
    return assertPresent(made.at(-1), 'there is a place for each header');
  });
  return { points, fault };
}

/** As `validateHeaders`, for who only wants to know where the run leads. */
export function followHeaders(bytes: Uint8Array, parent: ChainPoint, params: NetworkParams): FollowedHeaders {
  return judgeRun(bytes, parent, params, lastPointOf);
}

/** The hash of the last of these headers, where each of them names the hash of the one before it; undefined otherwise. */
export function lastOfLinked(bytes: Uint8Array): Hash | undefined {
  const count = bytes.length / HEADER_BYTES;
  const hashes = new Uint8Array(HASH_BYTES * count);
  sha256Each(bytes, HEADER_BYTES, undefined, hashes);
  for (let i = 1; i < count; i++) {
    if (!isEqual(bytes, HEADER_BYTES * i + PREVIOUS_HASH_OFFSET, hashes, HASH_BYTES * (i - 1))) return undefined;
  }
  return hashesIn(hashes).at(-1);
}

/** Headers with what was computed on the way to judging them. All that is per header stands in their order. */
interface JudgedPiece {
  /** How many follow every rule, from the first on. */
  readonly count: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly hashes: Uint8Array;
  /** The work up to and including each. */
  readonly works: readonly bigint[];
  readonly history: HistoryRun;
}

/** Piece by piece, so that what is needed in between stays small. `lastOf` gives the last place of a piece. */
function judgeRun(
  bytes: Uint8Array,
  parent: ChainPoint,
  params: NetworkParams,
  lastOf: (piece: JudgedPiece, before: ChainPoint) => ChainPoint,
): FollowedHeaders {
  let last = parent;
  let count = 0;
  while (count * HEADER_BYTES < bytes.length) {
    const start = count * HEADER_BYTES;
    const piece = judgePiece(bytes.subarray(start, start + HEADERS_AT_ONCE * HEADER_BYTES), last, params);
    if (piece.count > 0) last = lastOf(piece, last);
    count += piece.count;
    const next = piece.bytes.subarray(piece.count * HEADER_BYTES, (piece.count + 1) * HEADER_BYTES);
    if (next.length > 0) return { count, last, fault: faultOf(next, last, params) };
  }
  return { count, last, fault: undefined };
}

/** What is wrong with a header that something is wrong with. */
function faultOf(bytes: Uint8Array, parent: ChainPoint, params: NetworkParams): HeaderFault | HeaderRuleFault {
  const header = parseHeader(bytes);
  if (!header.ok) return header.fault;
  const next = validateHeader({ header: header.value, bytes, hash: hashHeader(bytes) }, parent, params);
  assert(!next.ok, 'what breaks a rule in a run breaks one by itself');
  return next.fault;
}

/** `bytes` may end in the middle of a header. */
function judgePiece(bytes: Uint8Array, parent: ChainPoint, params: NetworkParams): JudgedPiece {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = Math.floor(bytes.length / HEADER_BYTES);
  const hashes = new Uint8Array(HASH_BYTES * whole);
  sha256Each(bytes.subarray(0, HEADER_BYTES * whole), HEADER_BYTES, undefined, hashes);
  const linked = countLinked({ bytes, view, hashes, parent, params });
  const works = worksOf(view, linked, parent.work);
  const history = new HistoryRun(parent.history, leavesOf(bytes, works));
  const roots = history.rootsBefore();
  let count = 0;
  while (count < linked && isEqual(bytes, HEADER_BYTES * count + HISTORY_ROOT_OFFSET, roots, HASH_BYTES * count)) {
    count++;
  }
  return { count, bytes, view, hashes, works, history };
}

/** How many headers follow every rule but that of the history root. */
function countLinked(options: {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly hashes: Uint8Array;
  readonly parent: ChainPoint;
  readonly params: NetworkParams;
}): number {
  const { bytes, view, hashes, parent, params } = options;
  const whole = hashes.length / HASH_BYTES;
  if (whole === 0 || !isEqual(bytes, PREVIOUS_HASH_OFFSET, hashToBytes(parent.hash), 0)) return 0;
  let { timestamp } = parent.header;
  let bits = requiredBits(parent, params);
  for (let i = 0; i < whole; i++) {
    const at = HEADER_BYTES * i;
    const time = view.getUint32(at + TIMESTAMP_OFFSET);
    const isLinked =
      isWellFormed(view, at) &&
      (i === 0 || isEqual(bytes, at + PREVIOUS_HASH_OFFSET, hashes, HASH_BYTES * (i - 1))) &&
      view.getUint32(at + HEIGHT_OFFSET) === parent.header.height + 1 + i &&
      time >= timestamp &&
      view.getUint32(at + BITS_OFFSET) === bits &&
      meetsTarget(bits, hashes, HASH_BYTES * i);
    if (!isLinked) return i;
    bits = retarget(bits, time - timestamp, params);
    timestamp = time;
  }
  return whole;
}

/** The work up to and including each of the first `count` headers. */
function worksOf(view: DataView, count: number, before: bigint): bigint[] {
  const works: bigint[] = [];
  let total = before;
  let bits: Bits | undefined;
  let work = 0n;
  for (let i = 0; i < count; i++) {
    const own = view.getUint32(HEADER_BYTES * i + BITS_OFFSET);
    if (own !== bits) {
      bits = own;
      work = targetToWork(assertPresent(bitsToTarget(own), 'accepted bits name a target'));
    }
    total += work;
    works.push(total);
  }
  return works;
}

/** The hashes of the leaves that headers with these works make, one after the other (`historyLeaf`). */
function leavesOf(bytes: Uint8Array, works: readonly bigint[]): Uint8Array {
  const contents = new Uint8Array(LEAF_BYTES * works.length);
  const view = new DataView(contents.buffer);
  for (const [i, work] of works.entries()) {
    const at = LEAF_BYTES * i;
    contents.set(bytes.subarray(HEADER_BYTES * i, HEADER_BYTES * (i + 1)), at);
    // What is written is the lowest 64 bits of the rest.
    for (let rest = work, end = at + LEAF_BYTES; rest > 0n; rest >>= 64n, end -= 8) view.setBigUint64(end - 8, rest);
  }
  const leaves = new Uint8Array(HASH_BYTES * works.length);
  sha256Each(contents, LEAF_BYTES, LEAF_TAG, leaves);
  return leaves;
}

function pointsOf(piece: JudgedPiece, parent: ChainPoint): ChainPoint[] {
  const { count, bytes, view, works } = piece;
  const hashes = hashesIn(piece.hashes.subarray(0, HASH_BYTES * count));
  const roots = new Uint8Array(ROOTS_BYTES * count);
  for (let i = 0; i < count; i++) {
    const at = HEADER_BYTES * i + HISTORY_ROOT_OFFSET;
    roots.set(bytes.subarray(at, at + ROOTS_BYTES), ROOTS_BYTES * i);
  }
  const rootHashes = hashesIn(roots);
  const frontiers = piece.history.frontiersAfter(count);
  const points: ChainPoint[] = [];
  let before = parent;
  for (let i = 0; i < count; i++) {
    const header: Header = {
      height: view.getUint32(HEADER_BYTES * i + HEIGHT_OFFSET),
      previousHash: before.hash,
      historyRoot: assertPresent(rootHashes[2 * i], EACH),
      dataRoot: assertPresent(rootHashes[2 * i + 1], EACH),
      timestamp: view.getUint32(HEADER_BYTES * i + TIMESTAMP_OFFSET),
      bits: view.getUint32(HEADER_BYTES * i + BITS_OFFSET),
      nonce: nonceOf(view, HEADER_BYTES * i),
    };
    before = {
      hash: assertPresent(hashes[i], EACH),
      header,
      work: assertPresent(works[i], EACH),
      history: assertPresent(frontiers[i], EACH),
      parentTimestamp: before.header.timestamp,
    };
    points.push(before);
  }
  return points;
}

function lastPointOf(piece: JudgedPiece, parent: ChainPoint): ChainPoint {
  const { count, bytes, view, works, history } = piece;
  const headerBytes = bytes.subarray(HEADER_BYTES * (count - 1), HEADER_BYTES * count);
  const header = parseHeader(headerBytes);
  assert(header.ok, 'a header that follows the rules is well formed');
  return {
    hash: hashHeader(headerBytes),
    header: header.value,
    work: assertPresent(works[count - 1], EACH),
    history: history.frontierAfter(count),
    parentTimestamp:
      count === 1 ? parent.header.timestamp : view.getUint32(HEADER_BYTES * (count - 2) + TIMESTAMP_OFFSET),
  };
}

/** Whether the 32 bytes at these places are the same. */
function isEqual(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number): boolean {
  for (let i = 0; i < HASH_BYTES; i++) if (a[aAt + i] !== b[bAt + i]) return false;
  return true;
}

const EACH = 'there is one for each header';

// Where the fields of a header begin (docs/spec/header.md).
const HEIGHT_OFFSET = 2;
const PREVIOUS_HASH_OFFSET = 6;
const HISTORY_ROOT_OFFSET = 38;
const TIMESTAMP_OFFSET = 102;
const BITS_OFFSET = 106;
/** The history root and the data root, which stand side by side. */
const ROOTS_BYTES = 2 * HASH_BYTES;

/** What the leaf of a header holds: the header and the work up to it. */
const LEAF_BYTES = HEADER_BYTES + HASH_BYTES;
/** What is kept of a header meanwhile takes some 500 bytes. */
const HEADERS_AT_ONCE = 2048;
