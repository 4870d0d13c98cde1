/** The two readers of canonical JSON, against what `JSON.parse`, a library for RFC 8785 and a slow twin make of the same bytes. */
import assert from 'node:assert/strict';
import libraryCanonicalize from 'canonicalize';
import { canonicalize, canonicalizeBytes } from '../../../src/core/canonical-json.ts';
import { scanCanonical } from '../../../src/core/canonical-scan.ts';
import { plainText, readData } from '../../../src/simulator/second-implementation/data.ts';
import { bytesOf, type FuzzTarget, JSON_WORDS, jsonOf, nestsTo, textOf } from '../target.ts';

export const CANONICAL_JSON: FuzzTarget = {
  name: 'canonical-json',
  claim:
    'any JSON becomes the bytes that other implementations of RFC 8785 make of it, or is refused for a reason that is true',
  words: JSON_WORDS,
  sizeMax: 70_000,
  weight: 3,
  seeds: () => JSON_SEEDS.map(bytesOf),
  check(input) {
    const text = textOf(input);
    const value = jsonOf(text);
    const result = canonicalizeBytes(input, { depthMax: DEPTH_MAX });
    if (text !== undefined) assertSameOfText(text, result);
    if (result.ok) {
      assert.ok(text !== undefined && value !== undefined, 'what is taken is JSON in UTF-8');
      const canonical = Buffer.from(result.value).toString();
      assert.equal(canonical, plainText(value), 'as the second implementation writes it');
      assert.equal(canonical, libraryCanonicalize(value), 'as the library writes it');
      assert.equal(faultOf(result.value), undefined, 'as the second implementation takes it');
      const again = canonicalizeBytes(result.value, { depthMax: DEPTH_MAX });
      assert.ok(again.ok && again.value === result.value, 'what is canonical stays as it is');
      assert.equal(countMembers(text), countKeys(value), 'no key that stands twice is taken');
      assert.ok(!numbersIn(text).some(isBeyondReaders), 'no number is taken that some readers lose');
      return;
    }
    const { code } = result.fault;
    if (code === 'utf8-invalid') assert.equal(text, undefined, 'what is no UTF-8 is none');
    if (code === 'json-syntax') assert.ok(value === undefined, 'what is no JSON is none');
    if (text === undefined || value === undefined) return;
    if (code === 'json-depth') assert.ok(nestsTo(text) > DEPTH_MAX, 'what is said to be deep is');
    if (code === 'json-number-range') assert.ok(numbersIn(text).some(isBeyondReaders), 'a number is out of range');
    // Deeper than what goes through a value can go.
    if (nestsTo(text) > NESTING_TRIED_MAX) return;
    if (code === 'json-duplicate-key') assert.ok(countMembers(text) > countKeys(value), 'a key stands twice');
    if (code === 'json-lone-surrogate') {
      assert.equal(faultOf(bytesOf(plainText(value))), 'data-not-allowed', 'a string is not well formed');
    }
  },
};

export const CANONICAL_SCAN: FuzzTarget = {
  name: 'canonical-scan',
  claim: 'bytes are taken for canonical where the second implementation takes them, and cut where its entries end',
  words: JSON_WORDS,
  sizeMax: 70_000,
  weight: 3,
  seeds: () => JSON_SEEDS.map((text) => bytesOf(plainText(JSON.parse(text)))),
  check(input) {
    const result = scanCanonical(input, { depthMax: DEPTH_MAX, entriesMax: ENTRIES_MAX });
    const data = readData(input, LIMITS);
    assert.equal(
      result.ok,
      typeof data !== 'string',
      result.ok ? `taken here: ${data}` : `refused here: ${result.fault.code}`,
    );
    if (!result.ok || typeof data === 'string') return;
    const spans = result.value.elements;
    const texts = data.shape === 2 ? data.texts : [];
    const cut = texts.map((_, i) => Buffer.from(input.subarray(spans[2 * i], spans[2 * i + 1])).toString());
    assert.equal(spans.length, 2 * texts.length, 'there are as many entries as elements');
    assert.deepEqual(cut, texts, 'each is cut where it ends');
  },
};

/** What the second implementation has against `bytes`. */
function faultOf(bytes: Uint8Array): string | undefined {
  const data = readData(bytes, { ...LIMITS, entries: Number.MAX_SAFE_INTEGER });
  return typeof data === 'string' ? data : undefined;
}

/** Texts say the same as their bytes, and place a fault at the same character. */
function assertSameOfText(text: string, ofBytes: ReturnType<typeof canonicalizeBytes>): void {
  const ofText = canonicalize(text, { depthMax: DEPTH_MAX });
  if (ofBytes.ok)
    assert.ok(ofText.ok && ofText.value === Buffer.from(ofBytes.value).toString(), 'the text says the same');
  else {
    assert.ok(!ofText.ok && ofText.fault.code === ofBytes.fault.code, 'the text is refused for the same');
    if (!('offset' in ofText.fault) || !('offset' in ofBytes.fault)) return;
    assert.equal(Buffer.byteLength(text.slice(0, ofText.fault.offset)), ofBytes.fault.offset, 'at the same place');
  }
}

/** Whether a number is one that some readers lose digits of: no double, or an integer beyond 2^53-1. */
function isBeyondReaders(token: string): boolean {
  const value = Number(token);
  const isInteger = /^-?\d+$/.test(token) || /^-?\d+$/.test(String(value));
  return !Number.isFinite(value) || (isInteger && !Number.isSafeInteger(value));
}

/** The numbers in `text`, which is JSON, as they are spelt. */
function numbersIn(text: string): string[] {
  return text.replace(STRINGS, '').match(/-?\d[\d.eE+-]*/g) ?? [];
}

/** How many members all objects in `text`, which is JSON, have: as many as there are colons outside of strings. */
function countMembers(text: string): number {
  return text.replace(STRINGS, '').split(':').length - 1;
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((sum: number, inner: unknown) => sum + countKeys(inner), own);
}

const STRINGS = /"(?:[^"\\]|\\.)*"/gs;
const DEPTH_MAX = 4;
const ENTRIES_MAX = 50;
const LIMITS = { bodyBytes: 1e9, entryBytes: 1e9, entries: ENTRIES_MAX, depth: DEPTH_MAX };
const NESTING_TRIED_MAX = 200;

export const JSON_SEEDS: readonly string[] = [
  '{"b":[1,2,{"c":null}],"a":"text"}',
  '[1,-1.5e-7,0.000001,1e21,123456789012345,true,false,null]',
  '["\\u20ac$\\u000F\\u000aA\'B\\u0022\\u005c\\\\\\"\\/", "é", "\\ud83d\\ude02"]',
  '{"\\u20ac":1,"\\r":2,"\\ufb33":3,"1":4,"\\ud83d\\ude00":5,"\\u0080":6,"\\u00f6":7}',
  ' { "__proto__" : [ ] , "constructor" : { } , "10" : 1 , "9" : 2 , "" : 0 } ',
  '[[[[[]]]]]',
  '[[[[[[]]]]]]',
  '{"a":{"b":{"c":{"d":{}}}}}',
  // More members than are put in their places one by one.
  `{${Array.from({ length: 30 }, (_, i) => `"k${(7 * i) % 30}":${i}`).join(',')}}`,
  '{"a":{"b":{"c":{"d":1}}}}',
  '"plain"',
  '0',
  '[]',
];
