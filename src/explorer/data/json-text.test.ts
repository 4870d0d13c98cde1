import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { cutJson, isJson, layOutJson } from './json-text.ts';

const SETTINGS = { seed: 20261122, numRuns: 300 };

describe('JSON as text', () => {
  it('laid out means what it meant', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        assert.deepEqual(JSON.parse(layOutJson(text)), JSON.parse(text));
      }),
      SETTINGS,
    );
  });

  it('is laid out as JSON.stringify would, where that loses nothing', () => {
    const value = { b: [1, 'a,b:{}[]"\\', {}, []], a: { c: null } };
    assert.equal(layOutJson(JSON.stringify(value)), JSON.stringify(value, null, 2));
  });

  it('keeps the order of keys, the spelling of numbers, and __proto__', () => {
    assert.equal(
      layOutJson('{"2":1.0,"1":1e400,"__proto__":{}}'),
      '{\n  "2": 1.0,\n  "1": 1e400,\n  "__proto__": {}\n}',
    );
  });

  it('is cut into members with their keys as written, also where one stands twice', () => {
    assert.deepEqual(cutJson(' { "a" : [1, {"b":"}"}] , "\\u0061":-1.50e+3, "a":true } '), {
      type: 'object',
      parts: [
        { key: '"a"', text: '[1, {"b":"}"}]' },
        { key: '"\\u0061"', text: '-1.50e+3' },
        { key: '"a"', text: 'true' },
      ],
    });
  });

  it('is cut into the elements of an array, however they are spaced', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.boolean(), (values, isSpaced) => {
        const texts = values.map((value) => (isSpaced ? JSON.stringify(value, null, 3) : JSON.stringify(value)));
        const parts = texts.map((text) => ({ key: undefined, text }));
        assert.deepEqual(cutJson(`[ ${texts.join(' ,\n ')} ]`), { type: 'array', parts });
      }),
      SETTINGS,
    );
  });

  it('is told from what is none', () => {
    assert.ok(isJson('[1,2]'));
    for (const text of ['', '{', '[1,]', 'nul', '"a', '1 2', '['.repeat(65) + ']'.repeat(65)]) {
      assert.ok(!isJson(text), text);
    }
  });
});
