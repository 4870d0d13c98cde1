/** How long a message is on the wire, without writing it: the codec is asked what it puts around the data. */
import type { Hash } from '../../src/core/hash.ts';
import { encodeMessage, type Message } from '../../src/protocol/message.ts';

/** The bytes of `message`, without a frame. */
export function messageBytes(message: Message): number {
  switch (message.type) {
    case 'headers':
      return AROUND.headers + 2 * message.headers.length;
    case 'chain-proof':
      return AROUND['chain-proof'] + 2 * message.proof.length;
    case 'block':
      return AROUND.block + message.bodyBytes.length;
    case 'entries':
    case 'block-entries':
      return AROUND[message.type] + message.arrayBytes.length;
    case 'block-ids':
      return AROUND['block-ids'][message.shape] + HASH_DIGITS * message.ids.length;
    case 'inventory':
    case 'get-entries':
      return AROUND[message.type] + hashListBytes(message.ids);
    case 'get-blocks':
    case 'get-headers':
    case 'get-block-ids':
    case 'get-block-entries':
    case 'not-found':
    case 'get-chain-proof':
    case 'get-header-proof':
    case 'header-proof':
    case 'get-entry-proof':
    case 'entry-proof':
    case 'hello':
    case 'get-peers':
    case 'peers':
    case 'ping':
    case 'pong':
    case 'goodbye':
      return encodeMessage(message).length;
  }
}

/** The elements of a JSON array of hashes: each in quotation marks, with commas between them. */
function hashListBytes(hashes: readonly Hash[]): number {
  return hashes.length * (HASH_DIGITS + 3) - Math.min(1, hashes.length);
}

const HASH_DIGITS = 64;
const HASH = '0'.repeat(HASH_DIGITS) as Hash;
const NOTHING = new Uint8Array(0);

/** What is left of each message whose data is empty. */
const AROUND = {
  headers: encodeMessage({ type: 'headers', headers: NOTHING }).length,
  'chain-proof': encodeMessage({ type: 'chain-proof', proof: NOTHING }).length,
  block: encodeMessage({ type: 'block', hash: HASH, bodyBytes: NOTHING }).length,
  entries: encodeMessage({ type: 'entries', arrayBytes: NOTHING }).length,
  'block-entries': encodeMessage({ type: 'block-entries', hash: HASH, arrayBytes: NOTHING }).length,
  'block-ids': {
    single: encodeMessage({ type: 'block-ids', hash: HASH, shape: 'single', ids: [] }).length,
    array: encodeMessage({ type: 'block-ids', hash: HASH, shape: 'array', ids: [] }).length,
  },
  inventory: encodeMessage({ type: 'inventory', ids: [] }).length,
  'get-entries': encodeMessage({ type: 'get-entries', ids: [] }).length,
};
