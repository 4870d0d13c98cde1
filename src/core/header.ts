/**
 * The block header: 118 bytes that fix everything about a block (docs/spec/header.md).
 *
 * The first of its two SHA-256 chunks is the same for every block that can be built on one parent, and the nonce ends
 * the second: what comes before it is hashed once for many nonces.
 */
import { bytesToHex, hexInto } from '#host';
import { type Hash, hashBytes } from './hash.ts';
import { fail, ok, type Result } from './result.ts';
import type { Bits } from './target.ts';

export interface Header {
  /** The block's place in the chain, 0 for the genesis. */
  readonly height: number;
  readonly previousHash: Hash;
  /** The counted root over all earlier headers; in the genesis, the hash of the network's parameters. */
  readonly historyRoot: Hash;
  /** The counted root over the block's entries. */
  readonly dataRoot: Hash;
  /** Unix seconds. */
  readonly timestamp: number;
  /** The compact target that the hash must meet. */
  readonly bits: Bits;
  /** At most 2^53-1, so that JSON carries it exactly. */
  readonly nonce: number;
}

export const HEADER_BYTES = 118;

/** Where the 8 bytes of the nonce begin. */
export const NONCE_OFFSET = 110;

/** The largest nonce: what a JSON reader of any language keeps exactly. */
export const NONCE_MAX = Number.MAX_SAFE_INTEGER;

export type HeaderFault =
  | { readonly code: 'header-size-invalid'; readonly sizeBytes: number }
  | { readonly code: 'header-version-unknown'; readonly version: number }
  | { readonly code: 'header-nonce-too-large'; readonly nonce: bigint };

/** The 118 bytes of `header`. */
export function encodeHeader(header: Header): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, VERSION);
  view.setUint32(2, header.height);
  hexInto(header.previousHash, bytes, 6);
  hexInto(header.historyRoot, bytes, 38);
  hexInto(header.dataRoot, bytes, 70);
  view.setUint32(102, header.timestamp);
  view.setUint32(106, header.bits);
  view.setBigUint64(NONCE_OFFSET, BigInt(header.nonce));
  return bytes;
}

/** The header that `bytes` spells. What it claims is not yet checked: see `validateHeader`. */
export function parseHeader(bytes: Uint8Array): Result<Header, HeaderFault> {
  if (bytes.length !== HEADER_BYTES) return fail({ code: 'header-size-invalid', sizeBytes: bytes.length });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!isWellFormed(view, 0)) {
    const version = view.getUint16(0);
    if (version !== VERSION) return fail({ code: 'header-version-unknown', version });
    return fail({ code: 'header-nonce-too-large', nonce: view.getBigUint64(NONCE_OFFSET) });
  }
  const hex = bytesToHex(bytes);
  return ok({
    height: view.getUint32(2),
    previousHash: hex.slice(12, 76) as Hash,
    historyRoot: hex.slice(76, 140) as Hash,
    dataRoot: hex.slice(140, 204) as Hash,
    timestamp: view.getUint32(102),
    bits: view.getUint32(106),
    nonce: nonceOf(view, 0),
  });
}

/** Whether the 118 bytes at `offset` spell a header. */
export function isWellFormed(view: DataView, offset: number): boolean {
  return view.getUint16(offset) === VERSION && view.getUint32(offset + NONCE_OFFSET) <= NONCE_HIGH_MAX;
}

/** The nonce of the header at `offset`. */
export function nonceOf(view: DataView, offset: number): number {
  return view.getUint32(offset + NONCE_OFFSET) * 2 ** 32 + view.getUint32(offset + NONCE_OFFSET + 4);
}

/** The block's hash: SHA-256 of the header's 118 bytes. */
export function hashHeader(headerBytes: Uint8Array): Hash {
  return hashBytes(headerBytes);
}

/** First in every header, so that its first byte is never the tag of a tree's leaf or node. */
const VERSION = 0x4c01;
const NONCE_HIGH_MAX = 2 ** 21 - 1;
