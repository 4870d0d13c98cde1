/**
 * Proofs as JSON: one form on the peer door, on the probe socket, over HTTP and in files (docs/spec/inclusion-proof.md#json).
 *
 * Hashes in a row are one text, because thousands of short ones take several times as long to read. Members that are not
 * named there are passed over; what a proof shows is judged by `verifyHeaderProof` and `verifyEntryProof`.
 */
import { bytesToHex } from '#host';
import type { EntryProof } from './entry-proof.ts';
import { HASH_BYTES, type Hash, parseHash } from './hash.ts';
import { HEADER_BYTES } from './header.ts';
import { type HeaderProof, PROOF_HEADERS_MAX, type WorkedHeader } from './header-proof.ts';
import { parseHex } from './hex.ts';

export type HeaderProofJson = {
  readonly tip: string;
  /** The 236 hex digits of each header, one after the other. */
  readonly headers: string;
  /** The works of these headers, in decimal. */
  readonly works: readonly string[];
  /** The 64 hex digits of each hash, one after the other. */
  readonly proof: string;
};

export type EntryProofJson = {
  readonly id: string;
  readonly index: number;
  readonly count: number;
  readonly shape: string;
  /** The 64 hex digits of each hash, one after the other. */
  readonly path: string;
  readonly block: HeaderProofJson;
};

export function headerProofToJson({ tip, headers, proof }: HeaderProof): HeaderProofJson {
  return {
    tip,
    headers: headers.map(({ bytes }) => bytesToHex(bytes)).join(''),
    works: headers.map(({ work }) => work.toString()),
    proof: proof.join(''),
  };
}

export function entryProofToJson({ id, index, count, shape, path, block }: EntryProof): EntryProofJson {
  return { id, index, count, shape, path: path.join(''), block: headerProofToJson(block) };
}

/** The header proof that `value`, as `JSON.parse` gives it, spells within the limits. */
export function parseHeaderProof(value: unknown): HeaderProof | undefined {
  if (!isObject(value)) return undefined;
  const tip = asHash(value['tip']);
  const headers = asHeaders(value['headers'], value['works']);
  const proof = asHashes(value['proof'], PROOF_HASHES_MAX);
  return tip === undefined || headers === undefined || proof === undefined ? undefined : { tip, headers, proof };
}

/** The entry proof that `value`, as `JSON.parse` gives it, spells within the limits. */
export function parseEntryProof(value: unknown): EntryProof | undefined {
  if (!isObject(value)) return undefined;
  const id = asHash(value['id']);
  const { index, count, shape } = value;
  const path = asHashes(value['path'], PATH_HASHES_MAX);
  const block = parseHeaderProof(value['block']);
  if (id === undefined || path === undefined || block === undefined) return undefined;
  if (!isCount(index) || !isCount(count) || (shape !== 'single' && shape !== 'array')) return undefined;
  return { id, index, count, shape, path, block };
}

function asHeaders(text: unknown, works: unknown): WorkedHeader[] | undefined {
  if (!Array.isArray(works) || works.length > PROOF_HEADERS_MAX) return undefined;
  if (typeof text !== 'string' || text.length !== works.length * 2 * HEADER_BYTES) return undefined;
  const all = parseHex(text);
  if (all === undefined) return undefined;
  const headers: WorkedHeader[] = [];
  for (const [i, work] of works.entries()) {
    if (typeof work !== 'string' || !WORK_TEXT.test(work)) return undefined;
    headers.push({ bytes: all.slice(i * HEADER_BYTES, (i + 1) * HEADER_BYTES), work: BigInt(work) });
  }
  return headers;
}

function asHash(value: unknown): Hash | undefined {
  return typeof value === 'string' ? parseHash(value) : undefined;
}

function asHashes(value: unknown, max: number): Hash[] | undefined {
  const digits = 2 * HASH_BYTES;
  if (typeof value !== 'string' || value.length % digits !== 0 || value.length > max * digits) return undefined;
  if (!HEX_TEXT.test(value)) return undefined;
  return Array.from({ length: value.length / digits }, (_, i) => value.slice(i * digits, (i + 1) * digits) as Hash);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const HEX_TEXT = /^[0-9a-f]*$/;
/** At most the 78 digits of 2^256. */
const WORK_TEXT = /^[0-9]{1,78}$/;
/** Heights have 32 bits: each header has 32 nodes beside its way up at most. */
const PROOF_HASHES_MAX = 2_048;
/** Counts of entries have 32 bits. */
const PATH_HASHES_MAX = 32;
