/**
 * All that the rules ask of the machine they run on.
 *
 * Resolved by the `#host` import of package.json: `src/host/host-node.ts` in Node, `src/host/host-portable.ts`
 * anywhere else. Both pass `src/host/host.contract.ts`.
 */

/** SHA-256 (RFC 6234) of `data`, as 64 lower-case hex digits. */
export function sha256Hex(data: Uint8Array): string;

/**
 * SHA-256 of many messages that are equally long, in one call: of each `messageBytes` bytes of `messages`, with the byte
 * `tag` before them, or with nothing. Hash after hash is written to `out`, which may be the beginning of `messages` itself
 * where these have 32 bytes or more.
 */
export function sha256Each(messages: Uint8Array, messageBytes: number, tag: number | undefined, out: Uint8Array): void;

/** `text` as UTF-8. A lone surrogate becomes U+FFFD, so check `text.isWellFormed()` first where it can occur. */
export function encodeUtf8(text: string): Uint8Array;

/** The text of well-formed UTF-8, or undefined. A byte order mark is kept as U+FEFF. */
export function decodeUtf8(bytes: Uint8Array): string | undefined;

/** `bytes` as lower-case hex. */
export function bytesToHex(bytes: Uint8Array): string;

/** Writes the bytes that `hex`, an even number of hex digits, stands for into `out` at `offset`. */
export function hexInto(hex: string, out: Uint8Array, offset: number): void;

/**
 * Whether `signature` (64 bytes) is that of `message` by `publicKey` (32 bytes): the check of RFC 8032 §5.1.7 without
 * cofactor, R compared as bytes, k reduced by the order of the group. Only asked of points that `src/core/ed25519-point.ts` lets
 * in, and of S below the order. A key that is no point has signed nothing.
 */
export function ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;

/**
 * The signature of `message` (RFC 8032 §5.1.6), 64 bytes, with the private key `seed` (32 bytes). A seed that was given once
 * must not be changed: what was made of it may be remembered by the array that it came in.
 */
export function ed25519Sign(seed: Uint8Array, message: Uint8Array): Uint8Array;

/** The public key (RFC 8032 §5.1.5), 32 bytes, of the private key `seed` (32 bytes). */
export function ed25519PublicKey(seed: Uint8Array): Uint8Array;
