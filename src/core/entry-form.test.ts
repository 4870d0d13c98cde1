import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalizeEntry } from './entry-form.ts';

const LIMITS = { depthMax: 3 };
const encode = (text: string) => new TextEncoder().encode(text);

for (const [text, canonical] of [
  ['1', '1'],
  [' {"b":1, "a":[[ ]]}', '{"a":[[]],"b":1}'],
  ['[[[]]]', '[[[]]]'],
  ['\r\n\t [[{}], 1e2]', '[[{}],100]'],
] as const) {
  test(`${JSON.stringify(text)} is an entry of at most three levels`, () => {
    assert.deepEqual(canonicalizeEntry(encode(text), LIMITS), { ok: true, value: encode(canonical) });
  });
}

for (const [text, offset] of [
  ['{"a":[[{}]]}', 7],
  ['[[[[]]]]', 3],
  ['[{"a":[[]]}]', 7],
  [' \n[[[{}]]]', 5],
] as const) {
  test(`${JSON.stringify(text)} nests too deep, whatever stands outermost`, () => {
    const fault = { code: 'json-depth', offset, limit: 3 };
    assert.deepEqual(canonicalizeEntry(encode(text), LIMITS), { ok: false, fault });
  });
}

test('bytes that are canonical are not copied', () => {
  const bytes = encode('[{"a":1}]');
  const canonical = canonicalizeEntry(bytes, LIMITS);
  assert.ok(canonical.ok && canonical.value === bytes);
});

test('what is no JSON is told as such', () => {
  assert.deepEqual(canonicalizeEntry(encode(''), LIMITS), { ok: false, fault: { code: 'json-syntax', offset: 0 } });
  assert.deepEqual(canonicalizeEntry(encode('['), LIMITS), { ok: false, fault: { code: 'json-syntax', offset: 1 } });
});
