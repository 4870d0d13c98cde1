import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { signerOf } from '../../test/support/signers.ts';
import { didOfKey } from './did-key.ts';
import { createGenesis } from './genesis.ts';
import { createParams, DEFAULT_PARAMS, encodeParams, type NetworkParams, paramsHash, parseParams } from './params.ts';

const YEAR_SECONDS = 31_536_000;

/** The integers of docs/spec/params.md: key, from, to, and what else must be said for both ends to be allowed. */
const INTEGERS: readonly (readonly [key: string, min: number, max: number, beside?: string])[] = [
  ['block_interval', 1, YEAR_SECONDS, '"half_life":1,"solve_time_max":1,"future_time_max":1'],
  ['body_bytes_max', 4, 1_048_576, '"entry_bytes_max":2'],
  ['depth_max', 1, 32],
  ['entries_max', 1, 4_096],
  ['entry_bytes_max', 2, 65_536],
  ['future_time_max', 1, YEAR_SECONDS],
  ['genesis_time', 0, 4_294_967_295],
  ['half_life', 1, YEAR_SECONDS],
  ['solve_time_max', 1, YEAR_SECONDS],
];

const ROOM_FOR_AN_ENTRY = 'at least entry_bytes_max + 2, for an array of one entry';
/** What is said of a value outside of its range; a body is never as small as it might be. */
const RANGES: ReadonlyMap<string, string> = new Map(
  INTEGERS.map(([key, min, max]) => [key, `a whole number from ${key === 'body_bytes_max' ? 2 : min} to ${max}`]),
);

const file = (...members: readonly (string | undefined)[]): string =>
  `{${['"name":"n"', ...members].filter((member) => member !== undefined).join(',')}}`;

function read(text: string): NetworkParams {
  const params = parseParams(text);
  assert.ok(params.ok, JSON.stringify(params));
  return params.value;
}

function faultOf(text: string): { readonly code: string; readonly key?: string; readonly expected?: string } {
  const params = parseParams(text);
  assert.ok(!params.ok, `${text} is refused`);
  return params.fault;
}

for (const [key, min, max, beside] of INTEGERS) {
  test(`${key} is a whole number from ${min} to ${max}`, () => {
    for (const value of [min, max, `${max}.0`, `${min}e0`]) {
      const document: unknown = JSON.parse(encodeParams(read(file(`"${key}":${value}`, beside))));
      assert.equal((document as Record<string, unknown>)[key], Number(value));
    }
    for (const value of [min - 1, max + 1, -1, min + 0.5, `"${min}"`, 'null', 'true', `[${min}]`, '{}', '1e300']) {
      const fault = faultOf(file(`"${key}":${value}`, beside));
      // A body is told what it needs beside its entries before it is told its range.
      const expected = key === 'body_bytes_max' && value === 3 ? ROOM_FOR_AN_ENTRY : RANGES.get(key);
      assert.deepEqual(fault, { code: 'params-value-invalid', key, expected }, `${value}`);
    }
  });
}

const BAD_BITS = [
  '"1f00fff"',
  '"01f00ffff"',
  '"1F00FFFF"',
  '"1f00ffff0"',
  '"0x1f00ff"',
  '"00000000"',
  '"1f80ffff"',
  '"ff00ffff"',
];
for (const key of ['initial_bits', 'target_limit']) {
  test(`${key} is a compact target of 8 lower-case hex digits`, () => {
    for (const value of [...BAD_BITS, '520159231', 'null', '["1f00ffff"]', '"1e000fff"']) {
      const expected = 'a compact target as 8 lower-case hex digits';
      assert.deepEqual(faultOf(file(`"${key}":${value}`)), { code: 'params-value-invalid', key, expected });
    }
    assert.equal(read(file(`"target_limit":"207fffff"`, `"initial_bits":"1f00ffff"`)).initialBits, 0x1f00ffff);
  });
}

const NAMES = {
  good: ['a', 'cairn', '0-9', '-', 'x'.repeat(64)],
  bad: ['', 'x'.repeat(65), 'A', 'é', 'a b', 'a_b', 'a\n'],
};
test('a name is 1 to 64 characters of a-z, 0-9 and hyphen', () => {
  for (const name of NAMES.good) assert.equal(read(JSON.stringify({ name })).name, name);
  for (const name of [...NAMES.bad, 1, null, ['a']]) {
    const expected = '1 to 64 characters of a-z, 0-9 and hyphen';
    assert.deepEqual(faultOf(JSON.stringify({ name })), { code: 'params-value-invalid', key: 'name', expected });
  }
});

test('a name must be there', () => {
  for (const text of ['{}', '{"format":1}', '{"block_interval":5}']) {
    const expected = '1 to 64 characters of a-z, 0-9 and hyphen';
    assert.deepEqual(faultOf(text), { code: 'params-value-invalid', key: 'name', expected });
  }
});

test('what a file leaves out is as in the default network, with times that follow from its block interval', () => {
  assert.deepEqual(read('{"name":"cairn"}'), DEFAULT_PARAMS);
  assert.deepEqual(read('{"block_interval":7,"name":"n"}'), {
    ...DEFAULT_PARAMS,
    name: 'n',
    blockInterval: 7,
    halfLife: 420,
    solveTimeMax: 210,
    futureTimeMax: 56,
  });
  const given = read('{"block_interval":7,"future_time_max":3,"half_life":1,"name":"n","solve_time_max":2}');
  assert.deepEqual([given.halfLife, given.solveTimeMax, given.futureTimeMax], [1, 2, 3]);
});

test('the first blocks have the easiest target unless told', () => {
  assert.equal(read(file('"target_limit":"207fffff"')).initialBits, 0x207fffff);
  assert.equal(createParams({ name: 'n', targetLimit: 0x1e00ffff }).initialBits, 0x1e00ffff);
});

const BELOW_THE_LIMIT = 'a target at or below target_limit';
const FOLLOWS = `a whole number from 1 to ${YEAR_SECONDS} (it follows from block_interval)`;
const TOGETHER: readonly (readonly [name: string, text: string, key: string, expected: string])[] = [
  ['first bits easier than the limit', file('"initial_bits":"1f010000"'), 'initial_bits', BELOW_THE_LIMIT],
  [
    'first bits easier than a lowered limit',
    file('"initial_bits":"1f00ffff","target_limit":"1e00ffff"'),
    'initial_bits',
    BELOW_THE_LIMIT,
  ],
  ['a body without room for an entry', file('"body_bytes_max":65537'), 'body_bytes_max', ROOM_FOR_AN_ENTRY],
  ['a half-life that follows and is out of range', file('"block_interval":525601'), 'half_life', FOLLOWS],
  [
    'a solve time that follows and is out of range',
    file('"block_interval":1051201,"half_life":1'),
    'solve_time_max',
    FOLLOWS,
  ],
];
for (const [name, text, key, expected] of TOGETHER) {
  test(`${name} is refused`, () => {
    assert.deepEqual(faultOf(text), { code: 'params-value-invalid', key, expected });
  });
}

test('a body with room for just one entry, and times that follow at the end of their range, are allowed', () => {
  assert.equal(read(file('"body_bytes_max":65538')).bodyBytesMax, 65_538);
  assert.equal(read(file('"block_interval":525600')).halfLife, YEAR_SECONDS);
});

const NOT_FILES: readonly (readonly [name: string, text: string, fault: object])[] = [
  ['no JSON', '{"name":', { code: 'params-not-json', reason: 'json-syntax' }],
  ['a key twice', '{"name":"a","name":"b"}', { code: 'params-not-json', reason: 'json-duplicate-key' }],
  ['too deep a value', file('"depth_max":[[1]]'), { code: 'params-not-json', reason: 'json-depth' }],
  ['an array', '[{"name":"n"}]', { code: 'params-not-json', reason: 'not a JSON object' }],
  ['null', 'null', { code: 'params-not-json', reason: 'not a JSON object' }],
  ['a text', '"name"', { code: 'params-not-json', reason: 'not a JSON object' }],
  ['another key', file('"blockInterval":10'), { code: 'params-key-unknown', key: 'blockInterval' }],
  ['the key __proto__', file('"__proto__":{"depth_max":1}'), { code: 'params-key-unknown', key: '__proto__' }],
  ['the key toString', file('"toString":1'), { code: 'params-key-unknown', key: 'toString' }],
  ['another format', file('"format":2'), formatFault(1)],
  ['a format that is a text', file('"format":"1"'), formatFault(1)],
  ['format 1 with what format 2 brought', file('"format":1,"stamp_bits":1'), formatFault(2)],
  ['a format that nobody knows', file('"format":3,"stamp_bits":1'), formatFault(2)],
];
for (const [name, text, fault] of NOT_FILES) {
  test(`${name} is no parameter file`, () => assert.deepEqual(faultOf(text), fault));
}

const WORD = '"optional" or "required"';
const AUTHORS = 'an array of 1 to 256 did:key texts of Ed25519 keys, each once';
const [ALICE, BOB, CAROL] = [1, 2, 3].map((number) => signerOf(number).author);
const DEMANDS: readonly (readonly [member: string, expected: string])[] = [
  ['"signatures":"Required"', WORD],
  ['"signatures":true', WORD],
  ['"signatures":null', WORD],
  ['"stamp_bits":-1', 'a whole number from 0 to 32'],
  ['"stamp_bits":33', 'a whole number from 0 to 32'],
  ['"writers":[]', AUTHORS],
  ['"writers":{}', AUTHORS],
  [`"writers":"${ALICE}"`, AUTHORS],
  ['"writers":[1]', AUTHORS],
  [`"writers":["${ALICE}","${ALICE}"]`, AUTHORS],
  [`"writers":["${ALICE}","did:key:x"]`, AUTHORS],
  [`"writers":[${Array.from({ length: 257 }, (_, i) => `"${numberedAuthor(i)}"`)}]`, AUTHORS],
];
for (const [member, expected] of DEMANDS) {
  test(`${member.slice(0, 90)} is refused`, () => {
    const [, key] = /^"(\w+)"/.exec(member) ?? [];
    assert.deepEqual(faultOf(file(member, key === 'writers' ? '"signatures":"required"' : undefined)), {
      code: 'params-value-invalid',
      key,
      expected,
    });
  });
}

test('writers need signatures, for else anybody would write without one', () => {
  const writers = `"writers":["${ALICE}"]`;
  for (const signatures of [undefined, '"signatures":"optional"']) {
    const expected = '"required", where writers are named';
    assert.deepEqual(faultOf(file(writers, signatures)), { code: 'params-value-invalid', key: 'signatures', expected });
  }
  assert.deepEqual(read(file(writers, '"signatures":"required"')).writers, [ALICE]);
});

test('writers are the same in any order, up to 256 of them', () => {
  const three = [ALICE, BOB, CAROL].map((author) => `"${author}"`);
  const texts = [three, three.toReversed(), [three[1], three[0], three[2]]].map((authors) =>
    encodeParams(read(file('"signatures":"required"', `"writers":[${authors}]`))),
  );
  assert.equal(new Set(texts).size, 1);
  assert.deepEqual(JSON.parse(texts[0] ?? '').writers, [ALICE, BOB, CAROL].toSorted());
  const most = Array.from({ length: 256 }, (_, i) => `"${numberedAuthor(i)}"`);
  assert.equal(read(file('"signatures":"required"', `"writers":[${most}]`)).writers.length, 256);
});

test('what a network does not demand is not in its document, which then is of format 1', () => {
  const plain = encodeParams(read(file()));
  const spelt = file('"format":1,"signatures":"optional","stamp_bits":0');
  assert.equal(encodeParams(read(spelt)), plain);
  assert.equal(JSON.parse(plain).format, 1);
  const { format, signatures, stamp_bits, ...others } = JSON.parse(
    encodeParams(read(file('"format":2,"signatures":"required","stamp_bits":32'))),
  );
  assert.deepEqual([format, signatures, stamp_bits], [2, 'required', 32]);
  assert.deepEqual({ format: 1, ...others }, JSON.parse(plain));
  assert.equal(JSON.parse(encodeParams(read(file('"stamp_bits":1')))).format, 2);
});

function formatFault(format: number): object {
  return { code: 'params-value-invalid', key: 'format', expected: `${format} with these keys, or to be left out` };
}

/** An author whose key nobody has. */
function numberedAuthor(number: number): string {
  const key = new Uint8Array(32).fill(1);
  key[0] = number % 256;
  key[1] = 2 + Math.floor(number / 256);
  return didOfKey(key);
}

/** Parameters that a file may ask for, all different from the default now and then. */
const anyParams = (): fc.Arbitrary<NetworkParams> =>
  fc
    .record({
      name: fc.constantFrom('n', 'cairn', 'a-b'),
      blockInterval: fc.integer({ min: 1, max: 1000 }),
      bodyBytesMax: fc.integer({ min: 65_538, max: 1_048_576 }),
      depthMax: fc.integer({ min: 1, max: 32 }),
      entriesMax: fc.integer({ min: 1, max: 4096 }),
      entryBytesMax: fc.integer({ min: 2, max: 65_536 }),
      futureTimeMax: fc.integer({ min: 1, max: YEAR_SECONDS }),
      genesisTime: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      halfLife: fc.integer({ min: 1, max: YEAR_SECONDS }),
      solveTimeMax: fc.integer({ min: 1, max: YEAR_SECONDS }),
      initialBits: fc.constantFrom(0x1f00ffff, 0x1e00ffff, 0x03123456),
      targetLimit: fc.constantFrom(0x1f00ffff, 0x207fffff),
      stampBits: fc.constantFrom(0, 0, 1, 32),
      demanded: fc.constantFrom(
        { signatures: 'optional' } as const,
        { signatures: 'required' } as const,
        { signatures: 'required', writers: [signerOf(2).author, signerOf(1).author] } as const,
      ),
    })
    .map(({ demanded, ...others }) => createParams({ ...others, ...demanded }));

test('parameters are read back as they were written, and the document is canonical', () => {
  fc.assert(
    fc.property(anyParams(), (params) => {
      const text = encodeParams(params);
      assert.deepEqual(read(text), params);
      assert.equal(encodeParams(read(text)), text);
      const document: unknown = JSON.parse(text);
      assert.deepEqual(Object.keys(document as object), Object.keys(document as object).toSorted());
      assert.equal(JSON.stringify(document), text);
    }),
    { seed: 20261122, numRuns: 500 },
  );
});

test('the hash is that of the document behind its tag', () => {
  for (const params of [DEFAULT_PARAMS, createParams({ name: 'other' })]) {
    const expected = createHash('sha256')
      .update(`cairn/params/1\0${encodeParams(params)}`, 'ascii')
      .digest('hex');
    assert.equal(paramsHash(params), expected);
    assert.equal(createGenesis(params).header.historyRoot, expected);
  }
});

test('parameters that differ anywhere have different genesis blocks, and equal ones the same', () => {
  fc.assert(
    fc.property(anyParams(), anyParams(), (a, b) => {
      assert.equal(createGenesis(a).hash === createGenesis(b).hash, encodeParams(a) === encodeParams(b));
      assert.equal(createGenesis(a).hash, createGenesis({ ...a }).hash);
    }),
    { seed: 20261122, numRuns: 300 },
  );
  const genesisHashes = new Set([createGenesis(DEFAULT_PARAMS).hash]);
  const changes: readonly Partial<NetworkParams>[] = [
    { name: 'other' },
    { genesisTime: 0 },
    { blockInterval: 11 },
    { halfLife: 601 },
    { solveTimeMax: 301 },
    { futureTimeMax: 81 },
    { targetLimit: 0x207fffff },
    { initialBits: 0x1e00ffff },
    { depthMax: 31 },
    { entryBytesMax: 65_535 },
    { entriesMax: 4_095 },
    { bodyBytesMax: 1_048_575 },
    { signatures: 'required' },
    { stampBits: 1 },
    { writers: [signerOf(1).author] },
  ];
  for (const change of changes) genesisHashes.add(createGenesis({ ...DEFAULT_PARAMS, ...change }).hash);
  assert.equal(genesisHashes.size, 1 + changes.length);
  assert.equal(changes.length, Object.keys(DEFAULT_PARAMS).length);
});
