import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { bodyOf, buildChain, singleBody, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { Random } from '../../test/support/random.ts';
import { type Block, createBlock } from './block.ts';
import { blockJsonBytes, encodeBlockJson, parseBlockJson } from './block-json.ts';
import { type Body, dataRoot, entryIds, parseBody } from './body.ts';
import { anyJson, type Json, twinBody } from './canonical-json.contract.ts';
import { createGenesis } from './genesis.ts';
import { hashBytes, ZERO_HASH } from './hash.ts';
import { NONCE_MAX } from './header.ts';
import { DEFAULT_PARAMS } from './params.ts';
import { genesisPoint } from './validation.ts';

const { depthMax } = DEFAULT_PARAMS;
const textOf = (block: Block): string => Buffer.from(encodeBlockJson(block)).toString();
const parse = (text: string) => parseBlockJson(text, { depthMax });

const [EXAMPLE] = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 1, () => bodyOf('{"a":"é"}', '[1]')).blocks;
assert.ok(EXAMPLE !== undefined);
const GENESIS = createGenesis(TEST_PARAMS);

function assertReadsAs(text: string, block: Block): void {
  const parsed = parse(text);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  assert.deepEqual(parsed.value.header, block.header);
  assert.equal(parsed.value.hash, block.hash);
  assert.deepEqual(Buffer.from(parsed.value.bodyBytes), Buffer.from(block.body.bytes));
}

/** The members of a block's JSON, each as text, to be changed and put together again. */
function members(block: Block): Map<string, string> {
  const value = JSON.parse(textOf(block)) as Record<string, Json>;
  return new Map(Object.entries(value).map(([key, member]) => [key, JSON.stringify(member)]));
}

function withMembers(block: Block, changes: Readonly<Record<string, string | undefined>>): string {
  const all = members(block);
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) all.delete(key);
    else all.set(key, value);
  }
  return `{${[...all].map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`;
}

function faultOf(text: string): { readonly code: string; readonly field?: string } {
  const parsed = parse(text);
  assert.ok(!parsed.ok, 'it is refused');
  return parsed.fault;
}

/** Any block at all: well formed, valid nowhere. */
const anyBlock = (): fc.Arbitrary<Block> => {
  const hash = () => fc.nat().map((seed) => hashBytes(Buffer.from(String(seed))));
  const u32 = () => fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constantFrom(0, 2 ** 31, 2 ** 32 - 1));
  const nonce = fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 2 ** 32, NONCE_MAX));
  return fc
    .tuple(fc.tuple(u32(), u32(), u32(), nonce), fc.tuple(hash(), hash()), anyJson)
    .map(([[height, timestamp, bits, nonce], [previous, historyRoot], value]) => {
      const body = bodyFrom(twinBody(value, depthMax) ?? 'null');
      const previousHash = height === 0 ? ZERO_HASH : previous;
      const root = dataRoot(body.shape, entryIds(body));
      return createBlock({ height, previousHash, historyRoot, dataRoot: root, timestamp, bits, nonce }, body);
    });
};

function bodyFrom(text: string): Body {
  const body = parseBody(Buffer.from(text), DEFAULT_PARAMS);
  assert.ok(body.ok);
  return body.value;
}

/** `value` in a spelling by chance: white space, order of members, escapes, and digits except right in the block. */
function spell(value: Json, random: Random, depth = 0): string {
  const space = () => [' ', '\n', '\t', '\r\n', '', ''][random.integer(0, 5)] ?? '';
  if (typeof value === 'string') return spellString(value, random);
  if (typeof value === 'number') return depth === 1 ? String(value) : spellNumber(value, random);
  if (value === null || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) {
    const elements = value.map((element) => space() + spell(element, random, depth + 1) + space());
    return `[${elements.join(',') || space()}]`;
  }
  const parts = Object.entries(value)
    .map(([key, member]) => {
      const text = `${space()}${spellString(key, random)}${space()}:${space()}${spell(member, random, depth + 1)}${space()}`;
      return { text, place: random.fraction() };
    })
    .toSorted((a, b) => a.place - b.place)
    .map(({ text }) => text);
  return `{${parts.join(',') || space()}}`;
}

function spellString(text: string, random: Random): string {
  const spelt = Array.from({ length: text.length }, (_, i) => {
    const hex = text.charCodeAt(i).toString(16).padStart(4, '0');
    return `\\u${random.chance(0.5) ? hex : hex.toUpperCase()}`;
  });
  const units = Array.from(text).flatMap((character) => {
    const escaped = spelt.splice(0, character.length).join('');
    if (random.chance(0.3)) return escaped;
    return character === '/' && random.chance(0.5) ? '\\/' : JSON.stringify(character).slice(1, -1);
  });
  return `"${units.join('')}"`;
}

function spellNumber(value: number, random: Random): string {
  const spellings = [String(value), value.toExponential(), value.toExponential().replace('e', 'E')];
  if (Number.isInteger(value) && Math.abs(value) < 1e15) spellings.push(`${value}.0`, `${value}.00e0`);
  return random.pick(spellings.filter((spelling) => Number(spelling) === value));
}

/** As Python's `json.dumps` writes it. */
function spellAsPython(value: Json): string {
  if (typeof value === 'string') {
    return JSON.stringify(value).replace(
      /[\u007f-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  }
  if (Array.isArray(value)) return `[${value.map(spellAsPython).join(', ')}]`;
  if (value === null || typeof value !== 'object') return String(value);
  return `{${Object.entries(value)
    .map(([key, member]) => `${spellAsPython(key)}: ${spellAsPython(member)}`)
    .join(', ')}}`;
}

describe('writing and reading', () => {
  test('a block is read back as it was written, and blockJsonBytes knows how long that is', () => {
    fc.assert(
      fc.property(anyBlock(), (block) => {
        const bytes = encodeBlockJson(block);
        assert.equal(blockJsonBytes(block), bytes.length);
        assertReadsAs(Buffer.from(bytes).toString(), block);
      }),
      { seed: 20261122, numRuns: 500 },
    );
  });

  test('what is written is canonical', () => {
    fc.assert(
      fc.property(anyBlock(), (block) => {
        const text = textOf(block);
        assert.equal(twinBody(JSON.parse(text), depthMax + 2), text);
      }),
      { seed: 20261122, numRuns: 300 },
    );
  });

  test('any spelling of the same JSON is the same block', () => {
    fc.assert(
      fc.property(anyBlock(), fc.nat(), (block, seed) => {
        const random = new Random(seed);
        assertReadsAs(spell(JSON.parse(textOf(block)), random), block);
      }),
      { seed: 20261122, numRuns: 500 },
    );
  });

  test("Python's spelling is the same block", () => {
    fc.assert(
      fc.property(anyBlock(), (block) => assertReadsAs(spellAsPython(JSON.parse(textOf(block))), block)),
      { seed: 20261122, numRuns: 300 },
    );
    assert.match(spellAsPython(JSON.parse(textOf(EXAMPLE))), /"data": \[\{"a": "\\u00e9"\}, \[1\]\]/);
  });

  test('the genesis has 0000 before it, and data {}', () => {
    const text = textOf(GENESIS);
    assert.match(text, /"data":\{\},.*"index":0,"nonce":0,"prev_hash":"0000"/);
    assertReadsAs(text, GENESIS);
  });

  test('data as deep as an entry may be is read, in either shape, and deeper is not', () => {
    const nest = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    for (const body of [singleBody(nest(32)), bodyOf(nest(32)), bodyOf('['.repeat(32) + ']'.repeat(32))]) {
      assertReadsAs(textOf(createBlock(headerOf(body), body)), createBlock(headerOf(body), body));
    }
    for (const data of [nest(33), `[${nest(33)}]`, '['.repeat(34) + ']'.repeat(34)]) {
      assert.equal(faultOf(withMembers(EXAMPLE, { data })).code, 'json-depth');
    }
  });
});

function headerOf(body: Body): Block['header'] {
  return { ...EXAMPLE?.header, dataRoot: dataRoot(body.shape, entryIds(body)) } as Block['header'];
}

describe('fields', () => {
  const FIELDS = [...members(EXAMPLE).keys()];

  test('are the nine that the format has', () => assert.equal(FIELDS.length, 9));

  for (const field of FIELDS) {
    test(`without ${field} it is no block`, () => {
      assert.deepEqual(faultOf(withMembers(EXAMPLE, { [field]: undefined })), { code: 'block-field-missing', field });
    });

    test(`with ${field} twice it is no block`, () => {
      const text = `${withMembers(EXAMPLE, {}).slice(0, -1)},"${field}":1}`;
      const { code, ...facts } = faultOf(text);
      assert.deepEqual([code, (facts as { key?: string }).key], ['json-duplicate-key', field]);
    });

    test(`with ${field} twice, once escaped, it is no block`, () => {
      const escaped = `\\u${field.charCodeAt(0).toString(16).padStart(4, '0')}${field.slice(1)}`;
      const text = `{"${escaped}":1,${withMembers(EXAMPLE, {}).slice(1)}`;
      assert.equal(faultOf(text).code, 'json-duplicate-key');
    });
  }

  for (const field of ['extra', '', 'Hash', 'hash ', '__proto__', 'constructor', '0']) {
    test(`with a field ${JSON.stringify(field)} more it is no block`, () => {
      const text = `{${JSON.stringify(field)}:1,${withMembers(EXAMPLE, {}).slice(1)}`;
      assert.deepEqual(faultOf(text), { code: 'block-field-unknown', field });
    });
  }

  const hashes = (hash: string) => [
    'null',
    '7',
    '[]',
    '""',
    `"${hash.slice(1)}"`,
    `"${hash}0"`,
    `"${'A'.repeat(64)}"`,
    `"0x${hash.slice(2)}"`,
    `["${hash}"]`,
    '"0000"',
  ];
  const integers = ['-1', '-0', '1.0', '1e0', '01', '0x1', '"1"', 'null', 'true', '[1]', '1e400', '9007199254740992'];
  const WRONG: Readonly<Record<string, readonly string[]>> = {
    index: [...integers, '4294967296'],
    nonce: [...integers, '9007199254740993', '18446744073709551616'],
    timestamp: [
      'null',
      '1795354644',
      '"1795354644"',
      '"2026-11-22T13:37:24Z"',
      '"22/11/2026 13:37:24"',
      '"22/11/2026, 13:37:24 "',
      '"22/11/26, 13:37:24"',
      '"1/11/2026, 13:37:24"',
      '"31/11/2026, 13:37:24"',
      '"29/02/2027, 00:00:00"',
      '"22/11/2026, 24:00:00"',
      '"22/11/2026, 13:37:60"',
      '"07/02/2106, 06:28:16"',
      '"31/12/1969, 23:59:59"',
    ],
    bits: ['null', '520159231', '"1f00fff"', '"01f00ffff"', '"1F00FFFF"', '"0x1f00ff"', '"1f00ffff "', '["1f00ffff"]'],
    prev_hash: [...hashes(EXAMPLE.header.previousHash), '"00000"'],
    history_root: hashes(EXAMPLE.header.historyRoot),
    data_root: hashes(EXAMPLE.header.dataRoot),
    hash: hashes(EXAMPLE.hash),
  };
  const EXPECTED: Readonly<Record<string, string>> = {
    index: 'a whole number below 2^32',
    nonce: 'a whole number of at most 2^53-1',
    timestamp: 'UTC as dd/mm/yyyy, hh:mm:ss',
    bits: '8 lower-case hex digits',
    prev_hash: '64 lower-case hex digits, or "0000" in the genesis only',
    history_root: '64 lower-case hex digits',
    data_root: '64 lower-case hex digits',
    hash: '64 lower-case hex digits',
  };
  for (const [field, values] of Object.entries(WRONG)) {
    for (const value of values) {
      test(`${field} ${value.slice(0, 24)} is refused`, () => {
        const { code, ...facts } = faultOf(withMembers(EXAMPLE, { [field]: value }));
        // What is no JSON number never gets as far as the field.
        if (['01', '0x1'].includes(value)) assert.equal(code, 'json-syntax');
        else assert.deepEqual({ code, ...facts }, { code: 'block-field-invalid', field, expected: EXPECTED[field] });
      });
    }
  }

  test('0000 stands before the genesis and nowhere else, and 64 zeros never do', () => {
    assert.equal(faultOf(withMembers(GENESIS, { prev_hash: `"${ZERO_HASH}"` })).field, 'prev_hash');
    assert.equal(faultOf(withMembers(EXAMPLE, { prev_hash: '"0000"' })).field, 'prev_hash');
    assertReadsAs(withMembers(GENESIS, { prev_hash: '"\\u0030000"' }), GENESIS);
  });

  test('a hash that is not that of the fields is told with the right one', () => {
    const hash = hashBytes(Buffer.from('other'));
    assert.deepEqual(faultOf(withMembers(EXAMPLE, { hash: `"${hash}"` })), {
      code: 'block-hash-wrong',
      expected: EXAMPLE.hash,
      hash,
    });
  });

  const CHANGES: Readonly<Record<string, string>> = {
    bits: '"207ffffe"',
    data_root: `"${'0'.repeat(64)}"`,
    history_root: `"${'0'.repeat(64)}"`,
    index: '2',
    nonce: '123456',
    prev_hash: `"${'0'.repeat(64)}"`,
    timestamp: '"22/11/2026, 13:37:24"',
  };
  for (const [field, value] of Object.entries(CHANGES)) {
    test(`another ${field} under the same hash is refused`, () => {
      assert.equal(faultOf(withMembers(EXAMPLE, { [field]: value })).code, 'block-hash-wrong');
    });
  }

  test('other data are read: whether they belong to the header is judged by validation', () => {
    const parsed = parse(withMembers(EXAMPLE, { data: '[1]' }));
    assert.ok(parsed.ok);
    assert.equal(Buffer.from(parsed.value.bodyBytes).toString(), '[1]');
  });

  for (const [data, code] of [
    ['{"a":1,"a":2}', 'json-duplicate-key'],
    ['9007199254740992', 'json-number-range'],
    ['1e400', 'json-number-range'],
    ['"\\ud800"', 'json-lone-surrogate'],
    ['"\ud800"', 'json-lone-surrogate'],
    ['['.repeat(100_000), 'json-depth'],
    ['[1,]', 'json-syntax'],
  ] as const) {
    test(`data ${JSON.stringify(data.slice(0, 20))} are refused: ${code}`, () => {
      assert.equal(faultOf(withMembers(EXAMPLE, { data })).code, code);
    });
  }

  test('data are read as deep as entries may be, in an array and in the block, and the place of what is deeper is told', () => {
    const arrays = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    assert.ok(parse(withMembers(EXAMPLE, { data: arrays(depthMax + 1) })).ok);
    const text = withMembers(EXAMPLE, { data: arrays(depthMax + 2) });
    const offset = text.indexOf('[[') + depthMax + 1;
    assert.deepEqual(faultOf(text), { code: 'json-depth', offset, limit: depthMax + 2 });
  });

  for (const text of ['', 'null', '[]', '7', '"block"', textOf(EXAMPLE).slice(0, -1), `${textOf(EXAMPLE)}}`, '{']) {
    test(`${JSON.stringify(text.slice(0, 12))} of ${text.length} characters is no block`, () => {
      assert.match(faultOf(text).code, /^json-(syntax|kind)$/);
    });
  }
});
