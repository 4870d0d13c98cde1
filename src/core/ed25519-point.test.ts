import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPlainPoint, isVerifiable, PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from './ed25519-point.ts';

const P = 2n ** 255n - 19n;
const POINT = new Uint8Array(PUBLIC_KEY_BYTES).fill(7);
const SIGN = 2n ** 255n;

/** Of the four points of order 8, as 32 bytes. */
const EIGHTH_YS = [
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
];

test('the points of order 8 are kept out, whatever the sign of x, and what is next to them is let in', () => {
  for (const hex of EIGHTH_YS) {
    for (const sign of [0, 0x80]) {
      const bytes = Buffer.from(hex, 'hex');
      bytes[31] = (bytes[31] ?? 0) | sign;
      assert.ok(!isPlainPoint(bytes), hex);
      for (let at = 0; at < PUBLIC_KEY_BYTES; at++) {
        const next = Buffer.from(bytes);
        next[at] = (next[at] ?? 0) ^ 1;
        assert.ok(isPlainPoint(next), `byte ${at} of ${hex}`);
      }
    }
  }
});

test('a y below the prime is let in and no other, whatever the sign of x', () => {
  for (const sign of [0n, SIGN]) {
    for (const y of [2n, 3n, 18n, 19n, P - 2n, 2n ** 254n]) assert.ok(isPlainPoint(spelt(y + sign)), `${y}`);
    for (const y of [0n, 1n, P - 1n]) assert.ok(!isPlainPoint(spelt(y + sign)), `${y}`);
    for (let y = P; y < SIGN; y++) assert.ok(!isPlainPoint(spelt(y + sign)), `${y}`);
  }
});

test('a number S is let in if it is below the order of the group', () => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  for (const below of [0n, 1n, 2n ** 252n, 2n ** 252n - 1n, order - 1n, order - 2n])
    assert.ok(isVerifiable(POINT, signatureOf(POINT, spelt(below))), `${below}`);
  for (const above of [order, order + 1n, 2n ** 253n, 2n ** 255n, 2n ** 256n - 1n]) {
    assert.ok(!isVerifiable(POINT, signatureOf(POINT, spelt(above))), `${above}`);
  }
  for (let at = 0n; at < 252n; at += 8n) {
    const byte = 1n << at;
    assert.ok(!isVerifiable(POINT, signatureOf(POINT, spelt(order + byte))), `more by 2^${at}`);
    assert.ok(isVerifiable(POINT, signatureOf(POINT, spelt(order - byte))), `less by 2^${at}`);
  }
});

test('a key and an R are let in by the same measure, and nothing of another size is', () => {
  const right = signatureOf(POINT, spelt(1n));
  assert.ok(isVerifiable(POINT, right));
  assert.ok(!isVerifiable(spelt(1n), right));
  assert.ok(!isVerifiable(POINT, signatureOf(spelt(1n), spelt(1n))));
  for (const hex of EIGHTH_YS) assert.ok(!isVerifiable(POINT, signatureOf(Buffer.from(hex, 'hex'), spelt(1n))), hex);
  for (const sizeBytes of [0, 31, 33]) assert.ok(!isVerifiable(new Uint8Array(sizeBytes).fill(7), right));
  for (const sizeBytes of [0, 63]) assert.ok(!isVerifiable(POINT, right.subarray(0, sizeBytes)));
  assert.ok(!isVerifiable(POINT, Buffer.concat([right, Buffer.of(0)])));
});

function signatureOf(r: Uint8Array, s: Uint8Array): Uint8Array {
  const signature = Buffer.concat([r, s]);
  assert.equal(signature.length, SIGNATURE_BYTES);
  return signature;
}

/** 32 bytes, the lowest first. */
function spelt(number: bigint): Uint8Array {
  const bytes = Buffer.from(number.toString(16).padStart(2 * PUBLIC_KEY_BYTES, '0'), 'hex').reverse();
  assert.equal(bytes.length, PUBLIC_KEY_BYTES);
  return bytes;
}
