/**
 * Private keys under a passphrase: PKCS#8 `EncryptedPrivateKeyInfo` (RFC 5958 §3) by PBES2 (RFC 8018 §6.2), with
 * PBKDF2-HMAC-SHA-256 and AES-256-CBC.
 *
 * Node writes this form, too, but always with 2,048 rounds of PBKDF2, which a stolen file withstands for minutes. So it is
 * put together here; Node and OpenSSL read it.
 */
import { createCipheriv, pbkdf2Sync, randomBytes } from 'node:crypto';

/** The DER of `pkcs8`, the DER of a private key, under `passphrase`. Takes a tenth of a second or two. */
export function encryptKey(pkcs8: Uint8Array, passphrase: string): Uint8Array {
  const [salt, iv] = [randomBytes(SALT_BYTES), randomBytes(IV_BYTES)];
  const cipher = createCipheriv('aes-256-cbc', pbkdf2Sync(passphrase, salt, ROUNDS, AES_256_KEY_BYTES, 'sha256'), iv);
  const encrypted = Buffer.concat([cipher.update(pkcs8), cipher.final()]);
  const derivation = sequence(PBKDF2, sequence(octets(salt), integer(ROUNDS), sequence(HMAC_SHA_256, NULL)));
  const scheme = sequence(PBES2, sequence(derivation, sequence(AES_256_CBC, octets(iv))));
  return sequence(scheme, octets(encrypted));
}

function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return tagged(0x30, Buffer.concat(parts));
}

function octets(bytes: Uint8Array): Uint8Array {
  return tagged(0x04, bytes);
}

/** Of three bytes, the first of them below 0x80. */
function integer(value: number): Uint8Array {
  return tagged(0x02, Uint8Array.of(value >>> 16, value >>> 8, value));
}

/** Lengths here are below 256. */
function tagged(tag: number, content: Uint8Array): Uint8Array {
  const length = content.length < 0x80 ? [content.length] : [0x81, content.length];
  return Buffer.concat([Uint8Array.of(tag, ...length), content]);
}

function objectId(hex: string): Uint8Array {
  return tagged(0x06, Buffer.from(hex, 'hex'));
}

/** 1.2.840.113549.1.5.13 */
const PBES2 = objectId('2a864886f70d01050d');
/** 1.2.840.113549.1.5.12 */
const PBKDF2 = objectId('2a864886f70d01050c');
/** 1.2.840.113549.2.9 */
const HMAC_SHA_256 = objectId('2a864886f70d0209');
/** 2.16.840.1.101.3.4.1.42 */
const AES_256_CBC = objectId('60864801650304012a');
const NULL = Uint8Array.of(0x05, 0x00);

/** What OWASP's password storage cheat sheet asks of PBKDF2-HMAC-SHA-256. */
const ROUNDS = 600_000;
const SALT_BYTES = 16;
const IV_BYTES = 16;
const AES_256_KEY_BYTES = 32;
