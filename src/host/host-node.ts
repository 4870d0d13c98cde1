/**
 * The host functions of `src/core/host.d.ts` on Node.
 *
 * `crypto.hash` to a string is about twice as fast as to a Buffer for short inputs (Node 24), hence the detours
 * over hex and binary (latin1) text.
 */
import { isUtf8 } from 'node:buffer';
import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';
import { createSha256Each } from './sha256-each.ts';

/** A Buffer over the same memory, for Buffer's native string writers. */
function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function sha256Hex(data: Uint8Array): string {
  return hash('sha256', data, 'hex');
}

/** Of one message, into the 32 bytes of `out` that begin at `offset`. */
function sha256Into(data: Uint8Array, out: Uint8Array, offset: number): void {
  const digest = hash('sha256', data, 'binary');
  // By a loop: to make a Buffer for 32 bytes takes longer than to copy them.
  for (let i = 0; i < 32; i++) out[offset + i] = digest.charCodeAt(i);
}

export const sha256Each = createSha256Each(sha256Into);

export function encodeUtf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}

export function decodeUtf8(bytes: Uint8Array): string | undefined {
  return isUtf8(bytes) ? view(bytes).toString('utf8') : undefined;
}

export function bytesToHex(bytes: Uint8Array): string {
  return view(bytes).toString('hex');
}

export function hexInto(hex: string, out: Uint8Array, offset: number): void {
  // By way of Node's pool: to make a Buffer over `out` takes three times as long.
  out.set(Buffer.from(hex, 'hex'), offset);
}

export function ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return verify(null, message, publicKeyObject(publicKey), signature);
}

export function ed25519Sign(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, message, privateKeyObject(seed)));
}

export function ed25519PublicKey(seed: Uint8Array): Uint8Array {
  const spki = createPublicKey(privateKeyObject(seed)).export({ format: 'der', type: 'spki' });
  return new Uint8Array(spki.subarray(SPKI_PREFIX.length));
}

/** The key as OpenSSL has it. To make one takes a third as long as to verify with it, and authors come again. */
function publicKeyObject(publicKey: Uint8Array): KeyObject {
  const name = view(publicKey).toString('latin1');
  const known = publicKeys.get(name);
  if (known !== undefined) return known;
  const key = Buffer.concat([SPKI_PREFIX, publicKey]);
  const made = createPublicKey({ key, format: 'der', type: 'spki' });
  // All at once, which needs no order among them: authors that come again are soon here again.
  if (publicKeys.size === PUBLIC_KEYS_MAX) publicKeys.clear();
  publicKeys.set(name, made);
  return made;
}

/** As above: to make one takes longer than to sign with it. Forgotten with the seed. */
function privateKeyObject(seed: Uint8Array): KeyObject {
  let made = privateKeys.get(seed);
  if (made === undefined) {
    made = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
    privateKeys.set(seed, made);
  }
  return made;
}

const privateKeys = new WeakMap<Uint8Array, KeyObject>();
const publicKeys = new Map<string, KeyObject>();
const PUBLIC_KEYS_MAX = 256;
/** What stands before the 32 bytes of a key in DER (RFC 8410 §4 and §7). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
