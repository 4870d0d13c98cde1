import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OPENED_BYTES, ProofReader, ProofWriter, RUN_START_BYTES } from './chain-proof-bytes.ts';
import { hashBytes } from './hash.ts';
import { encodeHeader } from './header.ts';

const [PREVIOUS, HISTORY, DATA] = [hashBytes(Buffer.of(1)), hashBytes(Buffer.of(2)), hashBytes(Buffer.of(3))];
const HEADER = { height: 7, previousHash: PREVIOUS, historyRoot: HISTORY, dataRoot: DATA, timestamp: 0x01020304 };
const FIRST = encodeHeader({ ...HEADER, bits: 0x1d00fff1, nonce: 0x08_0900_0a0b });
const SECOND = encodeHeader({ ...HEADER, height: 8, bits: 0x1d00fff2, nonce: 5 });

test('fields stand behind each other, with their highest byte first, and are read as they were written', () => {
  const bytes = written(1 + 2 + 4 + 32 + 32, (writer) => {
    writer.u8(0xf1);
    writer.u16(0xf203);
    writer.u32(0xf4050607);
    writer.u256(2n ** 255n + 0x89n);
    writer.hash(DATA);
  });
  assert.equal(hexOf(bytes), `f1f203f405060780${'00'.repeat(30)}89${DATA}`);
  const reader = new ProofReader(bytes.subarray(1));
  const read = [reader.u16(), reader.u32(), reader.u256(), reader.hash()];
  assert.deepEqual(read, [0xf203, 0xf4050607, 2n ** 255n + 0x89n, DATA]);
});

test('the smallest number of 256 bits takes as many bytes as the largest', () => {
  const bytes = written(64, (writer) => {
    writer.u256(0n);
    writer.u256(2n ** 256n - 1n);
  });
  assert.equal(hexOf(bytes), '00'.repeat(32) + 'ff'.repeat(32));
  const reader = new ProofReader(bytes);
  assert.deepEqual([reader.u256(), reader.u256()], [0n, 2n ** 256n - 1n]);
});

test('L5: an opened header is its data root, its timestamp and its nonce', () => {
  const bytes = written(2 * OPENED_BYTES, (writer) => {
    writer.opened(FIRST);
    writer.opened(SECOND);
  });
  assert.equal(hexOf(bytes), `${DATA}010203040000000809000a0b${DATA}010203040000000000000005`);
  const reader = new ProofReader(bytes);
  assert.deepEqual(reader.opened(), { dataRoot: DATA, timestamp: 0x01020304, nonce: 0x08_0900_0a0bn });
  assert.deepEqual(reader.opened(), { dataRoot: DATA, timestamp: 0x01020304, nonce: 5n });
});

test('a nonce is read as it stands there, also where no header can have it', () => {
  const reader = new ProofReader(Buffer.from(`${DATA}01020304${'ff'.repeat(8)}`, 'hex'));
  assert.equal(reader.opened().nonce, 2n ** 64n - 1n);
});

test('L8: a run begins with the previous hash of its first header, the work up to it, and the bits of two headers', () => {
  const bytes = written(RUN_START_BYTES, (writer) => writer.runStart(FIRST, SECOND, 0xabcn));
  assert.equal(hexOf(bytes), `${PREVIOUS}${'00'.repeat(30)}0abc1d00fff11d00fff2`);
});

test('a proof that is not written to its end is a mistake of ours', () => {
  const writer = new ProofWriter(3);
  writer.u16(1);
  assert.throws(() => writer.finished());
});

function written(sizeBytes: number, write: (writer: ProofWriter) => void): Uint8Array {
  const writer = new ProofWriter(sizeBytes);
  write(writer);
  return writer.finished();
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
