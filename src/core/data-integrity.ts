/**
 * W3C Data Integrity with `eddsa-jcs-2022` (Data Integrity EdDSA Cryptosuites 1.0, §3.3): what of a JSON document is signed,
 * and how. Of any document and proof; what the ledger asks of a proof besides is in `signed-entry.ts`.
 *
 * Everything here is canonical JSON already (RFC 8785), so to take a member away is all that has to be done to it.
 */
import { encodeUtf8 } from '#host';
import { decodeBase58, encodeBase58 } from './base58.ts';
import { type Signer, verifyEd25519 } from './ed25519.ts';
import { SIGNATURE_BYTES } from './ed25519-point.ts';
import { HASH_BYTES, hashBytes, hashToBytes } from './hash.ts';
import type { JsonText } from './json-text.ts';

/** An object's members in canonical order, each with its canonical value. */
export type CanonicalMembers = ReadonlyMap<string, JsonText>;

/** What is signed: the document without `proof`, and the proof's options, which are the proof without `proofValue`. */
export interface SignedMatter {
  readonly document: CanonicalMembers;
  readonly options: CanonicalMembers;
}

/** The canonical text of the object that has `members`. */
export function canonicalObject(members: CanonicalMembers): JsonText {
  const parts: string[] = [];
  for (const [key, value] of members) parts.push(`${JSON.stringify(key)}:${value}`);
  return `{${parts.join(',')}}` as JsonText;
}

/** Members in any order, each key once, in canonical order (RFC 8785 §3.2.3). */
export function canonicalMembers(members: readonly (readonly [key: string, value: JsonText])[]): CanonicalMembers {
  // Texts compare by UTF-16 code units, as the canonical form has it.
  return new Map(members.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** `members` without the one of `key`. */
export function withoutMember(members: CanonicalMembers, key: string): CanonicalMembers {
  return new Map([...members].filter(([name]) => name !== key));
}

/** `members` with `value` under `key`, whether or not it was there. */
export function withMember(members: CanonicalMembers, key: string, value: JsonText): CanonicalMembers {
  return canonicalMembers([...withoutMember(members, key), [key, value]]);
}

/** Whether `proofValue` is the signature of `matter` by `publicKey`. */
export function verifyProofValue(matter: SignedMatter, proofValue: string, publicKey: Uint8Array): boolean {
  if (!proofValue.startsWith(MULTIBASE_BASE58)) return false;
  const signature = decodeBase58(proofValue.slice(MULTIBASE_BASE58.length), SIGNATURE_BYTES);
  return signature !== undefined && verifyEd25519({ publicKey, message: signedBytes(matter), signature });
}

/** The `proofValue` of `matter`, signed by `signer`. */
export function createProofValue(matter: SignedMatter, signer: Signer): string {
  return MULTIBASE_BASE58 + encodeBase58(signer.sign(signedBytes(matter)));
}

/** SHA-256(options) ‖ SHA-256(document): 64 bytes (§3.3.4). */
export function signedBytes({ document, options }: SignedMatter): Uint8Array {
  const bytes = new Uint8Array(2 * HASH_BYTES);
  bytes.set(hashToBytes(hashBytes(encodeUtf8(canonicalObject(options)))), 0);
  bytes.set(documentHash(document), HASH_BYTES);
  return bytes;
}

/** Made once for each document: several may sign it, and who looks for a stamp signs it a thousand times. */
function documentHash(document: CanonicalMembers): Uint8Array {
  let hash = documentHashes.get(document);
  if (hash === undefined) {
    hash = hashToBytes(hashBytes(encodeUtf8(canonicalObject(document))));
    documentHashes.set(document, hash);
  }
  return hash;
}

const documentHashes = new WeakMap<CanonicalMembers, Uint8Array>();

const MULTIBASE_BASE58 = 'z';
