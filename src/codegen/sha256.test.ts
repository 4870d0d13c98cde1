import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { numberArithmetic } from './number-arithmetic.ts';
import { CHUNK_WORDS, compress, INITIAL_STATE } from './sha256.ts';

test('over numbers it is SHA-256', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (message) => {
      assert.equal(sha256(message), createHash('sha256').update(message).digest('hex'));
    }),
    { seed: 20261122, numRuns: 200 },
  );
});

test('a chunk is hashed as RFC 6234 says of "abc"', () => {
  assert.equal(sha256(Buffer.from('abc')), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

/** The whole function, padding included (RFC 6234 §4.1), with nothing in it but `compress`. */
function sha256(message: Uint8Array): string {
  const padded = Buffer.alloc(64 * Math.ceil((message.length + 9) / 64));
  padded.set(message);
  padded[message.length] = 0x80;
  padded.writeBigUInt64BE(8n * BigInt(message.length), padded.length - 8);
  let state = INITIAL_STATE;
  for (let offset = 0; offset < padded.length; offset += 64) {
    const chunk = Array.from({ length: CHUNK_WORDS }, (_, i) => padded.readUInt32BE(offset + 4 * i));
    state = compress(numberArithmetic, state, chunk);
  }
  return state.map((word) => word.toString(16).padStart(8, '0')).join('');
}
