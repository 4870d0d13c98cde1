import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionError } from '../core/assert.ts';
import { ByteWriter } from './byte-writer.ts';

test('numbers are written with their last byte first', () => {
  const writer = new ByteWriter().uint16(0x0102).uint32(0x01020304).uint64(0x01020304050607).int32(-2);
  assert.equal(Buffer.from(writer.toBytes()).toString('hex'), '0201040302010706050403020100feffffff');
});

test('a text ends in a zero byte, and what follows can be aligned', () => {
  const writer = new ByteWriter().terminated('ELF').bytes(1).alignTo(4, 0xcc).alignTo(4);
  assert.deepEqual([...writer.toBytes()], [0x45, 0x4c, 0x46, 0, 1, 0xcc, 0xcc, 0xcc]);
});

test('there is room for any number of bytes', () => {
  const writer = new ByteWriter();
  for (let i = 0; i < 10_000; i++) writer.uint32(i);
  writer.block(new Uint8Array(100_000).fill(7));
  assert.equal(writer.length, 140_000);
  const bytes = Buffer.from(writer.toBytes());
  assert.equal(bytes.readUInt32LE(4 * 9999), 9999);
  assert.equal(bytes.at(-1), 7);
});

const mistakes = {
  'a number that is too large': () => new ByteWriter().uint16(0x10000),
  'a number below 0': () => new ByteWriter().uint32(-1),
  'a fraction': () => new ByteWriter().uint32(1.5),
  'a distance that is too far': () => new ByteWriter().int32(2 ** 31),
};
for (const [mistake, write] of Object.entries(mistakes)) {
  test(`${mistake} is refused`, () => {
    assert.throws(write, AssertionError);
  });
}
