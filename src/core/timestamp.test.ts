import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatTimestamp, parseTimestamp } from './timestamp.ts';

const U32_MAX = 2 ** 32 - 1;

const EXAMPLES: readonly (readonly [seconds: number, text: string])[] = [
  [0, '01/01/1970, 00:00:00'],
  [951_782_399, '28/02/2000, 23:59:59'],
  [951_782_400, '29/02/2000, 00:00:00'],
  [1_709_164_800, '29/02/2024, 00:00:00'],
  [1_795_354_644, '22/11/2026, 13:37:24'],
  [4_107_542_400, '01/03/2100, 00:00:00'],
  [2 ** 31 - 1, '19/01/2038, 03:14:07'],
  [2 ** 31, '19/01/2038, 03:14:08'],
  [U32_MAX, '07/02/2106, 06:28:15'],
];
for (const [seconds, text] of EXAMPLES) {
  test(`${seconds} is ${text}`, () => {
    assert.equal(formatTimestamp(seconds), text);
    assert.equal(parseTimestamp(text), seconds);
  });
}

test('any second is written as the platform writes it, and read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: U32_MAX }), (seconds) => {
      const text = formatTimestamp(seconds);
      assert.equal(text, textOfPlatform(seconds));
      assert.equal(parseTimestamp(text), seconds);
    }),
    { seed: 20261122, numRuns: 20_000 },
  );
});

test('the first and the last second of every day are right', () => {
  for (let seconds = 0; seconds + 86_399 <= U32_MAX; seconds += 86_400) {
    assert.equal(formatTimestamp(seconds), textOfPlatform(seconds));
    assert.equal(parseTimestamp(textOfPlatform(seconds + 86_399)), seconds + 86_399);
  }
});

const REFUSED: Readonly<Record<string, string>> = {
  'a day that the month lacks': '31/04/2026, 12:00:00',
  '31 February': '31/02/2026, 12:00:00',
  '29 February of a common year': '29/02/2026, 12:00:00',
  '29 February of 2100': '29/02/2100, 12:00:00',
  'day 0': '00/01/2026, 12:00:00',
  'day 32': '32/01/2026, 12:00:00',
  'month 0': '01/00/2026, 12:00:00',
  'month 13': '01/13/2026, 12:00:00',
  'month before day': '11/22/2026, 12:00:00',
  'hour 24': '22/11/2026, 24:00:00',
  'minute 60': '22/11/2026, 12:60:00',
  'second 60': '22/11/2026, 12:00:60',
  'numbers without padding': '1/1/2026, 00:00:00',
  'an hour without padding': '01/01/2026, 0:00:00',
  'a year of two digits': '01/01/26, 00:00:00',
  'a year of five digits': '01/01/02026, 00:00:00',
  'no comma': '01/01/2026 00:00:00',
  'no space': '01/01/2026,00:00:00',
  'two spaces': '01/01/2026,  00:00:00',
  dashes: '01-01-2026, 00:00:00',
  'the ISO form': '2026-01-01T00:00:00Z',
  'a zone': '01/01/2026, 00:00:00Z',
  'white space before': ' 01/01/2026, 00:00:00',
  'a line break after': '01/01/2026, 00:00:00\n',
  'digits of another script': '٠١/٠١/٢٠٢٦, ٠٠:٠٠:٠٠',
  'a sign': '+1/01/2026, 00:00:00',
  nothing: '',
  'a second before 1970': '31/12/1969, 23:59:59',
  'a day before 1970': '31/12/1969, 00:00:00',
  'the year 0': '01/01/0000, 00:00:00',
  'the second after the last u32': '07/02/2106, 06:28:16',
  'the year 9999': '31/12/9999, 23:59:59',
};
for (const [what, text] of Object.entries(REFUSED)) {
  test(`${what} is no timestamp: ${JSON.stringify(text)}`, () => {
    assert.equal(parseTimestamp(text), undefined);
  });
}

test('a text is read only if it is what its seconds are written as', () => {
  const digit = fc.constantFrom('0', '1', '2', '3', '5', '9');
  const text = fc
    .tuple(fc.array(digit, { minLength: 14, maxLength: 14 }))
    .map(([d]) => d.join('').replace(/^(..)(..)(....)(..)(..)(..)$/, '$1/$2/$3, $4:$5:$6'));
  fc.assert(
    fc.property(text, (candidate) => {
      const seconds = parseTimestamp(candidate);
      if (seconds !== undefined) assert.equal(formatTimestamp(seconds), candidate);
    }),
    { seed: 20261122, numRuns: 5000 },
  );
});

function textOfPlatform(seconds: number): string {
  const [, year, month, day, time] = /^(\d{4})-(\d\d)-(\d\d)T(.{8})/.exec(new Date(seconds * 1000).toISOString()) ?? [];
  return `${day}/${month}/${year}, ${time}`;
}
