/**
 * That a header breaks a rule, for one who has none of the chain before it.
 *
 * A header is judged by the two before it, by the work up to them and by their history. Its parent fixes all of that: the
 * header names the parent's hash, and the parent's `history_root` is over all headers before it, with their work. So three
 * headers and some thirty hashes lead anybody to the same verdict.
 */
import { assert, assertPresent } from '../core/assert.ts';
import { type Hash, hashToNumber } from '../core/hash.ts';
import { encodeHeader, HEADER_BYTES, type Header, hashHeader, parseHeader } from '../core/header.ts';
import type { JudgedHeaders } from '../core/header-run.ts';
import {
  appendLeaf,
  EMPTY_FRONTIER,
  type Frontier,
  frontierFromPeaks,
  historyLeaf,
  historyRoot,
} from '../core/history.ts';
import type { NetworkParams } from '../core/params.ts';
import { bitsToTarget, targetToWork } from '../core/target.ts';
import { type ChainPoint, genesisPoint, validateHeader } from '../core/validation.ts';
import { previousHashAt } from './header-run.ts';

export interface HeaderEvidence {
  /** The header that breaks a rule, and the two before it, or the genesis alone: 118 bytes each, lowest first. */
  readonly headers: Uint8Array;
  /** The work of the chain up to and including the first of them. */
  readonly work: bigint;
  /** The roots of the complete subtrees of the history before the first of them, from left to right. */
  readonly peaks: readonly Hash[];
}

/** Any rule that a header breaks after the one that it names as its parent. */
export type HeaderFaultShown = Exclude<NonNullable<JudgedHeaders['fault']>, { readonly code: 'parent-unknown' }>;

/**
 * What shows that `header`, 118 bytes, is not valid after the last of `before`. These are the places that lead up to it,
 * lowest first: three, or all from the genesis on.
 */
export function createHeaderEvidence(before: readonly ChainPoint[], header: Uint8Array): HeaderEvidence {
  const isFromGenesis = before[0]?.header.height === 0;
  assert(before.length === EVIDENCE_POINTS || isFromGenesis, 'a header is shown after all that judges it');
  const shown = before.slice(-2);
  const first = assertPresent(shown[0], 'there is a place before the header');
  const history = before.at(-shown.length - 1)?.history ?? EMPTY_FRONTIER;
  const headers = new Uint8Array(HEADER_BYTES * (shown.length + 1));
  for (const [i, point] of shown.entries()) headers.set(encodeHeader(point.header), HEADER_BYTES * i);
  headers.set(header, HEADER_BYTES * shown.length);
  return { headers, work: first.work, peaks: peaksOf(history) };
}

/** Which rule the last header of `evidence` breaks; undefined where it breaks none, or the rest does not show it. */
export function judgeHeaderEvidence(evidence: HeaderEvidence, params: NetworkParams): HeaderFaultShown | undefined {
  const count = evidence.headers.length / HEADER_BYTES;
  const at = (index: number) => evidence.headers.subarray(HEADER_BYTES * index, HEADER_BYTES * (index + 1));
  const first = firstPoint(at(0), evidence, params);
  if (first === undefined) return undefined;
  const bytes = at(count - 1);
  let parent: ChainPoint | undefined;
  // Only the genesis can be judged from without the header before it.
  if (count === 2 && first.header.height === 0) parent = first;
  if (count === 3) parent = pointAfter(first, at(1));
  // What names another parent shows nothing: anybody can put any two headers side by side.
  if (parent === undefined || previousHashAt(bytes, 0) !== parent.hash) return undefined;
  const header = parseHeader(bytes);
  if (!header.ok) return header.fault;
  const judged = validateHeader({ header: header.value, bytes, hash: hashHeader(bytes) }, parent, params);
  return judged.ok || judged.fault.code === 'parent-unknown' ? undefined : judged.fault;
}

/** The first place: the genesis, or one whose work and history are as the evidence says. The next one has to confirm both. */
function firstPoint(bytes: Uint8Array, evidence: HeaderEvidence, params: NetworkParams): ChainPoint | undefined {
  const header = parseHeader(bytes);
  if (!header.ok) return undefined;
  const { height } = header.value;
  const genesis = genesisPoint(params);
  const hash = hashHeader(bytes);
  if (height === 0) return hash === genesis.hash ? genesis : undefined;
  const { work, peaks } = evidence;
  if (!meetsOwnTarget(header.value, hash) || work < 0n || work >= WORK_END) return undefined;
  if (peaks.length !== bitCount(height)) return undefined;
  const history = appendLeaf(frontierFromPeaks(height, peaks), historyLeaf(bytes, work)).frontier;
  return { hash, header: header.value, work, history, parentTimestamp: undefined };
}

/** The place that `bytes` make after `first`, whose work and history they confirm. */
function pointAfter(first: ChainPoint, bytes: Uint8Array): ChainPoint | undefined {
  const parsed = parseHeader(bytes);
  if (!parsed.ok) return undefined;
  const header = parsed.value;
  const hash = hashHeader(bytes);
  const isNext = header.previousHash === first.hash && header.height === first.header.height + 1;
  if (!isNext || header.timestamp < first.header.timestamp || !meetsOwnTarget(header, hash)) return undefined;
  if (header.historyRoot !== historyRoot(first.history)) return undefined;
  const work = first.work + targetToWork(assertPresent(bitsToTarget(header.bits), 'a target that was met is one'));
  const history = appendLeaf(first.history, historyLeaf(bytes, work)).frontier;
  return { hash, header, work, history, parentTimestamp: first.header.timestamp };
}

/** Whether somebody has worked for it: nobody makes up headers for a false witness of a difficulty that costs nothing. */
function meetsOwnTarget({ bits }: Header, hash: Hash): boolean {
  const target = bitsToTarget(bits);
  return target !== undefined && hashToNumber(hash) <= target;
}

function peaksOf(history: Frontier): Hash[] {
  const peaks: Hash[] = [];
  for (let subtree = history.last; subtree !== undefined; subtree = subtree.previous) peaks.push(subtree.root);
  return peaks.reverse();
}

/** How many ones there are in `count` as a binary number: so many peaks does a history of so many leaves have. */
function bitCount(count: number): number {
  return count.toString(2).replaceAll('0', '').length;
}

/** The place that a header is judged after, the one whose time its difficulty depends on, and the one that has the history before that. */
export const EVIDENCE_POINTS = 3;

/** The work of a chain is written with 256 bits; with one less there is room for what two more headers add. */
const WORK_END = 2n ** 255n;
