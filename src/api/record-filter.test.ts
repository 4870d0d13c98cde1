import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type JsonText, jsonValue } from '../core/json-text.ts';
import { hashLeaf } from '../core/merkle.ts';
import {
  checkFilter,
  compareTexts,
  type FieldCondition,
  type FilteredRecord,
  matchesFilter,
  parseRecordFilter,
  type RecordFilter,
} from './record-filter.ts';

const AUTHOR = `did:key:z6Mk${'a'.repeat(44)}`;
const OTHER = `did:key:z6Mk${'b'.repeat(44)}`;
const ID = hashLeaf(new Uint8Array(1));
const OTHER_ID = hashLeaf(new Uint8Array(2));

const RECORD: FilteredRecord = {
  id: ID,
  time: 1_000,
  authors: [{ author: OTHER }, { author: AUTHOR }],
  data: () => ({ order: { total: 20, name: 'bolts', code: '7', paid: true, note: null, of: ['Zinc, M8'] } }),
};

const where = (pointer: string, op: FieldCondition['op'], value: FieldCondition['value']): RecordFilter => ({
  where: [{ pointer, op, value }],
});

const PASSING: Readonly<Record<string, RecordFilter>> = {
  'no condition': {},
  'its id': { id: ID },
  'one of its authors': { author: AUTHOR },
  'a stretch that begins with its time': { from: 1_000 },
  'a stretch that ends after its time': { to: 1_001 },
  'a number that is equal': where('/order/total', '=', 20),
  'a number from there on': where('/order/total', '>=', 20),
  'a number that is lower': where('/order/total', '<', 20.5),
  'a number up to there': where('/order/total', '<=', 20),
  'a number that is higher': where('/order/total', '>', 19.9),
  'a text that is equal': where('/order/name', '=', 'bolts'),
  'a text that stands above': where('/order/name', '>', 'bolt'),
  'a text that stands below': where('/order/name', '<=', 'c'),
  true: where('/order/paid', '=', true),
  null: where('/order/note', '=', null),
  'two fields': bothFields('bolts'),
  'a word of one of its strings': { text: 'bolts' },
  'words of several strings': { text: 'm8 bolts zinc' },
  'all of several': { author: OTHER, where: [...(where('/order/total', '>', 1).where ?? [])] },
};

for (const [what, filter] of Object.entries(PASSING)) {
  test(`a record passes ${what}`, () => {
    assert.equal(matchesFilter(filter, RECORD), true);
    assert.deepEqual(parseRecordFilter(jsonValue({ ...filter, where: filter.where?.map((one) => ({ ...one })) })), {
      ok: true,
      value: filter,
    });
  });
}

const FAILING: Readonly<Record<string, RecordFilter>> = {
  'another id': { id: OTHER_ID },
  'another author': { author: `did:key:z6Mk${'c'.repeat(44)}` },
  'a stretch that begins later': { from: 1_001 },
  'a stretch that ends with its time': { to: 1_000 },
  'another number': where('/order/total', '=', 21),
  'a number that is to be lower': where('/order/total', '<', 20),
  'a number up to one below': where('/order/total', '<=', 19),
  'a number that is to be higher': where('/order/total', '>', 20),
  'a number from one above on': where('/order/total', '>=', 21),
  'one field of two': bothFields('nuts'),
  'a text where it has a number': where('/order/total', '=', '20'),
  'a text in the order of numbers': where('/order/total', '>', '1'),
  'a number where it has a text': where('/order/name', '>', 1),
  'digits in the order of numbers': where('/order/code', '<', 9),
  'null in the order of texts': where('/order/note', '>=', ''),
  'no field in the order of texts': where('/order/nothing', '>=', ''),
  'null where it has no field': where('/order/nothing', '=', null),
  'false where it has null': where('/order/note', '=', false),
  'an object': where('/order', '>', ''),
  'one word of two': { text: 'bolts nuts' },
  'the beginning of a word': { text: 'bolt' },
  'a word that is the name of a field': { text: 'total' },
  'digits of a number': { text: '20' },
  'a word of its proof': { text: 'signature' },
  'one of two': { id: ID, author: AUTHOR, from: 2_000 },
};

for (const [what, filter] of Object.entries(FAILING)) {
  test(`a record does not pass ${what}`, () => {
    assert.equal(matchesFilter(filter, RECORD), false);
  });
}

function bothFields(name: string): RecordFilter {
  return { where: [where('/order/total', '=', 20), where('/order/name', '=', name)].flatMap((one) => one.where ?? []) };
}

test('an operator that nobody knows is a mistake of ours', () => {
  assert.throws(() => matchesFilter(where('/order/total', '!=' as never, 1), RECORD), {
    message: 'unhandled case: "!="',
  });
});

test('what stands under the name of its proof are words of a record that nobody has signed', () => {
  const data = () => ({ proof: { note: 'bolts' } });
  const found = [[], [{ author: AUTHOR }]].map((authors) =>
    matchesFilter({ text: 'bolts' }, { ...RECORD, authors, data }),
  );
  assert.deepEqual(found, [true, false]);
});

test('the data of a record are asked for only where a condition is on a field', () => {
  const record = { ...RECORD, data: () => assert.fail('nobody needs them') };
  assert.equal(matchesFilter({ author: AUTHOR, from: 0, to: 9_999 }, record), true);
});

test('words are asked for in one spelling, each once', () => {
  const parsed = (text: string): unknown => parseRecordFilter(jsonValue({ text }));
  assert.deepEqual(parsed(' Left-PAD, left\n'), { ok: true, value: { text: 'left pad' } });
  assert.deepEqual(parsed('h g f e d c b a A'), { ok: true, value: { text: 'h g f e d c b a' } });
  assert.deepEqual(parsed('x'.repeat(1_024)), { ok: true, value: { text: 'x'.repeat(128) } });
});

test('texts are ordered by their bytes as UTF-8', () => {
  const text = fc.string({ unit: 'grapheme' });
  fc.assert(
    fc.property(text, text, (one, other) => {
      const expected = Buffer.compare(Buffer.from(one), Buffer.from(other));
      assert.equal(Math.sign(compareTexts(one, other)), expected);
    }),
    { seed: 20261122, numRuns: 1_000 },
  );
  // On both sides of the surrogates, which stand for what is above all of these.
  const texts = ['', 'a', '\ud7ff', '\ue000', '\ue001', '\uffff', '\u{10000}', '\u{103fe}', '\u{103ff}', '\u{10400}'];
  for (const [i, one] of texts.entries()) {
    for (const [j, other] of texts.entries()) assert.equal(Math.sign(compareTexts(one, other)), Math.sign(i - j));
  }
});

const AUTHOR_EXPECTED = /^must be the name of an author: did:key:z6Mk/;
const ID_EXPECTED = /^must be the id of an entry: 64 lower-case hex digits$/;
const TIME_EXPECTED = /^must be a time in whole Unix seconds, from 0 to 4294967295$/;
const POINTER_EXPECTED = /^must name its field by a JSON Pointer, such as /;
const PARTS_EXPECTED = /^must be an object of pointer, op and value$/;
const TEXT_EXPECTED = /^must have a text of 1024 characters at most, in Unicode$/;
const ONE = { pointer: '/a', op: '=', value: 1 };

const BROKEN: Readonly<Record<string, readonly [text: string, parameter: string, reason: RegExp]>> = {
  'an array': ['[]', 'filter', /^must be a JSON object in which no key stands twice$/],
  'an unknown member': ['{"autor":"x"}', 'autor', /^is none of author, id, from, to, text, where$/],
  'a name for an author': ['{"author":"Ada"}', 'author', AUTHOR_EXPECTED],
  'an author in a list': [`{"author":["${AUTHOR}"]}`, 'author', AUTHOR_EXPECTED],
  'an author with something before it': [`{"author":"x${AUTHOR}"}`, 'author', AUTHOR_EXPECTED],
  'an author with something behind it': [`{"author":"${AUTHOR}a"}`, 'author', AUTHOR_EXPECTED],
  'an id in capitals': [`{"id":"${ID.toUpperCase()}"}`, 'id', ID_EXPECTED],
  'an id in a list': [`{"id":["${ID}"]}`, 'id', ID_EXPECTED],
  'a time as text': ['{"from":"2026-11-22"}', 'from', TIME_EXPECTED],
  'a time with a fraction': ['{"to":1.5}', 'to', TIME_EXPECTED],
  'a time before 1970': ['{"from":-1}', 'from', TIME_EXPECTED],
  'a time of more than 32 bits': ['{"to":4294967296}', 'to', TIME_EXPECTED],
  'a condition that is none': ['{"where":{}}', 'where', /^must be an array of conditions$/],
  'words as a list': ['{"text":["left","pad"]}', 'text', /^must be a text of 1024 characters at most$/],
  'words that are too long': [`{"text":"${'a'.repeat(1_025)}"}`, 'text', /^must be a text of 1024 characters at most$/],
  'a text without a word': ['{"text":" -- "}', 'text', /^must have a word in it: letters or digits$/],
  'nine words': ['{"text":"a b c d e f g h i"}', 'text', /^must have 8 different words at most$/],
  'nine conditions': [JSON.stringify({ where: Array(9).fill(ONE) }), 'where', /^must be 8 conditions at most$/],
  'a condition that is a number': ['{"where":[1]}', 'where[0]', PARTS_EXPECTED],
  'a second condition that is a number': [`{"where":[${JSON.stringify(ONE)},1]}`, 'where[1]', PARTS_EXPECTED],
  'a condition without a value': ['{"where":[{"pointer":"/a","op":"="}]}', 'where[0]', PARTS_EXPECTED],
  'a condition with more': [JSON.stringify({ where: [{ ...ONE, more: 1 }] }), 'where[0]', PARTS_EXPECTED],
  'a condition with another member': [withOne({ pointer: undefined, path: '/a' }), 'where[0]', POINTER_EXPECTED],
  'a pointer without a slash': [withOne({ pointer: 'a' }), 'where[0]', POINTER_EXPECTED],
  'a pointer in a list': [withOne({ pointer: ['/a'] }), 'where[0]', POINTER_EXPECTED],
  'an unknown operator': [withOne({ op: '!=' }), 'where[0]', /^must have one of = < <= > >= as its operator$/],
  'an object as a value': [withOne({ value: {} }), 'where[0]', /^must have a string, a number, true, false or null /],
  'a number beyond all numbers': [withOne({}).replace('1}', '1e999}'), 'where[0]', /^has a number beyond those /],
  'half a character': [withOne({ value: '\ud800' }), 'where[0]', TEXT_EXPECTED],
  'a text that is too long': [withOne({ value: 'a'.repeat(1_025) }), 'where[0]', TEXT_EXPECTED],
  'an order of truths': [withOne({ op: '<', value: true }), 'where[0]', /^compares true, which has no order: only = /],
};

for (const [what, [text, parameter, reason]] of Object.entries(BROKEN)) {
  test(`${what} is no filter`, () => {
    const parsed = parseRecordFilter(text as JsonText);
    assert.ok(!parsed.ok);
    assert.equal(parsed.fault.code, 'filter-invalid');
    assert.equal(parsed.fault.parameter, parameter);
    assert.match(parsed.fault.reason, reason);
  });
}

test('a filter may be as large as it may be', () => {
  const longest = { ...ONE, value: 'a'.repeat(1_024) };
  for (const filter of [
    { where: Array(8).fill(ONE) },
    { where: [longest] },
    { from: 0, to: 4_294_967_295 },
    { text: 'a b c d e f g h' },
  ]) {
    assert.deepEqual(parseRecordFilter(jsonValue(filter)), { ok: true, value: filter });
  }
});

test('conditions that are no JSON any more are counted, too', () => {
  const where = Array<FieldCondition>(9).fill({ pointer: '/a', op: '=', value: 1 });
  const checked = checkFilter({
    author: undefined,
    id: undefined,
    from: undefined,
    to: undefined,
    text: undefined,
    where,
  });
  assert.deepEqual(checked, {
    ok: false,
    fault: { code: 'filter-invalid', parameter: 'where', reason: 'must be 8 conditions at most' },
  });
});

/** A filter with one condition, which has these members. */
function withOne(changes: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ where: [{ ...ONE, ...changes }] });
}
