import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { HASH_BYTES, hashBytes, hashesIn, hashToBytes, hashToNumber, parseHash, ZERO_HASH } from './hash.ts';

const bytes = () => fc.uint8Array({ minLength: HASH_BYTES, maxLength: HASH_BYTES });
const hash = () => bytes().map(hashBytes);

test('a hash is the SHA-256 of the bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
      assert.equal(hashBytes(data), createHash('sha256').update(data).digest('hex'));
    }),
    { seed: 20261122, numRuns: 200 },
  );
});

test('the bytes of a hash are what its digits spell', () => {
  fc.assert(
    fc.property(bytes(), (original) => {
      const read = parseHash(Buffer.from(original).toString('hex'));
      assert.ok(read !== undefined);
      assert.deepEqual(hashToBytes(read), original);
    }),
    { seed: 20261122, numRuns: 200 },
  );
});

test('hashes that stand side by side are read one by one, however many they are', () => {
  for (const count of [0, 1, 2, 15, 16, 17, 32, 33, 100]) {
    const hashes = Array.from({ length: count }, (_, i) => hashBytes(Buffer.of(i)));
    assert.deepEqual(hashesIn(Buffer.from(hashes.join(''), 'hex')), hashes);
  }
});

test('hashes have the order of the numbers that they are', () => {
  fc.assert(
    fc.property(hash(), hash(), (a, b) => {
      assert.equal(a < b, hashToNumber(a) < hashToNumber(b));
    }),
    { seed: 20261122, numRuns: 200 },
  );
});

test('a hash is read as a big-endian number', () => {
  const one = parseHash('1'.padStart(64, '0'));
  assert.ok(one !== undefined);
  assert.equal(hashToNumber(one), 1n);
  assert.equal(hashToNumber(ZERO_HASH), 0n);
  assert.deepEqual(hashToBytes(ZERO_HASH), new Uint8Array(32));
});

const DIGITS = '0123456789abcdef'.repeat(4);
const NO_HASHES: Readonly<Record<string, string>> = {
  'no digits': '',
  'one digit less': DIGITS.slice(1),
  'one digit more': `${DIGITS}0`,
  'an upper-case digit': DIGITS.replace('a', 'A'),
  'a letter that is no digit': DIGITS.replace('a', 'g'),
  'a prefix': `0x${DIGITS.slice(2)}`,
  'a line feed behind it': `${DIGITS}\n`,
  'a space before it': ` ${DIGITS}`,
  'two lines': `${DIGITS}\n${DIGITS}`,
};
for (const [what, text] of Object.entries(NO_HASHES)) {
  test(`${what} is no hash`, () => assert.equal(parseHash(text), undefined));
}

test('64 lower-case hex digits are a hash', () => assert.equal(parseHash(DIGITS), DIGITS));
