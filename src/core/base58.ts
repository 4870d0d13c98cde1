/**
 * Base58btc: bytes as text of 58 letters and digits that look alike to nobody (draft-msporny-base58-03, the `z` of Multibase).
 *
 * The text is the bytes read as one big number, and a `1` in front for every zero byte in front: every byte string has
 * exactly one text, and the other way round.
 */

/** `bytes` as Base58btc, without Multibase's `z`. Takes time that grows with the square of their number: for keys and signatures. */
export function encodeBase58(bytes: Uint8Array): string {
  // The digits of the number, the lowest first.
  const digits = new Uint8Array(Math.ceil(bytes.length * CHARACTERS_PER_BYTE));
  let count = 0;
  for (const byte of bytes) {
    let carry = byte;
    for (let i = 0; i < count; i++) {
      carry += (digits[i] as number) * 256;
      // To a whole number by bits: twice as fast as by functions of Math.
      digits[i] = carry % BASE;
      carry = (carry / BASE) | 0;
    }
    for (; carry > 0; carry = (carry / BASE) | 0) digits[count++] = carry % BASE;
  }
  let text = '';
  for (let i = 0; bytes[i] === 0; i++) text += '1';
  while (count > 0) text += ALPHABET.charAt(digits[--count] as number);
  return text;
}

/** The bytes that `text` spells, if it is Base58btc of exactly `sizeBytes` bytes. */
export function decodeBase58(text: string, sizeBytes: number): Uint8Array | undefined {
  // No text of so many bytes is longer: the length is judged before anything is computed.
  if (text.length > Math.ceil(sizeBytes * CHARACTERS_PER_BYTE)) return undefined;
  const bytes = new Uint8Array(sizeBytes);
  // From here to the end stands the number that was read so far.
  let start = sizeBytes;
  let zeros = 0;
  for (const character of text) {
    let carry = ALPHABET.indexOf(character);
    if (carry === -1) return undefined;
    if (carry === 0 && start === sizeBytes) zeros++;
    for (let i = sizeBytes - 1; i >= start; i--) {
      carry += (bytes[i] as number) * BASE;
      bytes[i] = carry & 0xff;
      carry >>= 8;
    }
    // Below 58 by now: one byte more at most.
    if (carry > 0) {
      if (start === 0) return undefined;
      bytes[--start] = carry;
    }
  }
  return zeros === start ? bytes : undefined;
}

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const BASE = 58;
/** log(256) / log(58), rounded up. */
const CHARACTERS_PER_BYTE = 1.3658;
