import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { bodyOf, singleBody } from '../../test/support/chain-fixture.ts';
import {
  type Body,
  type BodyLimits,
  bodyFromEntries,
  dataRoot,
  entryBytes,
  entryCount,
  entryIds,
  GENESIS_BODY,
  parseBody,
} from './body.ts';
import { anyJson, twinBody } from './canonical-json.contract.ts';
import { hashLeaf, merkleRoot } from './merkle.ts';
import { DEFAULT_PARAMS } from './params.ts';

const KIB = 1024;
const parse = (text: string, limits: BodyLimits = DEFAULT_PARAMS) => parseBody(Buffer.from(text), limits);

function read(text: string, limits?: BodyLimits): Body {
  const body = parse(text, limits);
  assert.ok(body.ok, JSON.stringify(body));
  return body.value;
}

function faultOf(text: string, limits?: BodyLimits): unknown {
  const body = parse(text, limits);
  assert.ok(!body.ok, 'it is refused');
  return body.fault;
}

const rootOf = (body: Body) => dataRoot(body.shape, entryIds(body));
const textOf = (body: Body, index: number) => Buffer.from(entryBytes(body, index)).toString();

/** A JSON string of `sizeBytes` bytes, quotes included. */
const stringOf = (sizeBytes: number) => `"${'x'.repeat(sizeBytes - 2)}"`;
/** Containers of a kind inside each other. */
const arrays = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const objects = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

test('an array is its elements, anything else is one entry', () => {
  for (const [text, entries] of [
    ['[]', []],
    ['[[]]', ['[]']],
    ['["é",{"a":[1,2]},[3,[4]],null]', ['"é"', '{"a":[1,2]}', '[3,[4]]', 'null']],
  ] as const) {
    const body = read(text);
    assert.equal(body.shape, 'array');
    assert.equal(entryCount(body), entries.length);
    for (const [i, entry] of entries.entries()) assert.equal(textOf(body, i), entry);
  }
  for (const text of ['1', '"é"', 'null', '{}', '{"a":[1,2]}']) {
    const body = read(text);
    assert.deepEqual([body.shape, entryCount(body), textOf(body, 0)], ['single', 1, text]);
  }
});

test('the genesis body is `{}` and has no entry', () => {
  assert.equal(Buffer.from(GENESIS_BODY.bytes).toString(), '{}');
  assert.equal(entryCount(GENESIS_BODY), 0);
});

test('a value and the array of it, no entries and the genesis: each has a data root of its own', () => {
  const bodies = [read('1'), read('[1]'), read('[[1]]'), read('[]'), read('{}'), read('[{}]'), GENESIS_BODY];
  assert.equal(new Set(bodies.map(rootOf)).size, bodies.length);
  assert.deepEqual(entryIds(read('1')), entryIds(read('[1]')), 'the entry has the same id in either');
});

test('the data root is the tagged hash of shape, count and the root over the entries', () => {
  for (const [shape, code, body] of [
    ['genesis', 0, GENESIS_BODY],
    ['single', 1, read('{"a":1}')],
    ['array', 2, read('[1,2,3]')],
    ['array', 2, read('[]')],
  ] as const) {
    const head = Buffer.alloc(6);
    head.writeUInt8(5, 0);
    head.writeUInt8(code, 1);
    head.writeUInt32BE(entryCount(body), 2);
    const root = Buffer.from(merkleRoot(entryIds(body)), 'hex');
    assert.equal(body.shape, shape);
    assert.equal(rootOf(body), createHash('sha256').update(head).update(root).digest('hex'));
  }
});

test('the id of an entry is the leaf hash of its bytes, wherever it stands', () => {
  const id = hashLeaf(Buffer.from('{"n":1}'));
  assert.deepEqual(entryIds(read('{"n":1}')), [id]);
  assert.deepEqual(entryIds(read('[0,{"n":1},{"n":1}]')).slice(1), [id, id]);
});

test('ids are computed once for a body, and not at all where they were known', () => {
  const body = read('[1,2]');
  assert.equal(entryIds(body), entryIds(body));
  const ids = [hashLeaf(Buffer.from('1')), hashLeaf(Buffer.from('2'))];
  assert.equal(entryIds(bodyFromEntries([Buffer.from('1'), Buffer.from('2')], ids)), ids);
});

const EDGES: readonly (readonly [what: string, fits: string, over: string, fault: object])[] = [
  [
    'an entry of 64 KiB',
    stringOf(64 * KIB),
    stringOf(64 * KIB + 1),
    { code: 'entry-too-large', entry: 0, sizeBytes: 64 * KIB + 1, limitBytes: 64 * KIB },
  ],
  [
    'an entry of 64 KiB of an array, last of three',
    `[1,2,${stringOf(64 * KIB)}]`,
    `[1,2,${stringOf(64 * KIB + 1)}]`,
    { code: 'entry-too-large', entry: 2, sizeBytes: 64 * KIB + 1, limitBytes: 64 * KIB },
  ],
  [
    'an entry of 64 KiB in characters of four bytes',
    `"${'𝄞'.repeat(16 * KIB - 1)}xx"`,
    `"${'𝄞'.repeat(16 * KIB)}"`,
    { code: 'entry-too-large', entry: 0, sizeBytes: 64 * KIB + 2, limitBytes: 64 * KIB },
  ],
  [
    '4,096 entries',
    `[${Array(4096).fill('1').join(',')}]`,
    `[${Array(4097).fill('1').join(',')}]`,
    { code: 'body-too-many-entries', limit: 4096 },
  ],
  [
    // 16 entries of 64 KiB - 1, 15 commas and two brackets are 1 MiB and 1 byte.
    'a body of 1 MiB',
    `[${Array(15)
      .fill(stringOf(64 * KIB - 1))
      .join(',')},${stringOf(64 * KIB - 2)}]`,
    `[${Array(16)
      .fill(stringOf(64 * KIB - 1))
      .join(',')}]`,
    { code: 'body-too-large', sizeBytes: KIB * KIB + 1, limitBytes: KIB * KIB },
  ],
  [
    'an entry of 32 objects inside each other',
    objects(32),
    objects(33),
    { code: 'json-depth', offset: 160, limit: 32 },
  ],
  [
    'an array of an entry of 32 objects',
    `[${objects(32)}]`,
    `[${objects(33)}]`,
    { code: 'json-depth', offset: 161, limit: 32 },
  ],
  ['an array of an entry of 32 arrays', arrays(33), arrays(34), { code: 'json-depth', offset: 33, limit: 32 }],
];
for (const [what, fits, over, fault] of EDGES) {
  test(`${what} fits, and the next larger does not`, () => {
    assert.equal(Buffer.from(read(fits).bytes).toString(), fits);
    assert.deepEqual(faultOf(over), fault);
  });
}

test('the largest of each kind is as large as it is said to be', () => {
  assert.equal(Buffer.byteLength(EDGES[2]?.[1] ?? ''), 64 * KIB);
  assert.equal(Buffer.byteLength(EDGES[4]?.[1] ?? ''), KIB * KIB);
});

test('lowered limits hold just the same', () => {
  const limits: BodyLimits = { bodyBytesMax: 12, entriesMax: 2, entryBytesMax: 4, depthMax: 1 };
  assert.equal(entryCount(read('[[1],[2]]', limits)), 2);
  assert.deepEqual(faultOf('[1,2,3]', limits), { code: 'body-too-many-entries', limit: 2 });
  assert.deepEqual(faultOf('["xyz"]', limits), { code: 'entry-too-large', entry: 0, sizeBytes: 5, limitBytes: 4 });
  assert.deepEqual(faultOf('[[[]]]', limits), { code: 'json-depth', offset: 2, limit: 1 });
  assert.deepEqual(faultOf('{"abcdef":12}', limits), { code: 'body-too-large', sizeBytes: 13, limitBytes: 12 });
});

test('what is too large is not read at all, and what is not canonical is not measured', () => {
  const limits: BodyLimits = { ...DEFAULT_PARAMS, bodyBytesMax: 8, entryBytesMax: 2 };
  assert.deepEqual(faultOf('not JSON at all', limits), { code: 'body-too-large', sizeBytes: 15, limitBytes: 8 });
  assert.deepEqual(faultOf('["xyz", ', limits), { code: 'json-not-canonical', offset: 7, reason: 'white-space' });
});

const NOT_BODIES: readonly (readonly [text: string, code: string])[] = [
  ['', 'json-syntax'],
  ['[', 'json-syntax'],
  ['[1,]', 'json-syntax'],
  ['1 ', 'json-not-canonical'],
  [' 1', 'json-not-canonical'],
  ['[1, 2]', 'json-not-canonical'],
  ['{"b":1,"a":2}', 'json-not-canonical'],
  ['{"a":1,"a":1}', 'json-not-canonical'],
  ['-0', 'json-not-canonical'],
  ['1.0', 'json-not-canonical'],
  ['1e400', 'json-number-range'],
  ['9007199254740992', 'json-number-range'],
  ['"\\u0061"', 'json-not-canonical'],
  ['"\\ud800"', 'json-not-canonical'],
  ['\ufeff1', 'json-syntax'],
  ['[1][2]', 'json-syntax'],
  ['['.repeat(100_000), 'json-depth'],
];
for (const [text, code] of NOT_BODIES) {
  test(`${JSON.stringify(text.slice(0, 20))} is no body: ${code}`, () => {
    assert.equal((faultOf(text) as { code: string }).code, code);
  });
}

test('bytes that are no UTF-8 are no body', () => {
  assert.deepEqual(parseBody(Buffer.from([0x22, 0xc3, 0x22]), DEFAULT_PARAMS), {
    ok: false,
    fault: { code: 'utf8-invalid' },
  });
});

test('a body is its canonical bytes, and entries put together again are the same body', () => {
  fc.assert(
    fc.property(fc.array(anyJson, { maxLength: 5 }), (values) => {
      const texts = values.map((value) => twinBody(value, 30)).filter((text) => text !== undefined);
      const body = read(`[${texts.join(',')}]`);
      const entries = texts.map((_, i) => entryBytes(body, i));
      assert.deepEqual(
        entries.map((entry) => Buffer.from(entry).toString()),
        texts,
      );
      const again = bodyFromEntries(entries);
      assert.deepEqual(Buffer.from(again.bytes), Buffer.from(body.bytes));
      assert.deepEqual([again.shape, again.spans], [body.shape, body.spans]);
      assert.equal(rootOf(again), rootOf(body));
    }),
    { seed: 20261122, numRuns: 300 },
  );
});

test('bodies made for tests are what is read from their bytes', () => {
  for (const body of [bodyOf(), bodyOf('1'), bodyOf('1', '[2]'), singleBody('{"a":1}')]) {
    const parsed = parseBody(body.bytes, DEFAULT_PARAMS);
    assert.deepEqual(parsed, { ok: true, value: body });
  }
});
