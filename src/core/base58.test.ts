import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeBase58, encodeBase58 } from './base58.ts';

/** The first three are those of draft-msporny-base58-03 §5. */
const EXAMPLES: readonly (readonly [hex: string, text: string])[] = [
  [Buffer.from('Hello World!').toString('hex'), '2NEpo7TZRRrLZSi2U'],
  [
    Buffer.from('The quick brown fox jumps over the lazy dog.').toString('hex'),
    'USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z',
  ],
  ['0000287fb4cd', '11233QC4'],
  ['', ''],
  ['00', '1'],
  ['000000', '111'],
  ['39', 'z'],
  ['3a', '21'],
  ['ff', '5Q'],
  ['0100', '5R'],
];

for (const [hex, text] of EXAMPLES) {
  test(`${hex || 'nothing'} is ${text || 'nothing'} in Base58, both ways`, () => {
    assert.equal(encodeBase58(Buffer.from(hex, 'hex')), text);
    assert.deepEqual(Buffer.from(decodeBase58(text, hex.length / 2) ?? []), Buffer.from(hex, 'hex'));
  });
}

test('any bytes have one text, which leads back to them and to no other number of bytes', () => {
  const bytes = fc
    .tuple(fc.nat(3), fc.uint8Array({ maxLength: 64 }))
    .map(([zeros, rest]) => Buffer.concat([Buffer.alloc(zeros), rest]));
  const property = fc.property(bytes, (value) => {
    const text = encodeBase58(value);
    assert.deepEqual(Buffer.from(decodeBase58(text, value.length) ?? []), value);
    assert.equal(decodeBase58(text, value.length + 1), undefined);
    assert.equal(decodeBase58(`1${text}`, value.length), undefined);
    if (value.length > 0) assert.equal(decodeBase58(text, value.length - 1), undefined);
  });
  fc.assert(property, { seed: 20_261_122, numRuns: 500 });
});

for (const text of ['0', 'O', 'I', 'l', '2NEpo7TZRRrLZSi2 ', 'é', '+', 'zz0']) {
  test(`${JSON.stringify(text)} is no Base58`, () => {
    for (let sizeBytes = 0; sizeBytes < 20; sizeBytes++) assert.equal(decodeBase58(text, sizeBytes), undefined);
  });
}

test('a number that is too large by one is refused, and so is any longer text before it is read', () => {
  assert.deepEqual(decodeBase58('5Q', 1), Uint8Array.of(255));
  assert.equal(decodeBase58('5R', 1), undefined);
  const largest = encodeBase58(new Uint8Array(64).fill(255));
  assert.equal(decodeBase58(largest, 64)?.[0], 255);
  assert.equal(decodeBase58(largest.replace('6', '7'), 64), undefined);
  assert.equal(decodeBase58('z'.repeat(1_000_000), 64), undefined);
});
