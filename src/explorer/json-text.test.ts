import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';

// A plain script for browsers, which TypeScript does not look into.
const script: {
  members(text: string): Map<string, string>;
  elements(text: string): string[];
  pretty(text: string): string;
} = await import(new URL('json-text.js', import.meta.url).href);
const { elements, members, pretty } = script;

const SETTINGS = { seed: 20261122, numRuns: 300 };

describe('JSON as text', () => {
  it('laid out means what it meant', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.deepEqual(JSON.parse(pretty(JSON.stringify(value))), JSON.parse(JSON.stringify(value)));
      }),
      SETTINGS,
    );
  });

  it('is laid out as JSON.stringify would, where that loses nothing', () => {
    const value = { b: [1, 'a,b:{}[]"\\', {}, []], a: { c: null } };
    assert.equal(pretty(JSON.stringify(value)), JSON.stringify(value, null, 2));
  });

  it('keeps the order of keys, the spelling of numbers, and __proto__', () => {
    assert.equal(pretty('{"2":1.0,"1":1e400,"__proto__":{}}'), '{\n  "2": 1.0,\n  "1": 1e400,\n  "__proto__": {}\n}');
  });

  it('shows marks that would turn the line around', () => {
    assert.equal(pretty('"\u202eevil\u2066"'), '"\\u202eevil\\u2066"');
  });

  it('is cut into the members of an object', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }), (value) => {
        const text = JSON.stringify(value);
        const parsed = new Map(Object.entries(JSON.parse(text)).map(([key, member]) => [key, JSON.stringify(member)]));
        assert.deepEqual(members(text), parsed);
      }),
      SETTINGS,
    );
  });

  it('is cut into the elements of an array', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), (values) => {
        const texts = values.map((value) => JSON.stringify(value));
        assert.deepEqual(elements(`[ ${texts.join(' , ')} ]`), texts);
      }),
      SETTINGS,
    );
  });
});
