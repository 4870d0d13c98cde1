import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertPresent } from '../core/assert.ts';
import { parsePointer, valueAt } from './json-pointer.ts';

/** The document of RFC 6901 §5, with a null in it, and the table. */
const DOCUMENT: unknown = JSON.parse(
  '{"foo":["bar","baz"],"null":null,"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\\\j":5,"k\\"l":6," ":7,"m~n":8}',
);
const RFC_6901: Readonly<Record<string, unknown>> = {
  '': DOCUMENT,
  '/foo': ['bar', 'baz'],
  '/foo/0': 'bar',
  '/': 0,
  '/a~1b': 1,
  '/c%d': 2,
  '/e^f': 3,
  '/g|h': 4,
  '/i\\j': 5,
  '/k"l': 6,
  '/ ': 7,
  '/m~0n': 8,
};

for (const [pointer, value] of Object.entries(RFC_6901)) {
  test(`${JSON.stringify(pointer)} names what RFC 6901 says`, () => {
    assert.deepEqual(read(DOCUMENT, pointer), value);
  });
}

for (const pointer of [
  '/foo/2',
  '/foo/-',
  '/foo/00',
  '/foo/length',
  '/foo/0/0',
  '/nothing',
  '//',
  '/toString',
  '/null/a',
]) {
  test(`${pointer} names nothing`, () => {
    assert.equal(read(DOCUMENT, pointer), undefined);
  });
}

test('an index has as many digits as it needs', () => {
  const document = Array.from({ length: 110 }, (_, i) => i);
  for (const index of [9, 10, 19, 100, 109]) assert.equal(read(document, `/${index}`), index);
});

test('a pointer has 256 characters and 32 tokens at most', () => {
  assert.deepEqual(parsePointer(`/${'a'.repeat(255)}`), ['a'.repeat(255)]);
  assert.equal(parsePointer('/a'.repeat(32))?.length, 32);
});

test('of ~01 the tilde stays, as RFC 6901 §4 wants it', () => {
  assert.equal(read({ '~1': 'found' }, '/~01'), 'found');
});

test('the key __proto__ is one like any other', () => {
  assert.equal(read({}, '/__proto__/constructor'), undefined);
  assert.equal(read(JSON.parse('{"__proto__":{"a":1}}'), '/__proto__/a'), 1);
});

for (const text of ['foo', 'foo/0', '/a~', '/a~2b', ' /a', '/\ud800', `/${'a'.repeat(256)}`, '/a'.repeat(33)]) {
  test(`${JSON.stringify(text).slice(0, 20)} is no pointer`, () => {
    assert.equal(parsePointer(text), undefined);
  });
}

function read(document: unknown, pointer: string): unknown {
  return valueAt(document, assertPresent(parsePointer(pointer), pointer));
}
