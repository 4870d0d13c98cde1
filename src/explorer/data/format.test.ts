import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  countOf,
  formatAge,
  formatBytes,
  formatCount,
  formatRate,
  formatSpan,
  formatUtc,
  formatWork,
  listOf,
  shortHash,
} from './format.ts';

const cases: readonly [string, string, string][] = [
  ['a short hash', shortHash('0123456789abcdef'.repeat(4)), '01234567…cdef'],
  ['a hash of the first block', shortHash('0000'), '0000'],
  ['a count', formatCount(1_234_567), '1,234,567'],
  ['one', countOf(1, 'block'), '1 block'],
  ['none', countOf(0, 'entry', 'entries'), '0 entries'],
  ['some bytes', formatBytes(512), '512 B'],
  ['some kibibytes', formatBytes(1_229), '1.2 KiB'],
  ['nearly a mebibyte', formatBytes(2 ** 20 - 1), '1 MiB'],
  ['a rate', formatRate(31_400_000), '31 MH/s'],
  ['a small rate', formatRate(850.4), '850 H/s'],
  ['little work', formatWork('65536'), '65,536'],
  ['much work', formatWork('123456789012'), '1.23 × 10¹¹'],
  ['microseconds', formatSpan(0.000_02), '20 µs'],
  ['milliseconds', formatSpan(0.042), '42 ms'],
  ['tenths', formatSpan(0.42), '0.4 s'],
  ['seconds', formatSpan(59.4), '59 s'],
  ['a minute', formatSpan(59.7), '1 min'],
  ['minutes', formatSpan(185), '3 min 5 s'],
  ['an hour less a bit', formatSpan(3_599.9), '1 h'],
  ['hours', formatSpan(7_800), '2 h 10 min'],
  ['a day less a bit', formatSpan(86_399), '1 day'],
  ['days', formatSpan(5 * 86_400), '5 days'],
  ['months', formatSpan(90 * 86_400), '3 months'],
  ['years', formatSpan(3 * 365.25 * 86_400), '3 years'],
  ['for ever', formatSpan(Number.POSITIVE_INFINITY), 'for ever'],
  ['just now', formatAge(1_000, 2_500), 'just now'],
  ['ago', formatAge(0, 42_000), '42 s ago'],
  ['minutes ago', formatAge(0, 179_000), '2 min ago'],
  ['hours ago', formatAge(0, 7_800_000), '2 h ago'],
  ['ahead', formatAge(42_000, 0), 'in 42 s'],
  ['a time', formatUtc(0), '1970-01-01 00:00:00 UTC'],
  ['a list', listOf([5001, 5002, 5003]), '5001, 5002 and 5003'],
  ['a list of one', listOf([5001]), '5001'],
];

describe('what people read', () => {
  for (const [name, actual, expected] of cases)
    it(`${name} is written ${expected}`, () => assert.equal(actual, expected));

  it('never shows sixty of a unit that has sixty', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (seconds) => {
        assert.doesNotMatch(formatSpan(seconds), /\b60 (?:s|min)\b|\b24 h\b/);
      }),
      { seed: 20261122, numRuns: 2_000 },
    );
  });
});
