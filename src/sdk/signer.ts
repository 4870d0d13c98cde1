/** Keys for those who sign in the program itself (docs/spec/signatures.md#authors). */
import { createSigner, SEED_BYTES, type Signer } from '../core/ed25519.ts';
import { LedgerError } from './ledger-error.ts';

/** A new key. `seed`, 32 bytes, is the private key: whoever has it signs as this author, and without it nobody does. */
export function generateKey(): { readonly seed: Uint8Array; readonly signer: Signer } {
  const seed = crypto.getRandomValues(new Uint8Array(SEED_BYTES));
  return { seed, signer: createSigner(seed) };
}

/** The signer with this private key, 32 bytes. */
export function signerFromSeed(seed: Uint8Array): Signer {
  if (seed.length !== SEED_BYTES) throw keyInvalid(`A private key has ${SEED_BYTES} bytes, and not ${seed.length}.`);
  return createSigner(seed);
}

/** The signer with the private key in a PEM file, as `cairn keys export` and OpenSSL write it: PKCS#8 of an Ed25519 key, not encrypted. */
export function signerFromPem(text: string): Signer {
  const base64 = /^\s*-----BEGIN PRIVATE KEY-----\s+([A-Za-z0-9+/=\s]{1,128})-----END PRIVATE KEY-----\s*$/.exec(
    text,
  )?.[1];
  if (base64 === undefined) throw keyInvalid(PEM_EXPECTED);
  let binary: string;
  try {
    binary = atob(base64.replaceAll(/\s/g, ''));
  } catch {
    throw keyInvalid(PEM_EXPECTED);
  }
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  const isEd25519 =
    bytes.length === PKCS8_START.length + SEED_BYTES && PKCS8_START.every((byte, i) => bytes[i] === byte);
  if (!isEd25519) throw keyInvalid(PEM_EXPECTED);
  return createSigner(bytes.subarray(PKCS8_START.length));
}

function keyInvalid(message: string): LedgerError {
  return new LedgerError('key-invalid', message);
}

const PEM_EXPECTED = 'This is no Ed25519 key in a PEM file of PKCS#8 without a passphrase.';
/** What comes before the key itself (RFC 8410 §7): version 0, the algorithm id-Ed25519, two octet strings. */
const PKCS8_START = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
