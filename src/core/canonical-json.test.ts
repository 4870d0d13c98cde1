import assert from 'node:assert/strict';
import { test } from 'node:test';
import writeCanonical from 'canonicalize';
import fc from 'fast-check';
import { anyJson, type Json, twinBody } from './canonical-json.contract.ts';
import { canonicalize, canonicalizeBytes } from './canonical-json.ts';
import { scanCanonical } from './canonical-scan.ts';
import { describeJsonFault, type JsonFault } from './json-fault.ts';

const LIMITS = { depthMax: 32 };
const encoder = new TextEncoder();

const CANONICAL: readonly (readonly [text: string, canonical: string])[] = [
  [' null ', 'null'],
  ['\t[ 1 ,\r\n2 ] ', '[1,2]'],
  ['[ ]', '[]'],
  ['{ }', '{}'],
  ['{"b":1,"a":2}', '{"a":2,"b":1}'],
  ['{ "b" : { "d" : 1 , "c" : [ ] } , "a" : 2 }', '{"a":2,"b":{"c":[],"d":1}}'],
  ['{"10":1,"9":2,"1":3}', '{"1":3,"10":1,"9":2}'],
  ['{"a":1,"__proto__":{"b":1,"a":2}}', '{"__proto__":{"a":2,"b":1},"a":1}'],
  ['{"\\u005f_proto__":1}', '{"__proto__":1}'],
  ['{"b":1,"\\u0061":2}', '{"a":2,"b":1}'],
  ['{"\ue000":1,"\\ud800\\udc00":2}', '{"\u{10000}":2,"\ue000":1}'],
  ['"\\u0041\\/\\u000A\\u001F\\u00e9\\ud83d\\ude02"', '"A/\\n\\u001fé\u{1f602}"'],
  ['"\\u2028\u2029\\u007f"', '"\u2028\u2029\u007f"'],
  ['-0', '0'],
  ['[-0.0,-0e5]', '[0,0]'],
  ['1.0', '1'],
  ['1.50', '1.5'],
  ['1E3', '1000'],
  ['[1e15,1e15,1e15,1e15]', '[1000000000000000,1000000000000000,1000000000000000,1000000000000000]'],
  ['1e21', '1e+21'],
  ['1e-400', '0'],
  ['0.0000001', '1e-7'],
  ['9007199254740991', '9007199254740991'],
  ['9.007199254740991e15', '9007199254740991'],
];

for (const [text, canonical] of CANONICAL) {
  test(`${JSON.stringify(text)} becomes ${canonical}`, () => {
    assert.deepEqual(canonicalize(text, LIMITS), { ok: true, value: canonical });
    const bytes = canonicalizeBytes(encoder.encode(text), LIMITS);
    assert.equal(bytes.ok && Buffer.from(bytes.value).toString(), canonical);
  });
}

const syntax = (offset: number): JsonFault => ({ code: 'json-syntax', offset });
const number = (offset: number): JsonFault => ({ code: 'json-number-range', offset });
const surrogate = (offset: number): JsonFault => ({ code: 'json-lone-surrogate', offset });

const REFUSED: readonly (readonly [text: string, fault: JsonFault])[] = [
  ['', syntax(0)],
  ['  ', syntax(2)],
  ['\ufeff{}', syntax(0)],
  ['{} {}', syntax(3)],
  ['[1 2]', syntax(3)],
  ['[1,]', syntax(3)],
  ['[1', syntax(2)],
  ['{"a":1,}', syntax(7)],
  ['{"a" 1}', syntax(5)],
  ['{"a":1 "b":2}', syntax(7)],
  ["{'a':1}", syntax(1)],
  ['{"a":}', syntax(5)],
  ['{"é":x}', syntax(5)],
  ['"\t"', syntax(1)],
  ['"\\u004"', syntax(1)],
  ['"\\u0041\\x"', syntax(7)],
  ['"\\u0041', syntax(7)],
  ['01', syntax(0)],
  ['[1.]', syntax(1)],
  ['nul', syntax(0)],
  ['9007199254740992', number(0)],
  ['[0,-9007199254740992]', number(3)],
  ['9007199254740993.0', number(0)],
  ['1e16', number(0)],
  ['1000000000000000000000', number(0)],
  ['123456789012345678901234', number(0)],
  ['-1e400', number(0)],
  ['{"é":1e400}', number(5)],
  ['{"a":1,"a":2,"b":x}', { code: 'json-duplicate-key', key: 'a', offset: 7 }],
  ['{"a":1,"b":2,"a":3}', { code: 'json-duplicate-key', key: 'a', offset: 13 }],
  ['{"\u{1f602}":1,"\\ud83d\\ude02":3}', { code: 'json-duplicate-key', key: '\u{1f602}', offset: 8 }],
  ['{"__proto__":1,"__proto__":3}', { code: 'json-duplicate-key', key: '__proto__', offset: 15 }],
  ['["\\ud800"]', surrogate(1)],
  ['{"\\udc00":1}', surrogate(1)],
  ['"\\ude02\\ud83d"', surrogate(0)],
  ['"\\ud83d\\u0041"', surrogate(0)],
  ['"é\ud800"', surrogate(2)],
  ['"\udc00\ud800"', surrogate(1)],
];

for (const [text, fault] of REFUSED) {
  test(`${JSON.stringify(text)} is refused, and it is said why`, () => {
    assert.deepEqual(canonicalize(text, LIMITS), { ok: false, fault });
    assert.match(describeJsonFault(fault), /^[A-Z].*\.$/);
    if ('offset' in fault) assert.match(describeJsonFault(fault), new RegExp(`offset ${fault.offset}\\b`));
  });
}

test('of bytes the offset counts bytes', () => {
  const result = canonicalizeBytes(encoder.encode('{"é":x}'), LIMITS);
  assert.deepEqual(result, { ok: false, fault: { code: 'json-syntax', offset: 6 } });
});

test('bytes that are canonical come back themselves', () => {
  const bytes = encoder.encode('{"a":[1,"é"]}');
  const result = canonicalizeBytes(bytes, LIMITS);
  assert.ok(result.ok);
  assert.equal(result.value, bytes);
});

test('a key that stands twice is found among a hundred', () => {
  const members = Array.from({ length: 100 }, (_, i) => `"${(i * 37) % 100}":${i}`);
  assert.equal(canonicalize(`{${members.join()}}`, LIMITS).ok, true);
  const twice = canonicalize(`{${members.join()},"7":0}`, LIMITS);
  assert.equal(!twice.ok && twice.fault.code === 'json-duplicate-key' && twice.fault.key, '7');
});

test('many keys are sorted, also where only the last is out of place', () => {
  const members = Array.from({ length: 60 }, (_, i) => `"k${i + 20}":${i}`);
  const sorted = ['"a":0', ...members];
  for (const unsorted of [[...members, '"a":0'], sorted.toReversed()]) {
    assert.deepEqual(canonicalize(`{${unsorted}}`, LIMITS), { ok: true, value: `{${sorted}}` });
  }
});

test('as many keys as are put in their places one by one, and some more, are sorted wherever the last belongs', () => {
  for (let count = 20; count <= 28; count++) {
    const sorted = Array.from({ length: count }, (_, i) => `"k${i + 10}":${i}`);
    for (let place = 0; place < count; place++) {
      const unsorted = [...sorted.toSpliced(place, 1), sorted[place]];
      assert.deepEqual(
        canonicalize(`{${unsorted}}`, LIMITS),
        { ok: true, value: `{${sorted}}` },
        `${place} of ${count}`,
      );
    }
  }
});

test('the depth counts inside the entries, which are the elements of an outermost array', () => {
  const arrays = (count: number) => `${'['.repeat(count)} ${']'.repeat(count)}`;
  const objects = (count: number) => `${'{"a":'.repeat(count - 1)}{ ${'}'.repeat(count)}`;
  for (const text of [objects(32), arrays(33), `[${objects(32)}]`, `[0,${arrays(32)}]`]) {
    assert.equal(canonicalize(text, LIMITS).ok, true);
  }
  for (const text of [objects(33), arrays(34), `[${objects(33)}]`, `[0,${arrays(33)}]`]) {
    const offset = text.indexOf(' ') - 1;
    assert.deepEqual(canonicalize(text, LIMITS), { ok: false, fault: { code: 'json-depth', offset, limit: 32 } });
  }
});

test('a hundred thousand brackets are a fault like any other', () => {
  for (const bracket of ['[', '{"a":', ' [']) {
    const result = canonicalize(bracket.repeat(100_000), LIMITS);
    assert.equal(!result.ok && result.fault.code, 'json-depth');
  }
});

test('bytes that are not UTF-8 are refused wherever they stand', () => {
  for (const text of [
    ' "\xff"',
    '{"\xff":1}',
    '{"b":1,"\xff":2}',
    ' "\\u0041\xff"',
    '{"\\u0041\xff":1}',
    '{"\xff":1,"\xff":2}',
  ]) {
    const result = canonicalizeBytes(Buffer.from(text, 'latin1'), LIMITS);
    assert.deepEqual(result, { ok: false, fault: { code: 'utf8-invalid' } });
  }
});

/** `value` in a spelling of its own: white space, escapes, and members in the order that `seed` gives. */
function spellLoosely(value: Json, seed: number): string {
  const space = [' ', '', '\n', '\t\r'][seed % 4] ?? '';
  const next = (seed * 48_271 + 11) % 2_147_483_647;
  if (typeof value === 'string') return seed % 3 === 0 ? escapeAll(value) : JSON.stringify(value);
  if (typeof value === 'number') return seed % 3 === 0 ? value.toExponential() : JSON.stringify(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (Array.isArray(value))
    return `[${space}${value.map((e, i) => spellLoosely(e, next + i)).join(`${space},`)}${space}]`;
  const members = Object.entries(value).map(
    ([key, member], i) => `${spellLoosely(key, next + i)}${space}:${space}${spellLoosely(member, next + i)}`,
  );
  if (seed % 2 === 0) members.reverse();
  return `{${members.join(`,${space}`)}${space}}`;
}

function escapeAll(text: string): string {
  return `"${text.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`;
}

test('agrees with parsing, sorting and writing on any JSON in any spelling', () => {
  fc.assert(
    fc.property(anyJson, fc.nat(1_000_000), (value, seed) => {
      const text = ` ${spellLoosely(value, seed)}`;
      const expected = twinBody(JSON.parse(text), 3);
      const result = canonicalize(text, { depthMax: 3 });
      assert.equal(result.ok ? result.value : undefined, expected, text);
    }),
    { seed: 20261122, numRuns: 5000 },
  );
});

test('another implementation of RFC 8785 writes the same', () => {
  fc.assert(
    fc.property(anyJson, fc.nat(1_000_000), (value, seed) => {
      const text = spellLoosely(value, seed);
      const result = canonicalize(text, LIMITS);
      if (result.ok) assert.equal(result.value, writeCanonical(JSON.parse(text)));
    }),
    { seed: 20261122, numRuns: 2000 },
  );
});

/** What strings end at, refuse, spell in another way or in several bytes, and their neighbours that they do not. */
const CHARACTERS = [
  '\\"',
  '\\\\',
  '\\n',
  '\\u001f',
  '\\u0041',
  '\\/',
  ' ',
  '!',
  '#',
  '[',
  ']',
  '~',
  '\x7f',
  '\x80',
  'é',
  '€',
  '\u{1f602}',
];

test('every character comes out right at every distance from the quotes, whatever stands beside it', () => {
  for (const first of CHARACTERS) {
    for (const second of CHARACTERS) {
      for (let before = 0; before <= 5; before++) {
        const text = `{"b":"${'x'.repeat(before)}${first}${second}${'y'.repeat((before * 3) % 5)}","a":1}`;
        assert.deepEqual(canonicalize(text, LIMITS), { ok: true, value: writeCanonical(JSON.parse(text)) });
      }
    }
  }
});

test('a control character is refused at every distance from the quotes', () => {
  for (const control of ['\0', '\n', '\x1f']) {
    for (let before = 0; before <= 9; before++) {
      const text = ` "${'x'.repeat(before)}${control}"`;
      assert.deepEqual(canonicalize(text, LIMITS), { ok: false, fault: syntax(2 + before) });
    }
  }
});

test('long submissions come out like short ones, also where they grow', () => {
  for (const count of [1_000, 5_000, 20_000]) {
    const text = `{"b":{"d":[${Array(count).fill('1e15').join(',')}],"c":"${'x'.repeat(count)}"},"a":"\\u0041"}`;
    assert.deepEqual(canonicalize(text, LIMITS), { ok: true, value: writeCanonical(JSON.parse(text)) });
  }
});

test('there is room for what grows, however little of it is left', () => {
  // A number becomes three times as long and the key before it has to move behind; the text in between takes what is left.
  for (let numbers = 1500; numbers <= 3000; numbers += 300) {
    for (let letters = 0; letters <= 3000; letters += 300) {
      const array = (number: string) => `[${`${number},`.repeat(numbers)}0]`;
      const text = 'x'.repeat(letters);
      const grown = array('1000000000000000');
      for (const [loose, canonical] of [
        [`{"b":${array('1e15')},"a":"${text}"}`, `{"a":"${text}","b":${grown}}`],
        [`{"a":${array('1e15')},"b":"${text}"}`, `{"a":${grown},"b":"${text}"}`],
      ] as const) {
        const result = canonicalize(loose, LIMITS);
        assert.ok(result.ok && result.value === canonical, `${numbers} numbers and ${letters} letters`);
      }
    }
  }
});

test('what one submission became is not changed by those that follow', () => {
  const texts = Array.from({ length: 200 }, (_, i) => `{"b":${i},"a":"${'x'.repeat(i * i)}"}`);
  const results = texts.map((text) => canonicalizeBytes(encoder.encode(text), LIMITS));
  for (const [i, result] of results.entries()) {
    assert.equal(result.ok && Buffer.from(result.value).toString(), `{"a":"${'x'.repeat(i * i)}","b":${i}}`);
  }
});

test('what comes out is canonical, means the same, and stays as it is', () => {
  fc.assert(
    fc.property(anyJson, fc.nat(1_000_000), (value, seed) => {
      const text = spellLoosely(value, seed);
      const result = canonicalizeBytes(encoder.encode(text), LIMITS);
      if (!result.ok) return;
      assert.equal(scanCanonical(result.value, { ...LIMITS, entriesMax: 9 }).ok, true);
      const canonical = Buffer.from(result.value).toString();
      // Canonical JSON has no -0.
      assert.deepEqual(
        JSON.parse(canonical),
        JSON.parse(text, (_, member) => (member === 0 ? 0 : member)),
      );
      assert.deepEqual(canonicalize(canonical, LIMITS), { ok: true, value: canonical });
    }),
    { seed: 20261122, numRuns: 3000 },
  );
});
