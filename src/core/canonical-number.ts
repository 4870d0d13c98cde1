/** How a number is spelt in canonical JSON (RFC 8785 §3.2.2.3, docs/spec/entries.md#numbers). */

/**
 * The canonical spelling of `token`, a well-formed JSON number, or undefined where the ledger refuses it: beyond the
 * range of a double, or an integer beyond 2^53-1, which not every reader would read as the same number.
 *
 * An integer is what has neither point nor exponent, in `token` or in its canonical spelling: `1e16` is refused, for
 * it would stand in a block as 10000000000000000, and so are 22 digits without an exponent; `1e21` is fine.
 */
export function canonicalNumber(token: string): string | undefined {
  const value = Number(token);
  const magnitude = Math.abs(value);
  if (magnitude > Number.MAX_SAFE_INTEGER) {
    if (magnitude === Infinity || magnitude < EXPONENT_MIN || INTEGER.test(token)) return undefined;
  }
  return String(value);
}

const INTEGER = /^-?\d+$/;
/** From here on ECMAScript writes a number with an exponent. */
const EXPONENT_MIN = 1e21;
