import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { numberArithmetic } from './number-arithmetic.ts';
import { CHUNK_WORDS, compress, INITIAL_STATE } from './sha256.ts';
import { createSha256Lanes, FORM_SIZE, LANES, MESSAGES_ADDRESS } from './sha256-lanes.ts';
import { instantiate } from './wasm-instance.fixture.ts';

const { call, memory } = instantiate(createSha256Lanes(), 'hash');
const bytes = new Uint8Array(memory.buffer);

test('each lane is SHA-256 of what the forms make of its message', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 32, max: 255 }),
      fc.nat({ max: 1 }),
      fc.integer({ min: 1, max: 5 }),
      fc.nat(),
      (messageBytes, shift, groups, seed) => {
        const chunks = Math.ceil((shift + messageBytes) / 64);
        let next = seed;
        const random = (length: number) =>
          Uint8Array.from({ length }, () => {
            next = (next * 69_069 + 1) % 2 ** 32;
            return next >>> 24;
          });
        const [masks, settings] = [random(64 * chunks), random(64 * chunks)];
        // What is around a message may have been written over by then.
        masks.fill(0, 0, shift).fill(0, shift + messageBytes);
        writeForms(masks, settings);
        const start = MESSAGES_ADDRESS - shift;
        bytes.set(random(shift + messageBytes * LANES * groups + 64), start);
        const expected = Array.from({ length: LANES * groups }, (_, i) => {
          const at = start + messageBytes * i;
          const read = bytes.slice(at, at + 64 * chunks);
          return compressions(read.map((byte, k) => (byte & (masks[k] ?? 0)) | (settings[k] ?? 0)));
        });
        const end = MESSAGES_ADDRESS + 32 * LANES * groups;
        assert.equal(call(messageBytes, shift, chunks, groups), end);
        assert.equal(Buffer.from(bytes.subarray(MESSAGES_ADDRESS, end)).toString('hex'), expected.join(''));
      },
    ),
    { seed: 20261122, numRuns: 100 },
  );
});

/** A form has its words as they are in the processor: the last byte first. */
function writeForms(masks: Uint8Array, settings: Uint8Array): void {
  for (let i = 0; i < masks.length; i++) {
    const at = Math.floor(i / 64) * FORM_SIZE + ((i % 64) ^ 3);
    bytes[at] = masks[i] ?? 0;
    bytes[at + 64] = settings[i] ?? 0;
  }
}

/** The hash of whole chunks, with nothing added to them. */
function compressions(chunks: Uint8Array): string {
  const view = new DataView(chunks.buffer);
  let state = INITIAL_STATE;
  for (let at = 0; at < chunks.length; at += 64) {
    const chunk = Array.from({ length: CHUNK_WORDS }, (_, i) => view.getUint32(at + 4 * i));
    state = compress(numberArithmetic, state, chunk);
  }
  return state.map((word) => word.toString(16).padStart(8, '0')).join('');
}
