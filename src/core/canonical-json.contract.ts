/** What both canonical-scan.ts and canonical-json.ts are held against: a slow twin of the rules, and JSON to try. */
import fc from 'fast-check';

/** Any value that `JSON.parse` can give. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** JSON with what is hard about it: odd keys, all of Unicode and halves of pairs, every double, deep nests. */
export const anyJson: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.oneof(anyNumber(), anyString(), fc.constantFrom(null, true, false)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(anyString(), tie('value')), { maxLength: 6 })
      // `fromEntries` defines properties, so that `__proto__` is one like any other.
      .map((members): Json => Object.fromEntries(members)),
  ),
})).value;

/** The canonical text of `value`, or undefined where the ledger refuses it. `depth` containers may still be opened. */
function twinCanonical(value: Json, depth: number): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? JSON.stringify(value) : undefined;
  if (typeof value === 'number') {
    const spelling = String(value);
    const isBigInteger = /^-?\d+$/.test(spelling) && !Number.isSafeInteger(value);
    return isBigInteger || !Number.isFinite(value) ? undefined : spelling;
  }
  if (value === null || typeof value === 'boolean') return String(value);
  if (depth === 0) return undefined;
  if (Array.isArray(value)) {
    const elements = value.map((element) => twinCanonical(element, depth - 1));
    return elements.includes(undefined) ? undefined : `[${elements.join(',')}]`;
  }
  const keys = Object.keys(value).sort();
  const members = keys.map((key) => {
    const [name, member] = [twinCanonical(key, 0), twinCanonical(value[key] ?? null, depth - 1)];
    return name === undefined || member === undefined ? undefined : `${name}:${member}`;
  });
  return members.includes(undefined) ? undefined : `{${members.join(',')}}`;
}

/** `twinCanonical` of a whole body, of which an outermost array is the list of entries. */
export function twinBody(value: Json, depthMax: number): string | undefined {
  return twinCanonical(value, Array.isArray(value) ? depthMax + 1 : depthMax);
}

function anyNumber(): fc.Arbitrary<number> {
  return fc.oneof(
    fc.integer({ min: -20, max: 20 }),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc
      .tuple(fc.maxSafeInteger(), fc.integer({ min: -25, max: 25 }))
      .map(([digits, exponent]) => digits * 10 ** exponent),
    fc.tuple(fc.integer({ min: -99999, max: 99999 }), fc.integer({ min: 1, max: 9 })).map(([n, e]) => n / 10 ** e),
    fc.constantFrom(-0, 1e16, 1e21, 1e-6, 1e-7, 2 ** 53 - 1, 2 ** 53, -(2 ** 53), 5e-324, 0.1, 999999999999999.9),
  );
}

function anyString(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string({ maxLength: 6 }),
    fc.string({ unit: 'binary', maxLength: 4 }),
    fc.string({
      unit: fc.constantFrom('a', '"', '\\', '/', '\n', '\0', '\u001f', '\u007f', 'é', '€', '\uffff', '\u{1f602}'),
    }),
    fc.constantFrom('__proto__', 'constructor', '1', '9', '10', '', '\ud800', '\udc00x', '\ue000', '\u{10000}'),
  );
}
