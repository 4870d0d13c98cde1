/**
 * A block's body: its `data` as the exact canonical bytes that are hashed (docs/spec/entries.md).
 *
 * Nothing is decoded: an entry is a span of these bytes, and its id the leaf hash over them.
 */
import { hexInto } from '#host';
import { assertPresent } from './assert.ts';
import { type CanonicalFault, type CanonicalLimits, scanCanonical } from './canonical-scan.ts';
import { HASH_BYTES, type Hash, hashBytes } from './hash.ts';
import { hashLeaves, merkleRoot } from './merkle.ts';
import { fail, ok, type Result } from './result.ts';

/** How `data` reads: the genesis's `{}` that stands for no entry, one value, or an array of entries. */
export type Shape = 'genesis' | 'single' | 'array';

export interface Body {
  readonly shape: Shape;
  /** The canonical JSON of `data`. */
  readonly bytes: Uint8Array;
  /** The spans of the entries in `bytes`: start and end of the first, start and end of the second, and so on. */
  readonly spans: Uint32Array;
}

export interface BodyLimits extends CanonicalLimits {
  readonly bodyBytesMax: number;
  readonly entriesMax: number;
  readonly entryBytesMax: number;
}

export type BodyFault =
  | CanonicalFault
  | { readonly code: 'body-too-large'; readonly sizeBytes: number; readonly limitBytes: number }
  | { readonly code: 'body-too-many-entries'; readonly limit: number }
  | {
      readonly code: 'entry-too-large';
      readonly entry: number;
      readonly sizeBytes: number;
      readonly limitBytes: number;
    };

/** The body of every genesis block. */
export const GENESIS_BODY: Body = { shape: 'genesis', bytes: Uint8Array.of(0x7b, 0x7d), spans: new Uint32Array(0) };

/** The body whose data `bytes` spells, if they are exactly the canonical form of a value within the limits. */
export function parseBody(bytes: Uint8Array, limits: BodyLimits): Result<Body, BodyFault> {
  if (bytes.length > limits.bodyBytesMax) {
    return fail({ code: 'body-too-large', sizeBytes: bytes.length, limitBytes: limits.bodyBytesMax });
  }
  const shape: Shape = bytes[0] === ARRAY_OPEN ? 'array' : 'single';
  const scan = scanCanonical(bytes, { depthMax: limits.depthMax, entriesMax: limits.entriesMax });
  if (!scan.ok) return scan;
  const spans = shape === 'array' ? scan.value.elements : Uint32Array.of(0, bytes.length);
  const body = { shape, bytes, spans };
  for (let entry = 0; entry < entryCount(body); entry++) {
    const sizeBytes = assertPresent(spans[2 * entry + 1], 'spans are pairs') - assertPresent(spans[2 * entry], 'pairs');
    if (sizeBytes > limits.entryBytesMax) {
      return fail({ code: 'entry-too-large', entry, sizeBytes, limitBytes: limits.entryBytesMax });
    }
  }
  return ok(body);
}

/**
 * An array body of `entries`, each the canonical bytes of one value that is known to be within the limits. `ids` are theirs,
 * where they are known: to hash them again takes as long as all the rest.
 */
export function bodyFromEntries(entries: readonly Uint8Array[], ids?: readonly Hash[]): Body {
  const sizeBytes = entries.reduce((sum, entry) => sum + entry.length, 0) + Math.max(0, entries.length - 1) + 2;
  const bytes = new Uint8Array(sizeBytes);
  const spans = new Uint32Array(2 * entries.length);
  bytes[0] = ARRAY_OPEN;
  let offset = 1;
  for (const [i, entry] of entries.entries()) {
    if (i > 0) bytes[offset++] = COMMA;
    bytes.set(entry, offset);
    spans[2 * i] = offset;
    offset += entry.length;
    spans[2 * i + 1] = offset;
  }
  bytes[offset] = ARRAY_CLOSE;
  const body: Body = { shape: 'array', bytes, spans };
  if (ids !== undefined) idsOfBodies.set(body, ids);
  return body;
}

export function entryCount(body: Body): number {
  return body.spans.length / 2;
}

/** The canonical bytes of the entry at `index`, as a view. */
export function entryBytes(body: Body, index: number): Uint8Array {
  return body.bytes.subarray(body.spans[2 * index], body.spans[2 * index + 1]);
}

/** The ids of the entries, in order. Computed once for each body: the data root, the pool and the indexes all ask. */
export function entryIds(body: Body): readonly Hash[] {
  let ids = idsOfBodies.get(body);
  if (ids === undefined) {
    ids = hashLeaves(body.bytes, body.spans);
    idsOfBodies.set(body, ids);
  }
  return ids;
}

/** `data_root` = SHA-256(05 ‖ u8 shape ‖ u32 count ‖ root over the entries). `ids` are those of the body. */
export function dataRoot(shape: Shape, ids: readonly Hash[]): Hash {
  return countedDataRoot(shape, ids.length, merkleRoot(ids));
}

/** The `data_root` over `count` entries, which is below 2^32, whose tree has this root. */
export function countedDataRoot(shape: Shape, count: number, root: Hash): Hash {
  rootInput[0] = DATA_ROOT_TAG;
  rootInput[1] = SHAPE_CODES[shape];
  rootInputView.setUint32(2, count);
  hexInto(root, rootInput, 6);
  return hashBytes(rootInput);
}

const idsOfBodies = new WeakMap<Body, readonly Hash[]>();
const SHAPE_CODES: Readonly<Record<Shape, number>> = { genesis: 0, single: 1, array: 2 };
const DATA_ROOT_TAG = 0x05;
/** Memory that is used again: a block of one entry costs a good deal less so. */
const rootInput = new Uint8Array(6 + HASH_BYTES);
const rootInputView = new DataView(rootInput.buffer);
const ARRAY_OPEN = 0x5b;
const ARRAY_CLOSE = 0x5d;
const COMMA = 0x2c;
