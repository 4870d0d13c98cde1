/**
 * The JSON form of a block: the fields that people and the probe socket see (docs/spec/block-json.md).
 *
 * It says exactly what the binary form says. We write it canonically, so its `data` is the very bytes that are hashed;
 * we read any spelling of it, because only the meaning is hashed again.
 */
import { encodeUtf8 } from '#host';
import { assertPresent } from './assert.ts';
import type { Block } from './block.ts';
import { type CanonicalizeFault, encodeCanonical } from './canonical-json.ts';
import { parseHash, ZERO_HASH } from './hash.ts';
import { type Header, NONCE_MAX } from './header.ts';
import type { JsonFault } from './json-fault.ts';
import { type JsonText, readMembers } from './json-text.ts';
import { fail, ok, type Result } from './result.ts';
import { bitsToHex } from './target.ts';
import { formatTimestamp, parseTimestamp } from './timestamp.ts';
import { type HashedHeader, hashedHeader } from './validation.ts';

/** A block as somebody wrote it: well formed, not yet judged. */
export interface ClaimedBlock extends HashedHeader {
  /** The canonical JSON of `data`. */
  readonly bodyBytes: Uint8Array;
}

/** As much of a block as its JSON form spells: nobody needs to have parsed its body. */
export interface SpelledBlock extends Pick<Block, 'hash' | 'header'> {
  readonly body: Pick<Block['body'], 'bytes'>;
}

export type BlockJsonFault =
  | JsonFault
  | CanonicalizeFault
  | { readonly code: 'block-field-missing'; readonly field: string }
  | { readonly code: 'block-field-unknown'; readonly field: string }
  | { readonly code: 'block-field-invalid'; readonly field: string; readonly expected: string }
  | { readonly code: 'block-hash-wrong'; readonly expected: string; readonly hash: string };

/** The canonical JSON of `block`, UTF-8. */
export function encodeBlockJson(block: SpelledBlock): Uint8Array {
  const before = encodeUtf8(`{"bits":"${bitsToHex(block.header.bits)}","data":`);
  const after = encodeUtf8(textAfterData(block));
  const bytes = new Uint8Array(before.length + block.body.bytes.length + after.length);
  bytes.set(before, 0);
  bytes.set(block.body.bytes, before.length);
  bytes.set(after, before.length + block.body.bytes.length);
  return bytes;
}

/** How many bytes `encodeBlockJson` writes. */
export function blockJsonBytes(block: Block): number {
  return BYTES_BEFORE_DATA + block.body.bytes.length + textAfterData(block).length;
}

/**
 * The block that `text` claims. Every field must be there, of its exact type, and no other; `hash` must be the hash of
 * the header that the others make.
 */
export function parseBlockJson(
  text: string,
  limits: { readonly depthMax: number },
): Result<ClaimedBlock, BlockJsonFault> {
  // Three levels stand around a value that is an entry: the block, its data, and the count of the entry's own.
  const members = readMembers(text, { depthMax: limits.depthMax + 2 });
  if (!members.ok) return members;
  const fields = members.value;
  for (const field of FIELDS) {
    if (!fields.has(field)) return fail({ code: 'block-field-missing', field });
  }
  for (const field of fields.keys()) {
    if (!FIELDS.includes(field)) return fail({ code: 'block-field-unknown', field });
  }
  const header = readHeader(fields);
  if (!header.ok) return header;
  const data = encodeCanonical(memberOf(fields, 'data'), limits);
  if (!data.ok) return data;
  const claimed = hashedHeader(header.value);
  const hash = readText(fields, 'hash', parseHash);
  if (hash === undefined) return invalid('hash', '64 lower-case hex digits');
  if (hash !== claimed.hash) return fail({ code: 'block-hash-wrong', expected: claimed.hash, hash });
  return ok({ ...claimed, bodyBytes: data.value });
}

type Fields = ReadonlyMap<string, JsonText>;

function readHeader(fields: Fields): Result<Header, BlockJsonFault> {
  const height = readInteger(fields, 'index', 2 ** 32 - 1);
  if (height === undefined) return invalid('index', 'a whole number below 2^32');
  const nonce = readInteger(fields, 'nonce', NONCE_MAX);
  if (nonce === undefined) return invalid('nonce', 'a whole number of at most 2^53-1');
  const timestamp = readText(fields, 'timestamp', parseTimestamp);
  if (timestamp === undefined) return invalid('timestamp', 'UTC as dd/mm/yyyy, hh:mm:ss');
  const bits = readText(fields, 'bits', parseBits);
  if (bits === undefined) return invalid('bits', '8 lower-case hex digits');
  const previousHash = readText(fields, 'prev_hash', height === 0 ? parseGenesisPrevious : parseHash);
  if (previousHash === undefined)
    return invalid('prev_hash', '64 lower-case hex digits, or "0000" in the genesis only');
  const historyRoot = readText(fields, 'history_root', parseHash);
  if (historyRoot === undefined) return invalid('history_root', '64 lower-case hex digits');
  const dataRoot = readText(fields, 'data_root', parseHash);
  if (dataRoot === undefined) return invalid('data_root', '64 lower-case hex digits');
  return ok({ height, previousHash, historyRoot, dataRoot, timestamp, bits, nonce });
}

function readInteger(fields: Fields, field: string, max: number): number | undefined {
  const text = memberOf(fields, field);
  return INTEGER_TEXT.test(text) && Number(text) <= max ? Number(text) : undefined;
}

function readText<Value>(fields: Fields, field: string, parse: (text: string) => Value | undefined): Value | undefined {
  const text = memberOf(fields, field);
  // As nearly everybody writes it: without escapes.
  if (PLAIN_TEXT.test(text)) return parse(text.slice(1, -1));
  const value: unknown = JSON.parse(text);
  return typeof value === 'string' ? parse(value) : undefined;
}

function memberOf(fields: Fields, field: string): JsonText {
  return assertPresent(fields.get(field), 'every field is there');
}

function parseBits(text: string): number | undefined {
  return BITS_TEXT.test(text) ? Number.parseInt(text, 16) : undefined;
}

function parseGenesisPrevious(text: string): typeof ZERO_HASH | undefined {
  return text === GENESIS_PREVIOUS ? ZERO_HASH : undefined;
}

function invalid(field: string, expected: string): { readonly ok: false; readonly fault: BlockJsonFault } {
  return fail({ code: 'block-field-invalid', field, expected });
}

function textAfterData({ hash, header }: SpelledBlock): string {
  const previous = header.height === 0 ? GENESIS_PREVIOUS : header.previousHash;
  return (
    `,"data_root":"${header.dataRoot}","hash":"${hash}","history_root":"${header.historyRoot}"` +
    `,"index":${header.height},"nonce":${header.nonce},"prev_hash":"${previous}"` +
    `,"timestamp":"${formatTimestamp(header.timestamp)}"}`
  );
}

const FIELDS = ['bits', 'data', 'data_root', 'hash', 'history_root', 'index', 'nonce', 'prev_hash', 'timestamp'];
const GENESIS_PREVIOUS = '0000';
const INTEGER_TEXT = /^(0|[1-9][0-9]*)$/;
const PLAIN_TEXT = /^"[\x20\x21\x23-\x5b\x5d-\x7e]*"$/;
const BITS_TEXT = /^[0-9a-f]{8}$/;
const BYTES_BEFORE_DATA = '{"bits":"00000000","data":'.length;
