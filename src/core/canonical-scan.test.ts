import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyJson, type Json, twinBody } from './canonical-json.contract.ts';
import { scanCanonical } from './canonical-scan.ts';

const LIMITS = { depthMax: 4, entriesMax: 3 };
const encoder = new TextEncoder();

const CANONICAL = [
  'null',
  'true',
  'false',
  '0',
  '-1',
  '9007199254740991',
  '-9007199254740991',
  '0.000001',
  '1e-7',
  '1e+21',
  '5e-324',
  '1.7976931348623157e+308',
  '123456789012345',
  '12345.678901234',
  '0.05',
  '""',
  '"\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u000b\\u001f"',
  '"/\u007f\u0080é€\u2028\u{1f602}"',
  '{}',
  '[]',
  '{"":0,"\\n":1,"1":2,"10":3,"9":4,"__proto__":5,"a":6,"ab":7}',
  '{"\u{10000}":1,"\ue000":2}',
  '{"\u007f":1,"\u0080":2,"\ud7ff":3,"\u{10ffff}":4,"\uffff":5}',
  '{"a\\t":1,"a!":2,"a\\"":3,"a#":4,"a[":5,"a\\\\":6,"a]":7}',
  '{"a":{"a":{"a":[]}}}',
  '[[[[[]]]],{"a":[[{}]]},0]',
];

for (const text of CANONICAL) {
  test(`${text} is canonical`, () => {
    assert.equal(scanCanonical(encoder.encode(text), LIMITS).ok, true);
  });
}

const notCanonical = (offset: number, reason: string) => ({ code: 'json-not-canonical', offset, reason });
const syntax = (offset: number) => ({ code: 'json-syntax', offset });
const number = (offset: number) => ({ code: 'json-number-range', offset });

const REFUSED: readonly (readonly [text: string, fault: object])[] = [
  ['', syntax(0)],
  [' 1', notCanonical(0, 'white-space')],
  ['1\n', notCanonical(1, 'white-space')],
  ['[1, 2]', notCanonical(3, 'white-space')],
  ['{"a" :1}', notCanonical(4, 'white-space')],
  ['{"a":\t1}', notCanonical(5, 'white-space')],
  ['\ufeff1', syntax(0)],
  ['1 2', notCanonical(1, 'white-space')],
  ['1,2', syntax(1)],
  ['[', syntax(1)],
  ['[1', syntax(2)],
  ['[1,]', syntax(3)],
  ['[,1]', syntax(1)],
  ['{', syntax(1)],
  ['{"a"', syntax(4)],
  ['{"a":', syntax(5)],
  ['{"a":1', syntax(6)],
  ['{"a":1,}', syntax(7)],
  ['{a:1}', syntax(1)],
  ['{"\n":1}', syntax(2)],
  ['{"a', syntax(3)],
  ['{"a":1,"\\x":2}', syntax(8)],
  ['{"\\/":1}', notCanonical(2, 'string-escape')],
  ['tru', syntax(0)],
  ['nulL', syntax(0)],
  ['True', syntax(0)],
  ['{"b":1,"a":2}', notCanonical(7, 'key-order')],
  ['{"a":1,"a":2}', notCanonical(7, 'key-order')],
  ['{"ab":1,"a":2}', notCanonical(8, 'key-order')],
  ['{"\ue000":1,"\u{10000}":2}', notCanonical(9, 'key-order')],
  ['{"9":1,"10":2}', notCanonical(7, 'key-order')],
  ['{"a!":1,"a\\t":2}', notCanonical(8, 'key-order')],
  ['{"\\n":1,"\\n":2}', notCanonical(8, 'key-order')],
  ['"\\/"', notCanonical(1, 'string-escape')],
  ['"\\u0041"', notCanonical(1, 'string-escape')],
  ['"\\u000A"', notCanonical(1, 'string-escape')],
  ['"\\u000a"', notCanonical(1, 'string-escape')],
  ['"\\u001F"', notCanonical(1, 'string-escape')],
  ['"\\ud800"', notCanonical(1, 'string-escape')],
  ['"\\u00"', syntax(1)],
  ['"\\x"', syntax(1)],
  ['"\\', syntax(1)],
  ['"a\nb"', syntax(2)],
  ['"a', syntax(2)],
  ['-0', notCanonical(0, 'number-spelling')],
  ['1.0', notCanonical(0, 'number-spelling')],
  ['0.10', notCanonical(0, 'number-spelling')],
  ['1E2', notCanonical(0, 'number-spelling')],
  ['1e2', notCanonical(0, 'number-spelling')],
  ['1.5e2', notCanonical(0, 'number-spelling')],
  ['1e21', notCanonical(0, 'number-spelling')],
  ['0.0000001', notCanonical(0, 'number-spelling')],
  ['1e-400', notCanonical(0, 'number-spelling')],
  ['0.1000000000000000055', notCanonical(0, 'number-spelling')],
  ['01', syntax(0)],
  ['-', syntax(0)],
  ['1.', syntax(0)],
  ['.5', syntax(0)],
  ['+1', syntax(0)],
  ['1e', syntax(0)],
  ['NaN', syntax(0)],
  ['9007199254740992', number(0)],
  ['-9007199254740993', number(0)],
  ['10000000000000000', number(0)],
  ['1e400', number(0)],
  ['{"a":{"a":{"a":{"a":[]}}}}', { code: 'json-depth', offset: 20, limit: 4 }],
  ['[[[[[[]]]]]]', { code: 'json-depth', offset: 5, limit: 4 }],
  ['[1,2,3,4]', { code: 'body-too-many-entries', limit: 3 }],
];

for (const [text, fault] of REFUSED) {
  test(`${JSON.stringify(text)} is refused`, () => {
    assert.deepEqual(scanCanonical(encoder.encode(text), LIMITS), { ok: false, fault });
  });
}

for (const bytes of [[0x80], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
  test(`the bytes ${Buffer.from(bytes).toString('hex')} in a string are not UTF-8`, () => {
    const result = scanCanonical(Uint8Array.of(0x22, ...bytes, 0x22), LIMITS);
    assert.deepEqual(result, { ok: false, fault: { code: 'utf8-invalid' } });
  });
}

test('a hundred thousand brackets are a fault like any other', () => {
  for (const bracket of ['[', '{"a":']) {
    const result = scanCanonical(encoder.encode(bracket.repeat(100_000)), { depthMax: 32, entriesMax: 4096 });
    assert.equal(!result.ok && result.fault.code, 'json-depth');
  }
});

test('the spans of the elements are where the elements stand', () => {
  const text = '[1,{"a":[2,3]},"é,"]';
  const result = scanCanonical(encoder.encode(text), LIMITS);
  assert.deepEqual(result, { ok: true, value: { elements: Uint32Array.of(1, 2, 3, 14, 15, 20) } });
});

test('what is no array has no elements', () => {
  for (const text of ['{"a":[1,2]}', '[]', '1']) {
    assert.deepEqual(scanCanonical(encoder.encode(text), LIMITS), {
      ok: true,
      value: { elements: new Uint32Array(0) },
    });
  }
});

/** The elements of the body that `bytes` spell canonically, or undefined: by decoding, parsing, writing, comparing. */
function twin(bytes: Uint8Array, depthMax: number): readonly string[] | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: Json = JSON.parse(text);
    if (twinBody(value, depthMax) !== text) return undefined;
    return Array.isArray(value) ? value.map((element) => twinBody([element], depthMax)?.slice(1, -1) ?? '') : [];
  } catch {
    return undefined;
  }
}

function assertAgrees(bytes: Uint8Array): void {
  const limits = { depthMax: 4, entriesMax: 1000 };
  const expected = twin(bytes, limits.depthMax);
  const result = scanCanonical(bytes, limits);
  assert.equal(result.ok, expected !== undefined, Buffer.from(bytes).toString());
  if (!result.ok) return;
  const { elements } = result.value;
  const texts = Array.from({ length: elements.length / 2 }, (_, i) =>
    Buffer.from(bytes.subarray(elements[2 * i], elements[2 * i + 1])).toString(),
  );
  assert.deepEqual(texts, expected);
}

test('agrees with parsing, writing and comparing on any JSON, canonical or nearly', () => {
  const spellings = anyJson.map((value) => encoder.encode(twinBody(value, 99) ?? JSON.stringify(value)));
  fc.assert(fc.property(spellings, assertAgrees), { seed: 20261122, numRuns: 3000 });
});

test('agrees with parsing, writing and comparing on canonical JSON that was tampered with', () => {
  const bytes = fc.oneof(fc.constantFrom(...Buffer.from('"\\{}[],:0123456789.eE+-truefalsn \n/u')), fc.nat(255));
  const edits = fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 1), fc.array(bytes, { maxLength: 2 })), {
    minLength: 1,
    maxLength: 3,
  });
  const tampered = fc.tuple(anyJson, edits).map(([value, changes]) => {
    const spelling = [...encoder.encode(twinBody(value, 99) ?? JSON.stringify(value))];
    for (const [place, removed, added] of changes) spelling.splice(place % (spelling.length + 1), removed, ...added);
    return Uint8Array.from(spelling);
  });
  fc.assert(fc.property(tampered, assertAgrees), { seed: 20261122, numRuns: 6000 });
});

test('agrees with parsing, writing and comparing on any spelling of a number', () => {
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 17 });
  const spellings = fc
    .tuple(
      fc.constantFrom('', '-'),
      digits,
      fc.option(digits),
      fc.option(fc.tuple(fc.constantFrom('e', 'e-', 'e+', 'E'), fc.nat(330))),
    )
    .map(([sign, integer, fraction, exponent]) => {
      return `${sign}${integer}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : exponent.join('')}`;
    });
  fc.assert(
    fc.property(spellings, (spelling) => {
      assertAgrees(encoder.encode(spelling));
      assertAgrees(encoder.encode(String(Number(spelling))));
      assertAgrees(encoder.encode(`[${spelling}]`));
    }),
    { seed: 20261122, numRuns: 6000 },
  );
});
