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
