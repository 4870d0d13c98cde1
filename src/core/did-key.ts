/**
 * Authors by their public keys: `did:key` of an Ed25519 key (the did:key method of W3C's CCG, docs/spec/signatures.md#authors).
 *
 * Whoever has the text has the key: nothing is looked up.
 */
import { assert, assertPresent } from './assert.ts';
import { decodeBase58, encodeBase58 } from './base58.ts';
import { isPlainPoint, PUBLIC_KEY_BYTES } from './ed25519-point.ts';

declare const didBrand: unique symbol;

/** `did:key:z6Mk…`: an author. Every key has one such text, so two authors are one if the texts are equal. */
export type Did = string & { readonly [didBrand]: true };

/** The author whose public key this is: 32 bytes that the rules let in as a point. */
export function didOfKey(publicKey: Uint8Array): Did {
  assert(publicKey.length === PUBLIC_KEY_BYTES && isPlainPoint(publicKey), 'a key that was made is one that is let in');
  return `${PREFIX}${encodeBase58(Uint8Array.of(...ED25519_CODE, ...publicKey))}` as Did;
}

/** `text` as an author, if it is exactly the did:key of an Ed25519 key that the rules let in. */
export function parseDid(text: string): Did | undefined {
  return keyBytes(text) === undefined ? undefined : (text as Did);
}

/** The 32 bytes of the author's public key. */
export function publicKeyOf(did: Did): Uint8Array {
  return assertPresent(keyBytes(did), 'a Did was parsed');
}

/** How a proof names the author's key: the did, and the key again behind a `#`. */
export function verificationMethodOf(did: Did): string {
  return `${did}#${did.slice(DID_KEY.length)}`;
}

/** The author that a proof's `verificationMethod` names, if it has exactly that form. */
export function authorOfMethod(method: string): Did | undefined {
  // Where there is no fragment, what is cut off does not come back with the method.
  const did = parseDid(method.slice(0, method.indexOf('#')));
  return did !== undefined && verificationMethodOf(did) === method ? did : undefined;
}

function keyBytes(text: string): Uint8Array | undefined {
  if (!text.startsWith(PREFIX)) return undefined;
  const bytes = decodeBase58(text.slice(PREFIX.length), ED25519_CODE.length + PUBLIC_KEY_BYTES);
  if (bytes === undefined || !ED25519_CODE.every((byte, i) => bytes[i] === byte)) return undefined;
  const key = bytes.subarray(ED25519_CODE.length);
  return isPlainPoint(key) ? key : undefined;
}

const DID_KEY = 'did:key:';
/** Multibase's sign for Base58btc comes first. */
const PREFIX = `${DID_KEY}z`;
/** `ed25519-pub` of the Multicodec table, 0xed, as a varint. */
const ED25519_CODE = [0xed, 0x01] as const;
