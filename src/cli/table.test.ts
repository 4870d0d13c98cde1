/** How tables and amounts look. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBytes, formatRate, formatSeconds, tableLines } from './table.ts';

test('columns are as wide as their widest cell, and lines have no white space at their ends', () => {
  const lines = tableLines(
    [{ title: 'n', align: 'right' }, { title: 'name' }],
    [
      ['1', 'a'],
      ['100', 'longer'],
    ],
  );
  assert.deepEqual(lines, ['  n  name', '  1  a', '100  longer']);
});

for (const [seconds, text] of [
  [0, 'under 1 ms'],
  [0.35, '350 ms'],
  [2.24, '2.2 s'],
  [119, '119 s'],
  [180, '3 min'],
  [20_000, '5.6 h'],
  [30_000_000, '347 days'],
] as const) {
  test(`${seconds} seconds are ${text}`, () => assert.equal(formatSeconds(seconds), text));
}

for (const [bytes, text] of [
  [0, '0 bytes'],
  [1_023, '1,023 bytes'],
  [1_536, '1.5 KiB'],
  [8_388_608, '8 MiB'],
  [2 ** 40, '1,024 GiB'],
] as const) {
  test(`${bytes} bytes are ${text}`, () => assert.equal(formatBytes(bytes), text));
}

for (const [hashesPerSecond, text] of [
  [0, '0 H/s'],
  [412.3, '412 H/s'],
  [999.6, '1 kH/s'],
  [1_700_000, '1.7 MH/s'],
  [63_400_000, '63 MH/s'],
  [1_250_000_000, '1.3 GH/s'],
  [2e16, '20,000 TH/s'],
] as const) {
  test(`${hashesPerSecond} hashes a second are ${text}`, () => assert.equal(formatRate(hashesPerSecond), text));
}
