import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePointer } from './json-pointer.ts';
import { checkCondition, type FieldCondition } from './record-filter.ts';
import { filterQuery, formatCondition, parseCondition, parseFilterTexts } from './record-filter-text.ts';

const CONDITIONS: Readonly<Record<string, FieldCondition>> = {
  '/order/total>=20': { pointer: '/order/total', op: '>=', value: 20 },
  '/order/total<2.5e3': { pointer: '/order/total', op: '<', value: 2_500 },
  '/name=left-pad': { pointer: '/name', op: '=', value: 'left-pad' },
  '/name="20"': { pointer: '/name', op: '=', value: '20' },
  '/name=': { pointer: '/name', op: '=', value: '' },
  '/formula="=a+b"': { pointer: '/formula', op: '=', value: '=a+b' },
  '/sign>">=1"': { pointer: '/sign', op: '>', value: '>=1' },
  '/loud!/a="!"': { pointer: '/loud!/a', op: '=', value: '!' },
  '{"pointer":"/loud!","op":"=","value":1}': { pointer: '/loud!', op: '=', value: 1 },
  '{"pointer":"/wide ","op":"=","value":1}': { pointer: '/wide ', op: '=', value: 1 },
  '/formula=a=b': { pointer: '/formula', op: '=', value: 'a=b' },
  '/paid=true': { pointer: '/paid', op: '=', value: true },
  '/note=null': { pointer: '/note', op: '=', value: null },
  '/version>1.2.3': { pointer: '/version', op: '>', value: '1.2.3' },
  '="hello"': { pointer: '', op: '=', value: 'hello' },
  '{"pointer":"/a=b","op":"<=","value":1}': { pointer: '/a=b', op: '<=', value: 1 },
};

for (const [text, condition] of Object.entries(CONDITIONS)) {
  test(`${text} is a condition`, () => {
    assert.deepEqual(parseCondition(text), { ok: true, value: condition });
    assert.deepEqual(parseCondition(formatCondition(condition)), { ok: true, value: condition });
  });
}

test('a value stands as it is where that is read as the same, and a condition with signs in its pointer is JSON', () => {
  const text = (value: FieldCondition['value'], pointer = '/a') => formatCondition({ pointer, op: '=', value });
  assert.deepEqual(
    [text('left pad'), text('20'), text(20), text('true'), text('{'), text('<b>'), text('a<b')],
    ['/a=left pad', '/a="20"', '/a=20', '/a="true"', '/a={', '/a="<b>"', '/a=a<b'],
  );
  assert.equal(text(1, '/a<b'), '{"pointer":"/a<b","op":"=","value":1}');
});

const SPELLING = /^must be a JSON Pointer, one of = < <= > >= and a value, such as /;
const QUOTED = /^must have one of = < <= > >= as its operator; a text that begins with < = or > is quoted: /;
const RIGHT_AFTER = /^must have one of = < <= > >= right after its JSON Pointer, which ends in "(!| |\\t)" here$/;
const PARTS = /^must be an object of pointer, op and value$/;
for (const [text, reason] of [
  ['', SPELLING],
  ['name=1', SPELLING],
  ['/name', SPELLING],
  ['/a>>=1', QUOTED],
  ['/a==1', QUOTED],
  ['/a=>1', QUOTED],
  ['/a<>1', QUOTED],
  ['/a<=<', QUOTED],
  ['/a==', QUOTED],
  ['/a!=1', RIGHT_AFTER],
  ['/a >= 1', RIGHT_AFTER],
  ['/a\t=1', RIGHT_AFTER],
  ['/name~=1', /^must name its field by a JSON Pointer/],
  ['/a={}', /^must have a string, a number/],
  ['/a>true', /^compares true/],
  ['{"pointer":"/a"}', PARTS],
  ['{"pointer":"/a","op":"=","value":1,"more":1}', PARTS],
  ['{', PARTS],
] as const) {
  test(`${JSON.stringify(text)} is no condition`, () => {
    const parsed = parseCondition(text);
    assert.ok(!parsed.ok);
    assert.deepEqual([parsed.fault.code, parsed.fault.parameter], ['filter-invalid', 'where']);
    assert.match(parsed.fault.reason, reason);
  });
}

test('every condition is read again from the text that it is written as', () => {
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
  );
  const pointer = fc.array(fc.string({ unit: 'binary' })).map((tokens) => {
    return tokens.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  });
  const op = fc.constantFrom('=', '<', '<=', '>', '>=');
  fc.assert(
    fc.property(pointer, op, value, (...[pointer, op, value]) => {
      fc.pre(parsePointer(pointer) !== undefined);
      const condition = checkCondition({ pointer, op, value }, 'where');
      if (!condition.ok) return;
      const read = parseCondition(formatCondition(condition.value));
      assert.deepEqual(read, { ok: true, value: { pointer, op, value: Object.is(value, -0) ? 0 : value } });
    }),
    { seed: 20261122, numRuns: 1_000 },
  );
});

test('a filter is read again from the query that it is written as', () => {
  const author = `did:key:z6Mk${'a'.repeat(44)}`;
  const texts = {
    author,
    id: 'ab'.repeat(32),
    from: '2026-11-22',
    to: '2026-11-23T12:00:00+01:00',
    text: 'Left pad & more',
    where: ['/a>=1', '/b=c'],
  };
  const parsed = parseFilterTexts(texts);
  assert.ok(parsed.ok);
  const query = filterQuery(parsed.value);
  assert.deepEqual(query, [
    ['author', author],
    ['id', 'ab'.repeat(32)],
    ['from', '2026-11-22T00:00:00Z'],
    ['to', '2026-11-23T11:00:00Z'],
    ['text', 'left pad more'],
    ['where', '/a>=1'],
    ['where', '/b=c'],
  ]);
  const again = parseFilterTexts({ ...Object.fromEntries(query), where: ['/a>=1', '/b=c'] });
  assert.deepEqual(again, parsed);
  assert.deepEqual(parseFilterTexts({}), { ok: true, value: {} });
  assert.deepEqual(filterQuery({}), []);
});

test('what will not do is named', () => {
  const named = (texts: Parameters<typeof parseFilterTexts>[0]): string | undefined => {
    const parsed = parseFilterTexts(texts);
    return parsed.ok ? undefined : parsed.fault.parameter;
  };
  assert.equal(named({ from: 'yesterday' }), 'from');
  assert.equal(named({ to: '' }), 'to');
  assert.equal(named({ text: '' }), 'text');
  assert.equal(named({ where: ['/a=1', 'a'] }), 'where[1]');
  assert.equal(named({ where: ['a'] }), 'where');
  const parsed = parseFilterTexts({ from: 'yesterday' });
  assert.ok(!parsed.ok);
  assert.equal(parsed.fault.code, 'filter-invalid');
  assert.match(parsed.fault.reason, /^must be a time from 1970 to 2106 in ISO 8601, with its zone: /);
});
