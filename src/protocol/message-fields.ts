/** The members of a peer's message, each in its form and within its limit, or undefined. */
import { decodeUtf8 } from '#host';
import { HASH_BYTES, type Hash, parseHash } from '../core/hash.ts';
import { HEADER_BYTES } from '../core/header.ts';
import { parseHex } from '../core/hex.ts';
import { ADDRESS_CHARACTERS_MAX } from './limits.ts';
import type { PeerTip } from './peer-session.ts';

/** The members of a message as JSON has them, none of them judged. */
export type Fields = Readonly<Record<string, unknown>>;

/** The members of the JSON object that `bytes` spell. */
export function parseObject(bytes: Uint8Array): Fields | undefined {
  const text = decodeUtf8(bytes);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A list of at most `max` items that `parse` accepts, all of them. */
export function asList<Item>(
  value: unknown,
  max: number,
  parse: (item: unknown) => Item | undefined,
): Item[] | undefined {
  if (!Array.isArray(value) || value.length > max) return undefined;
  const items: Item[] = [];
  for (const element of value) {
    const item = parse(element);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}

/** 64 lower-case hex digits. */
export function asHash(value: unknown): Hash | undefined {
  return typeof value === 'string' ? parseHash(value) : undefined;
}

/** At most `max` hashes, one after the other in one string. */
export function asJoinedHashes(value: unknown, max: number): Hash[] | undefined {
  if (typeof value !== 'string' || value.length % HASH_DIGITS !== 0 || value.length > max * HASH_DIGITS)
    return undefined;
  if (!HEX_TEXT.test(value)) return undefined;
  const hashes: Hash[] = [];
  for (let i = 0; i < value.length; i += HASH_DIGITS) hashes.push(value.slice(i, i + HASH_DIGITS) as Hash);
  return hashes;
}

/** Text of at most so many UTF-16 code units. */
export function asText(value: unknown, charactersMax: number): string | undefined {
  return typeof value === 'string' && value.length <= charactersMax ? value : undefined;
}

/** What may be a multiaddress: whether it is one is seen when it is dialled. */
export function asAddress(value: unknown): string | undefined {
  return asText(value, ADDRESS_CHARACTERS_MAX);
}

/** A whole number from 0 to 2^53-1. */
export function asCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** Whole numbers, each above the one before. */
export function asRising(value: unknown, max: number): number[] | undefined {
  const numbers = asList(value, max, asCount);
  return numbers?.every((number, i) => i === 0 || number > (numbers[i - 1] as number)) ? numbers : undefined;
}

/** At most so many bytes, as lower-case hex digits. */
export function asBytes(value: unknown, max: number): Uint8Array | undefined {
  return typeof value !== 'string' || value.length > 2 * max ? undefined : parseHex(value);
}

/** Lower-case hex digits that may be `max` headers at most. What they say is judged by whoever takes them in. */
export function asHeaders(value: unknown, max: number): Uint8Array | undefined {
  const bytes = asBytes(value, max * HEADER_BYTES);
  return bytes === undefined || bytes.length % HEADER_BYTES !== 0 ? undefined : bytes;
}

/** How far a chain goes, as its owner says. */
export function asTip(value: unknown): PeerTip | undefined {
  if (!isFields(value)) return undefined;
  const hash = asHash(value['hash']);
  const height = asCount(value['height']);
  const work = value['work'];
  if (hash === undefined || height === undefined) return undefined;
  return typeof work === 'string' && WORK_TEXT.test(work) ? { hash, height, work: BigInt(work) } : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const HASH_DIGITS = 2 * HASH_BYTES;
const HEX_TEXT = /^[0-9a-f]*$/;
/** At most the 78 digits of 2^256. */
const WORK_TEXT = /^[0-9]{1,78}$/;
