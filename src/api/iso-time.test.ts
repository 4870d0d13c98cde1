import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatIsoTime, parseIsoTime } from './iso-time.ts';

test('times are written as JavaScript writes them, without thousandths, and are read again', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (seconds) => {
      const text = formatIsoTime(seconds);
      assert.equal(text, new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z'));
      assert.equal(parseIsoTime(text), seconds);
    }),
    { seed: 20261122, numRuns: 500 },
  );
});

for (const text of [
  '2026-11-22',
  '2026-11-22T13:37Z',
  '2026-11-22T13:37:24Z',
  '2026-11-22T13:37:24.000Z',
  '2026-11-22T13:37:24+05:30',
  '2026-11-22T00:10:00-01:00',
  '2026-11-22T13:37:24+23:59',
  '2026-11-22T13:37:24-23:59',
  '2024-02-29T23:59:59Z',
]) {
  test(`${text} is the time that JavaScript reads`, () => {
    assert.equal(parseIsoTime(text), Date.parse(text) / 1_000);
  });
}

test('a part of a second counts as the second after it, so that a stretch holds whole seconds', () => {
  assert.equal(parseIsoTime('2026-11-22T13:37:24.001Z'), Date.parse('2026-11-22T13:37:25Z') / 1_000);
});

for (const text of [
  '',
  'yesterday',
  '1770000000',
  '2026-11',
  '2026-02-29',
  '2026-13-01',
  '2026-11-22T24:00:00Z',
  '2026-11-22T13:37:24',
  '2026-11-22 13:37:24Z',
  '2026-11-22T13:37:24+24:00',
  '2026-11-22T13:37:24+01:60',
  '2026-11-22T13:37:24.0000000001Z',
  '12026-11-22',
  '2026-11-22 ',
  '1969-12-31T23:59:59Z',
  '1970-01-01T00:00:00+01:00',
  '2106-02-07T06:28:15.5Z',
]) {
  test(`${JSON.stringify(text)} is no time`, () => {
    assert.equal(parseIsoTime(text), undefined);
  });
}
