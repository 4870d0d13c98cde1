import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonTextOf } from './json-value.ts';

test('what is JSON comes back as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.equal(jsonTextOf(value), JSON.stringify(value));
    }),
    { seed: 20261122, numRuns: 300 },
  );
});

test('members that are undefined are left out, and what says how it is JSON is asked', () => {
  const value = { a: undefined, at: new Date(0), b: [{ c: undefined }] };
  assert.equal(jsonTextOf(value), '{"at":"1970-01-01T00:00:00.000Z","b":[{}]}');
  assert.equal(jsonTextOf({ toJSON: () => 7 }), '7');
  assert.equal(jsonTextOf(JSON.parse('{"__proto__":{"a":1}}')), '{"__proto__":{"a":1}}');
});

for (const [name, value, key] of [
  ['NaN', { total: Number.NaN }, 'total'],
  ['an infinite number', [1, -Infinity], '1'],
  ['undefined', undefined, ''],
  ['undefined in an array', { list: [1, undefined] }, '1'],
  ['a hole in an array', { list: new Array(1) }, '0'],
  ['a function', { run: () => 1 }, 'run'],
  ['a symbol', [Symbol('x')], '0'],
  ['a bigint', { n: 1n }, 'n'],
  ['a Map', { map: new Map([[1, 2]]) }, 'map'],
  ['a Set', new Set(), ''],
  ['bytes', { file: new Uint8Array(3) }, 'file'],
  ['a Buffer', { file: Buffer.from('x') }, 'file'],
  ['an ArrayBuffer', { file: new ArrayBuffer(1) }, 'file'],
] as const) {
  test(`${name} is refused, and it is said where`, () => {
    assert.throws(() => jsonTextOf(value), { code: 'value-not-json', facts: { key } });
  });
}

test('a cycle is refused', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = [cycle];
  assert.throws(() => jsonTextOf(cycle), { code: 'value-not-json' });
});
