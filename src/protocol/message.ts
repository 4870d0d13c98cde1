/**
 * What peers say to each other: JSON in frames, on one stream per pair (docs/spec/wire.md#peer-messages).
 *
 * The two messages that carry ledger data are written canonically with the data first, so that its exact bytes are cut
 * out without decoding. What a parsed message claims is not yet judged.
 */
import { bytesToHex, decodeUtf8, encodeUtf8 } from '#host';
import { assertNever } from '../core/assert.ts';
import type { EntryProof } from '../core/entry-proof.ts';
import { type Hash, parseHash } from '../core/hash.ts';
import { type HeaderProof, PROOF_HEADERS_MAX } from '../core/header-proof.ts';
import { entryProofToJson, headerProofToJson, parseEntryProof, parseHeaderProof } from '../core/proof-json.ts';
import { fail, ok, type Result } from '../core/result.ts';
import {
  ADDRESSES_PER_MESSAGE_MAX,
  AGENT_CHARACTERS_MAX,
  BLOCK_IDS_MAX,
  BLOCKS_PER_REQUEST_MAX,
  CHAIN_PROOF_BYTES_MAX,
  ENTRIES_MESSAGE_BYTES_MAX,
  GOODBYE_CHARACTERS_MAX,
  HEADERS_PER_MESSAGE_MAX,
  IDS_PER_MESSAGE_MAX,
  LOCATOR_HASHES_MAX,
} from './limits.ts';
import {
  asAddress,
  asBytes,
  asCount,
  asHash,
  asHeaders,
  asJoinedHashes,
  asList,
  asRising,
  asText,
  asTip,
  type Fields,
  parseObject,
} from './message-fields.ts';

export type Message =
  /** First from both sides: who speaks, of which network, and how far its chain goes. */
  | {
      readonly type: 'hello';
      readonly genesis: Hash;
      readonly network: string;
      readonly agent: string;
      readonly tip: { readonly hash: Hash; readonly height: number; readonly work: bigint };
      /** Where the speaker can be dialled. */
      readonly addresses: readonly string[];
      /** It follows the chain by proofs and headers: it has no blocks, and no entries, to give to others. */
      readonly light?: true;
    }
  /** Asks for the headers after the first hash of the locator that the other's active chain holds. */
  | { readonly type: 'get-headers'; readonly locator: readonly Hash[] }
  /** The answer to that; or, unasked, the announcement of a new tip: 118 bytes for each, none of them judged. */
  | { readonly type: 'headers'; readonly headers: Uint8Array }
  /** Asks for bodies. They come as one `block` each, in this order. */
  | { readonly type: 'get-blocks'; readonly hashes: readonly Hash[] }
  | { readonly type: 'block'; readonly hash: Hash; readonly bodyBytes: Uint8Array }
  /** Asks for the ids of a block's entries, by one who may have the entries already. The answer may be the `block`. */
  | { readonly type: 'get-block-ids'; readonly hash: Hash }
  | {
      readonly type: 'block-ids';
      readonly hash: Hash;
      readonly shape: 'single' | 'array';
      readonly ids: readonly Hash[];
    }
  /** Asks for some of a block's entries, by where they stand in it: lowest first, and each once. */
  | { readonly type: 'get-block-entries'; readonly hash: Hash; readonly indexes: readonly number[] }
  /** The answer to that: a JSON array of those entries, canonical, in the order of the question. */
  | { readonly type: 'block-entries'; readonly hash: Hash; readonly arrayBytes: Uint8Array }
  /** Asks for the proof that the other's active chain has the work that its tip stands for. */
  | { readonly type: 'get-chain-proof' }
  /** The answer to that, for the tip of that moment, as `proveChain` writes it. */
  | { readonly type: 'chain-proof'; readonly proof: Uint8Array }
  /** Asks to be shown the headers at these heights, lowest first and each once, under the history root of `tip`. */
  | { readonly type: 'get-header-proof'; readonly tip: Hash; readonly heights: readonly number[] }
  | { readonly type: 'header-proof'; readonly proof: HeaderProof }
  /** Asks to be shown where on the chain that ends in `tip` an entry stands: the lowest place, if there are more. */
  | { readonly type: 'get-entry-proof'; readonly tip: Hash; readonly id: Hash }
  | { readonly type: 'entry-proof'; readonly proof: EntryProof }
  /** What was asked for and is not there: blocks; or the tip of a proof, or the entry that it was to show. */
  | { readonly type: 'not-found'; readonly hashes: readonly Hash[] }
  /** Ids of entries that the speaker holds pending. */
  | { readonly type: 'inventory'; readonly ids: readonly Hash[] }
  | { readonly type: 'get-entries'; readonly ids: readonly Hash[] }
  /** A JSON array of entries, canonical; cut apart and judged by the pool. */
  | { readonly type: 'entries'; readonly arrayBytes: Uint8Array }
  | { readonly type: 'get-peers' }
  | { readonly type: 'peers'; readonly addresses: readonly string[] }
  | { readonly type: 'ping'; readonly nonce: number }
  | { readonly type: 'pong'; readonly nonce: number }
  /** Last before the speaker hangs up: why. */
  | { readonly type: 'goodbye'; readonly code: string; readonly message: string };

export type MessageFault =
  | { readonly code: 'message-not-json' }
  | { readonly code: 'message-type-unknown'; readonly type: string }
  | { readonly code: 'message-field-invalid'; readonly type: string; readonly field: string };

/** The bytes of `message`, without a frame. */
export function encodeMessage(message: Message): Uint8Array {
  switch (message.type) {
    case 'block':
      return joinBytes(BLOCK_PREFIX, message.bodyBytes, encodeUtf8(`,"hash":"${message.hash}","type":"block"}`));
    case 'entries':
      return joinBytes(ENTRIES_PREFIX, message.arrayBytes, ENTRIES_SUFFIX);
    case 'block-entries':
      return joinBytes(
        ENTRIES_PREFIX,
        message.arrayBytes,
        encodeUtf8(`,"hash":"${message.hash}","type":"block-entries"}`),
      );
    case 'block-ids':
      return encodeJson({ ...message, ids: message.ids.join('') });
    case 'headers':
      return encodeJson({ headers: bytesToHex(message.headers), type: message.type });
    case 'hello':
      return encodeJson({ ...message, tip: { ...message.tip, work: message.tip.work.toString() } });
    case 'chain-proof':
      return encodeJson({ type: message.type, proof: bytesToHex(message.proof) });
    case 'header-proof':
      return encodeJson({ type: message.type, proof: headerProofToJson(message.proof) });
    case 'entry-proof':
      return encodeJson({ type: message.type, proof: entryProofToJson(message.proof) });
    case 'get-headers':
    case 'get-blocks':
    case 'get-block-ids':
    case 'get-block-entries':
    case 'get-chain-proof':
    case 'get-header-proof':
    case 'get-entry-proof':
    case 'not-found':
    case 'inventory':
    case 'get-entries':
    case 'get-peers':
    case 'peers':
    case 'ping':
    case 'pong':
    case 'goodbye':
      return encodeJson(message);
    default:
      return assertNever(message);
  }
}

/** The message that `bytes` spell, if every field is there, in its form and within the limits. */
export function parseMessage(bytes: Uint8Array): Result<Message, MessageFault> {
  if (startsWith(bytes, BLOCK_PREFIX)) return parseBlockMessage(bytes);
  if (startsWith(bytes, ENTRIES_PREFIX)) return parseEntriesMessage(bytes);
  const fields = parseObject(bytes);
  if (fields === undefined) return fail({ code: 'message-not-json' });
  const type = fields['type'];
  if (typeof type !== 'string' || !Object.hasOwn(PARSERS, type)) {
    return fail({ code: 'message-type-unknown', type: typeof type === 'string' ? type.slice(0, 32) : '' });
  }
  return PARSERS[type as keyof typeof PARSERS](fields);
}

/** A JSON array of entries from their canonical bytes, for `entries`. */
export function joinEntries(entries: readonly Uint8Array[]): Uint8Array {
  const pieces: Uint8Array[] = [Uint8Array.of(ARRAY_OPEN)];
  for (const [i, entry] of entries.entries()) {
    if (i > 0) pieces.push(Uint8Array.of(0x2c));
    pieces.push(entry);
  }
  return joinBytes(...pieces, Uint8Array.of(0x5d));
}

type Parsed = Result<Message, MessageFault>;

/** One for each message that is plain JSON. */
const PARSERS: Readonly<
  Record<Exclude<Message['type'], 'block' | 'block-entries' | 'entries'>, (fields: Fields) => Parsed>
> = {
  hello: (fields) => {
    const type = 'hello';
    const genesis = asHash(fields['genesis']);
    if (genesis === undefined) return invalid(type, 'genesis');
    const network = asText(fields['network'], AGENT_CHARACTERS_MAX);
    if (network === undefined) return invalid(type, 'network');
    const agent = asText(fields['agent'], AGENT_CHARACTERS_MAX);
    if (agent === undefined) return invalid(type, 'agent');
    const tip = asTip(fields['tip']);
    if (tip === undefined) return invalid(type, 'tip');
    const addresses = asList(fields['addresses'], ADDRESSES_PER_MESSAGE_MAX, asAddress);
    if (addresses === undefined) return invalid(type, 'addresses');
    const { light } = fields;
    if (light !== undefined && light !== true) return invalid(type, 'light');
    return ok({ type, genesis, network, agent, tip, addresses, ...(light === true ? { light } : {}) });
  },
  'get-headers': (fields) => {
    const locator = asList(fields['locator'], LOCATOR_HASHES_MAX, asHash);
    return locator === undefined ? invalid('get-headers', 'locator') : ok({ type: 'get-headers', locator });
  },
  headers: (fields) => {
    const headers = asHeaders(fields['headers'], HEADERS_PER_MESSAGE_MAX);
    return headers === undefined ? invalid('headers', 'headers') : ok({ type: 'headers', headers });
  },
  'get-blocks': (fields) => {
    const hashes = asList(fields['hashes'], BLOCKS_PER_REQUEST_MAX, asHash);
    return hashes === undefined ? invalid('get-blocks', 'hashes') : ok({ type: 'get-blocks', hashes });
  },
  'get-block-ids': (fields) => {
    const hash = asHash(fields['hash']);
    return hash === undefined ? invalid('get-block-ids', 'hash') : ok({ type: 'get-block-ids', hash });
  },
  'block-ids': (fields) => {
    const type = 'block-ids';
    const hash = asHash(fields['hash']);
    if (hash === undefined) return invalid(type, 'hash');
    const { shape } = fields;
    if (shape !== 'single' && shape !== 'array') return invalid(type, 'shape');
    const ids = asJoinedHashes(fields['ids'], BLOCK_IDS_MAX);
    return ids === undefined ? invalid(type, 'ids') : ok({ type, hash, shape, ids });
  },
  'get-block-entries': (fields) => {
    const type = 'get-block-entries';
    const hash = asHash(fields['hash']);
    if (hash === undefined) return invalid(type, 'hash');
    // In order, so that none is asked for twice: the answer is never larger than the block.
    const indexes = asRising(fields['indexes'], BLOCK_IDS_MAX);
    return indexes === undefined ? invalid(type, 'indexes') : ok({ type, hash, indexes });
  },
  'get-chain-proof': () => ok({ type: 'get-chain-proof' }),
  'chain-proof': (fields) => {
    const proof = asBytes(fields['proof'], CHAIN_PROOF_BYTES_MAX);
    return proof === undefined ? invalid('chain-proof', 'proof') : ok({ type: 'chain-proof', proof });
  },
  'get-header-proof': (fields) => {
    const type = 'get-header-proof';
    const tip = asHash(fields['tip']);
    if (tip === undefined) return invalid(type, 'tip');
    const heights = asRising(fields['heights'], PROOF_HEADERS_MAX);
    return heights === undefined ? invalid(type, 'heights') : ok({ type, tip, heights });
  },
  'header-proof': (fields) => {
    const proof = parseHeaderProof(fields['proof']);
    return proof === undefined ? invalid('header-proof', 'proof') : ok({ type: 'header-proof', proof });
  },
  'get-entry-proof': (fields) => {
    const type = 'get-entry-proof';
    const tip = asHash(fields['tip']);
    if (tip === undefined) return invalid(type, 'tip');
    const id = asHash(fields['id']);
    return id === undefined ? invalid(type, 'id') : ok({ type, tip, id });
  },
  'entry-proof': (fields) => {
    const proof = parseEntryProof(fields['proof']);
    return proof === undefined ? invalid('entry-proof', 'proof') : ok({ type: 'entry-proof', proof });
  },
  'not-found': (fields) => {
    const hashes = asList(fields['hashes'], BLOCKS_PER_REQUEST_MAX, asHash);
    return hashes === undefined ? invalid('not-found', 'hashes') : ok({ type: 'not-found', hashes });
  },
  inventory: (fields) => {
    const ids = asList(fields['ids'], IDS_PER_MESSAGE_MAX, asHash);
    return ids === undefined ? invalid('inventory', 'ids') : ok({ type: 'inventory', ids });
  },
  'get-entries': (fields) => {
    const ids = asList(fields['ids'], IDS_PER_MESSAGE_MAX, asHash);
    return ids === undefined ? invalid('get-entries', 'ids') : ok({ type: 'get-entries', ids });
  },
  'get-peers': () => ok({ type: 'get-peers' }),
  peers: (fields) => {
    const addresses = asList(fields['addresses'], ADDRESSES_PER_MESSAGE_MAX, asAddress);
    return addresses === undefined ? invalid('peers', 'addresses') : ok({ type: 'peers', addresses });
  },
  ping: (fields) => {
    const nonce = asCount(fields['nonce']);
    return nonce === undefined ? invalid('ping', 'nonce') : ok({ type: 'ping', nonce });
  },
  pong: (fields) => {
    const nonce = asCount(fields['nonce']);
    return nonce === undefined ? invalid('pong', 'nonce') : ok({ type: 'pong', nonce });
  },
  goodbye: (fields) => {
    const code = asText(fields['code'], GOODBYE_CHARACTERS_MAX);
    const message = asText(fields['message'], GOODBYE_CHARACTERS_MAX);
    if (code === undefined) return invalid('goodbye', 'code');
    return message === undefined ? invalid('goodbye', 'message') : ok({ type: 'goodbye', code, message });
  },
};

function parseBlockMessage(bytes: Uint8Array): Parsed {
  const bodyEnd = bytes.length - BLOCK_SUFFIX_BYTES;
  if (bodyEnd <= BLOCK_PREFIX.length) return fail({ code: 'message-not-json' });
  // Matched as a hash.
  const hash = BLOCK_SUFFIX_TEXT.exec(decodeUtf8(bytes.subarray(bodyEnd)) ?? '')?.[1] as Hash | undefined;
  if (hash === undefined) return invalid('block', 'hash');
  return ok({ type: 'block', hash, bodyBytes: bytes.subarray(BLOCK_PREFIX.length, bodyEnd) });
}

/** `entries` and `block-entries` begin alike; how they end says which it is. */
function parseEntriesMessage(bytes: Uint8Array): Parsed {
  const [array, suffix] = splitBefore(bytes, ENTRIES_SUFFIX.length);
  if (startsWith(suffix, ENTRIES_SUFFIX)) {
    return isArrayBytes(array) ? ok({ type: 'entries', arrayBytes: array }) : invalid('entries', 'entries');
  }
  const [blockArray, blockSuffix] = splitBefore(bytes, BLOCK_ENTRIES_SUFFIX_BYTES);
  const hash = parseHash(BLOCK_ENTRIES_SUFFIX_TEXT.exec(decodeUtf8(blockSuffix) ?? '')?.[1] ?? '');
  if (hash === undefined) return invalid('entries', 'entries');
  if (!isArrayBytes(blockArray)) return invalid('block-entries', 'entries');
  return ok({ type: 'block-entries', hash, arrayBytes: blockArray });
}

/** What stands between the prefix for entries and the last `suffixBytes` bytes, and those. */
function splitBefore(bytes: Uint8Array, suffixBytes: number): [Uint8Array, Uint8Array] {
  const end = Math.max(ENTRIES_PREFIX.length, bytes.length - suffixBytes);
  return [bytes.subarray(ENTRIES_PREFIX.length, end), bytes.subarray(end)];
}

function isArrayBytes(bytes: Uint8Array): boolean {
  return bytes[0] === ARRAY_OPEN && bytes.length <= ENTRIES_MESSAGE_BYTES_MAX;
}

function invalid(type: Message['type'], field: string): { readonly ok: false; readonly fault: MessageFault } {
  return fail({ code: 'message-field-invalid', type, field });
}

function encodeJson(value: unknown): Uint8Array {
  return encodeUtf8(JSON.stringify(value));
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  if (bytes.length < prefix.length) return false;
  // Every message goes through here: a loop takes a tenth of what a call for each byte does.
  for (let i = 0; i < prefix.length; i++) if (bytes[i] !== prefix[i]) return false;
  return true;
}

function joinBytes(...pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    joined.set(piece, offset);
    offset += piece.length;
  }
  return joined;
}

const BLOCK_PREFIX = encodeUtf8('{"data":');
const BLOCK_SUFFIX_TEXT = /^,"hash":"([0-9a-f]{64})","type":"block"\}$/;
const BLOCK_SUFFIX_BYTES = ',"hash":"'.length + 64 + '","type":"block"}'.length;
const ENTRIES_PREFIX = encodeUtf8('{"entries":');
const ENTRIES_SUFFIX = encodeUtf8(',"type":"entries"}');
const BLOCK_ENTRIES_SUFFIX_TEXT = /^,"hash":"([0-9a-f]{64})","type":"block-entries"\}$/;
const BLOCK_ENTRIES_SUFFIX_BYTES = ',"hash":"'.length + 64 + '","type":"block-entries"}'.length;
const ARRAY_OPEN = 0x5b;
