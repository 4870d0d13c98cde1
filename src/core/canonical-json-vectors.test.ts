/** Canonical JSON against what others have published. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { canonicalize, canonicalizeBytes } from './canonical-json.ts';
import { scanCanonical } from './canonical-scan.ts';
import type { JsonFault } from './json-fault.ts';

const LIMITS = { depthMax: 32 };
const VECTORS = new URL('../../../shared/vectors/', import.meta.url);
const skip = existsSync(VECTORS) ? false : 'the published vectors are not beside the repository';

test('the published examples of RFC 8785 come out byte for byte', { skip }, () => {
  const folder = new URL('rfc8785-jcs/', VECTORS);
  const names = readdirSync(new URL('input/', folder));
  assert.equal(names.length, 6);
  for (const name of names) {
    const result = canonicalizeBytes(readFileSync(new URL(`input/${name}`, folder)), LIMITS);
    assert.ok(result.ok, name);
    const hex = readFileSync(new URL(`outhex/${name.replace('json', 'txt')}`, folder), 'utf8').replace(/\s/g, '');
    assert.equal(Buffer.from(result.value).toString('hex'), hex, name);
    assert.deepEqual(Buffer.from(result.value), readFileSync(new URL(`output/${name}`, folder)), name);
    assert.equal(scanCanonical(result.value, { ...LIMITS, entriesMax: 9 }).ok, true, name);
  }
});

test('the ten thousand published numbers are spelt as published, but for big integers', { skip }, () => {
  const file = readFileSync(new URL('rfc8785-jcs/es6-numbers-10000.txt', VECTORS), 'utf8');
  const published = 'b9f7a8e75ef22a835685a52ccba7f7d6bdc99e34b010992cbc5864cd12be6892';
  assert.equal(createHash('sha256').update(file).digest('hex'), published);
  let refused = 0;
  for (const line of file.trimEnd().split('\n')) {
    const [hex = '', expected = ''] = line.split(',');
    const value = Buffer.from(hex.padStart(16, '0'), 'hex').readDoubleBE();
    const isBigInteger = /^-?\d+$/.test(expected) && !Number.isSafeInteger(value);
    if (isBigInteger) refused++;
    // 17 digits are enough to name any double, and more than its canonical spelling has.
    for (const spelling of [expected, value.toExponential(16)]) {
      const result = canonicalize(spelling, LIMITS);
      assert.equal(result.ok ? result.value : result.fault.code, isBigInteger ? 'json-number-range' : expected, line);
    }
  }
  assert.ok(refused > 0 && refused < 200, `${refused} refused`);
});

const SUITE = new URL('json-test-suite/test_parsing/', VECTORS);

/** What every parser must accept and the ledger refuses, because readers would read it differently. */
const STRICTER: Readonly<Record<string, JsonFault['code']>> = {
  'y_object_duplicated_key.json': 'json-duplicate-key',
  'y_object_duplicated_key_and_value.json': 'json-duplicate-key',
};

/** Our answers where RFC 8259 leaves it to the parser. */
const OWN_ANSWERS: Readonly<Record<string, 'accepted' | JsonFault['code']>> = {
  'i_number_double_huge_neg_exp.json': 'accepted',
  'i_number_huge_exp.json': 'json-number-range',
  'i_number_neg_int_huge_exp.json': 'json-number-range',
  'i_number_pos_double_huge_exp.json': 'json-number-range',
  'i_number_real_neg_overflow.json': 'json-number-range',
  'i_number_real_pos_overflow.json': 'json-number-range',
  'i_number_real_underflow.json': 'accepted',
  'i_number_too_big_neg_int.json': 'json-number-range',
  'i_number_too_big_pos_int.json': 'json-number-range',
  'i_number_very_big_negative_int.json': 'json-number-range',
  'i_object_key_lone_2nd_surrogate.json': 'json-lone-surrogate',
  'i_string_1st_surrogate_but_2nd_missing.json': 'json-lone-surrogate',
  'i_string_1st_valid_surrogate_2nd_invalid.json': 'json-lone-surrogate',
  'i_string_UTF-16LE_with_BOM.json': 'json-syntax',
  'i_string_UTF-8_invalid_sequence.json': 'utf8-invalid',
  'i_string_UTF8_surrogate_U+D800.json': 'utf8-invalid',
  'i_string_incomplete_surrogate_and_escape_valid.json': 'json-lone-surrogate',
  'i_string_incomplete_surrogate_pair.json': 'json-lone-surrogate',
  'i_string_incomplete_surrogates_escape_valid.json': 'json-lone-surrogate',
  'i_string_invalid_lonely_surrogate.json': 'json-lone-surrogate',
  'i_string_invalid_surrogate.json': 'json-lone-surrogate',
  'i_string_invalid_utf-8.json': 'utf8-invalid',
  'i_string_inverted_surrogates_U+1D11E.json': 'json-lone-surrogate',
  'i_string_iso_latin_1.json': 'utf8-invalid',
  'i_string_lone_second_surrogate.json': 'json-lone-surrogate',
  'i_string_lone_utf8_continuation_byte.json': 'utf8-invalid',
  'i_string_not_in_unicode_range.json': 'utf8-invalid',
  'i_string_overlong_sequence_2_bytes.json': 'utf8-invalid',
  'i_string_overlong_sequence_6_bytes.json': 'utf8-invalid',
  'i_string_overlong_sequence_6_bytes_null.json': 'utf8-invalid',
  'i_string_truncated-utf-8.json': 'utf8-invalid',
  'i_string_utf16BE_no_BOM.json': 'json-syntax',
  'i_string_utf16LE_no_BOM.json': 'json-syntax',
  'i_structure_500_nested_arrays.json': 'json-depth',
  'i_structure_UTF-8_BOM_empty_object.json': 'json-syntax',
};

function answer(name: string): string {
  const result = canonicalizeBytes(readFileSync(new URL(encodeURIComponent(name), SUITE)), LIMITS);
  return result.ok ? 'accepted' : result.fault.code;
}

test('JSONTestSuite: what must be accepted is, but for keys that stand twice', { skip }, () => {
  const names = readdirSync(SUITE).filter((name) => name.startsWith('y_'));
  assert.equal(names.length, 95);
  for (const name of names) assert.equal(answer(name), STRICTER[name] ?? 'accepted', name);
});

test('JSONTestSuite: what must be refused is', { skip }, () => {
  const names = readdirSync(SUITE).filter((name) => name.startsWith('n_'));
  assert.equal(names.length, 188);
  for (const name of names) assert.match(answer(name), /^(json-syntax|json-depth|utf8-invalid)$/, name);
});

test('JSONTestSuite: what is left open has a stated answer', { skip }, () => {
  const names = readdirSync(SUITE).filter((name) => name.startsWith('i_'));
  assert.deepEqual(Object.fromEntries(names.map((name) => [name, answer(name)])), OWN_ANSWERS);
});
