import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyJson, type Json } from './canonical-json.contract.ts';
import {
  isWellFormedJson,
  JsonMembers,
  type JsonText,
  jsonArray,
  jsonObject,
  jsonValue,
  readElements,
  readMembers,
} from './json-text.ts';

const SUITE = new URL('../../../shared/vectors/json-test-suite/test_parsing/', import.meta.url);
const skip = existsSync(SUITE) ? false : 'JSONTestSuite is not beside the repository';

test('the members of an object come as they were spelt, in their order', () => {
  const text = ' { "b" : {"z":1.0, "a":[ ]} ,\n"10":1e400,"\\u0061":"\\/", "__proto__": -0 , "é":null } ';
  const result = readMembers(text);
  assert.ok(result.ok);
  assert.deepEqual(
    [...result.value],
    [
      ['b', '{"z":1.0, "a":[ ]}'],
      ['10', '1e400'],
      ['a', '"\\/"'],
      ['__proto__', '-0'],
      ['é', 'null'],
    ],
  );
});

test('the elements of an array come as they were spelt', () => {
  assert.deepEqual(readElements(' [ 1.0 ,{"b":1, "a":2},"\\u0041", [ ]]'), {
    ok: true,
    value: ['1.0', '{"b":1, "a":2}', '"\\u0041"', '[ ]'],
  });
});

test('empty containers have nothing in them', () => {
  assert.deepEqual(readMembers(' { } '), { ok: true, value: new JsonMembers() });
  assert.deepEqual(readElements('[]'), { ok: true, value: [] });
});

const syntax = (offset: number) => ({ code: 'json-syntax', offset });

const REFUSED: readonly (readonly [text: string, fault: object])[] = [
  ['', syntax(0)],
  ['{', syntax(1)],
  ['{"a', syntax(3)],
  ['{"\\x":1}', syntax(2)],
  ['{"a"}', syntax(4)],
  ['{"a":}', syntax(5)],
  ['{"a":1', syntax(6)],
  ['{"a":1,}', syntax(7)],
  ['{"a":1}}', syntax(7)],
  ['{"a":1} x', syntax(8)],
  ['{a:1}', syntax(1)],
  ['{"a":01}', syntax(6)],
  ['{"a":1.}', syntax(7)],
  ['{"a":1e+}', syntax(8)],
  ['{"a":-}', syntax(6)],
  ['{"a":.5}', syntax(5)],
  ['{"a":tru}', syntax(5)],
  ['{"a":"\\x"}', syntax(6)],
  ['{"a":"\\u12g4"}', syntax(6)],
  ['{"a":"\n"}', syntax(6)],
  ['{"a":[1 2]}', syntax(8)],
  ['{"a":[{"b":1,}]}', syntax(13)],
  ['\ufeff{}', syntax(0)],
  ['{\u00a0}', syntax(1)],
  ['{"a":1,"\\u0061":2}', { code: 'json-duplicate-key', key: 'a', offset: 7 }],
  ['[]', { code: 'json-kind', offset: 0, expected: 'object' }],
  [' 7', { code: 'json-kind', offset: 1, expected: 'object' }],
  ['[1', syntax(2)],
  ['{"a":[[[]]]}', { code: 'json-depth', offset: 7, limit: 3 }],
];

for (const [text, fault] of REFUSED) {
  test(`${JSON.stringify(text)} has no members`, () => {
    assert.deepEqual(readMembers(text, { depthMax: 3 }), { ok: false, fault });
  });
}

test('elements are read as deep as is asked for', () => {
  assert.deepEqual(readElements('[[[]]]', { depthMax: 2 }), {
    ok: false,
    fault: { code: 'json-depth', offset: 2, limit: 2 },
  });
  assert.equal(readElements('[[[]]]', { depthMax: 3 }).ok, true);
});

test('an object has no elements', () => {
  assert.deepEqual(readElements('{}'), { ok: false, fault: { code: 'json-kind', offset: 0, expected: 'array' } });
});

test('a hundred thousand brackets are a fault like any other', () => {
  for (const text of ['['.repeat(100_000), '{"a":'.repeat(100_000)]) {
    assert.equal(isWellFormedJson(text), false);
    const result = text.startsWith('[') ? readElements(text) : readMembers(text);
    assert.equal(!result.ok && result.fault.code, 'json-depth');
  }
});

test('64 containers may stand inside each other unless told otherwise', () => {
  const nest = (count: number) => '['.repeat(count) + ']'.repeat(count);
  assert.equal(isWellFormedJson(nest(64)), true);
  assert.equal(isWellFormedJson(nest(65)), false);
  assert.equal(isWellFormedJson(nest(65), { depthMax: 65 }), true);
});

test('pieces are put together as they are', () => {
  const data = '{"b": 1.0, "__proto__": 2}' as JsonText;
  const text = jsonObject({ index: jsonValue(7), none: undefined, data, all: jsonArray([data, jsonValue('a"b')]) });
  assert.equal(text, '{"index":7,"data":{"b": 1.0, "__proto__": 2},"all":[{"b": 1.0, "__proto__": 2},"a\\"b"]}');
  const members = readMembers(text);
  assert.equal(members.ok && members.value.get('data'), data);
  assert.equal(jsonObject({}), '{}');
  assert.equal(jsonArray([]), '[]');
  assert.equal(jsonValue({ a: [null, true], b: undefined }), '{"a":[null,true]}');
});

test('what was noted of inner values is what reading them by themselves gives', () => {
  const assertAlike = (members: JsonMembers, levels: number): void => {
    for (const [key, text] of members) {
      const inner = members.membersOf(key);
      assert.deepEqual(inner, readMembers(text), text);
      assert.deepEqual(members.elementsOf(key), readElements(text), text);
      if (inner?.ok === true && levels > 0) assertAlike(inner.value, levels - 1);
    }
    assert.equal(members.membersOf('there is none'), undefined);
    assert.equal(members.elementsOf('there is none'), undefined);
  };
  const twice = '{"a": {"b":[1, {"c":[]}],"b":2}, "d" : [ ], "e":{ }, "f":{"g":[ [1],[2] , 3], "h":{"i":[4]}},"j":5}';
  const spelt = fc
    .tuple(anyJson, fc.constantFrom(undefined, 1))
    .map(([value, indent]) => JSON.stringify(value, null, indent));
  const values = fc.oneof(fc.constant(twice), spelt);
  fc.assert(
    fc.property(values, fc.nat(3), (text, levelsNoted) => {
      const members = readMembers(`{"value":${text}}`, { levelsNoted });
      assert.ok(members.ok);
      assertAlike(members.value, 3);
    }),
    { seed: 20261122, numRuns: 1000 },
  );
});

test('what was noted is not read again, which shows where it is deeper than what is read by itself', () => {
  const deep = `${'['.repeat(70)}7${']'.repeat(70)}`;
  const within = deep.slice(1, -1);
  const text = `{"n":0,"a":{"m":1,"b":{"c":${deep},"k":2},"d":${deep}},"l":[],"e":${deep}}`;
  const isRead = (result: { readonly ok: boolean } | undefined) => result?.ok;
  for (const levelsNoted of [undefined, 0, 1, 2, 3]) {
    const noted = levelsNoted ?? 0;
    const members = readMembers(text, { depthMax: 100, ...(levelsNoted !== undefined && { levelsNoted }) });
    assert.ok(members.ok);
    assert.equal(isRead(members.value.elementsOf('e')), noted >= 1);
    const a = members.value.membersOf('a');
    if (noted === 0) assert.deepEqual(a, { ok: false, fault: { code: 'json-depth', offset: 16 + 62, limit: 64 } });
    assert.equal(isRead(a), noted >= 1);
    if (a?.ok !== true) continue;
    assert.equal(isRead(a.value.elementsOf('d')), noted >= 2);
    const b = a.value.membersOf('b');
    assert.equal(isRead(b), noted >= 2);
    if (b?.ok !== true) continue;
    assert.equal(b.value.get('k'), '2');
    const c = b.value.elementsOf('c');
    assert.deepEqual(c?.ok === true ? c.value : 'read by itself', noted >= 3 ? [within] : 'read by itself');
    assert.equal(isRead(b.value.membersOf('c')), false, 'an array has no members');
  }
});

test('agrees with JSON.parse on what JSON is, and on what is in it', () => {
  const edits = fc.tuple(fc.nat(), fc.constantFrom(0, 0, 1), fc.constantFrom('', ...'"\\{}[],:01.eE+-tu \n'));
  fc.assert(
    fc.property(anyJson, fc.constantFrom(undefined, 1), edits, (value, indent, [place, removed, added]) => {
      const whole = JSON.stringify(value, null, indent);
      const at = place % (whole.length + 1);
      const text = whole.slice(0, at) + added + whole.slice(at + removed);
      const parsed = parse(text);
      assert.equal(isWellFormedJson(text), parsed !== undefined, text);
      const elements = readElements(text);
      assert.equal(elements.ok, Array.isArray(parsed), text);
      if (elements.ok) assert.deepEqual(elements.value.map(parse), parsed);
      const members = readMembers(text);
      const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
      if (!members.ok && members.fault.code === 'json-duplicate-key') return;
      assert.equal(members.ok, isObject, text);
      if (members.ok) assert.deepEqual(Object.fromEntries([...members.value].map(([k, v]) => [k, parse(v)])), parsed);
    }),
    { seed: 20261122, numRuns: 4000 },
  );
});

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

test('JSONTestSuite: what must be accepted is well formed, what must be refused is not', { skip }, () => {
  const names = readdirSync(SUITE).filter((name) => /^[yn]_/.test(name));
  assert.equal(names.length, 283);
  for (const name of names) {
    const bytes = readFileSync(new URL(encodeURIComponent(name), SUITE));
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    // Where the fault of a file is in its UTF-8, it is no fault of its text.
    if (name.startsWith('n_') && text.includes('\ufffd')) continue;
    assert.equal(isWellFormedJson(text), name.startsWith('y_'), name);
  }
});

test('of a member that nobody knows, 64 characters are told, none of them cut in half', () => {
  const known = new Set(['a', 'b']);
  const beyond = (key: string): string | undefined => {
    const members = readMembers(JSON.stringify({ a: 1, [key]: 2 }));
    assert.ok(members.ok);
    return members.value.keyBeyond(known);
  };
  assert.deepEqual([beyond('b'), beyond(''), beyond('c')], [undefined, '', 'c']);
  assert.equal(beyond(`1${'x'.repeat(63)}2`), `1${'x'.repeat(63)}`);
  assert.equal(beyond(`1${'x'.repeat(62)}😀`), `1${'x'.repeat(62)}\ufffd`);
});
