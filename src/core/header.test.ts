import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Hash } from './hash.ts';
import { encodeHeader, HEADER_BYTES, type Header, hashHeader, NONCE_MAX, NONCE_OFFSET, parseHeader } from './header.ts';

const U32_MAX = 2 ** 32 - 1;
const u32 = () => fc.oneof(fc.integer({ min: 0, max: U32_MAX }), fc.constantFrom(0, 2 ** 31, U32_MAX));
const hash = () =>
  fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex') as Hash);
const header = (): fc.Arbitrary<Header> =>
  fc.record(
    {
      height: u32(),
      previousHash: hash(),
      historyRoot: hash(),
      dataRoot: hash(),
      timestamp: u32(),
      bits: u32(),
      nonce: fc.oneof(fc.maxSafeNat(), u32(), fc.constantFrom(2 ** 32, NONCE_MAX)),
    },
    { noNullPrototype: true },
  );

const EXAMPLE: Header = {
  height: 0x01020304,
  previousHash: '11'.repeat(32) as Hash,
  historyRoot: '22'.repeat(32) as Hash,
  dataRoot: '33'.repeat(32) as Hash,
  timestamp: 0x44454647,
  bits: 0x1f00ffff,
  nonce: 0x01_0203_0405_0607,
};

test('each field stands where the table of the format has it', () => {
  const expected = [
    '4c01',
    '01020304',
    '11'.repeat(32),
    '22'.repeat(32),
    '33'.repeat(32),
    '44454647',
    '1f00ffff',
    '0001020304050607',
  ].join('');
  assert.equal(Buffer.from(encodeHeader(EXAMPLE)).toString('hex'), expected);
  assert.equal(expected.length, 2 * HEADER_BYTES);
  assert.equal(expected.slice(2 * NONCE_OFFSET), '0001020304050607');
});

test('a header is read back as it was written', () => {
  fc.assert(
    fc.property(header(), (original) => {
      const bytes = encodeHeader(original);
      assert.equal(bytes.length, HEADER_BYTES);
      assert.deepEqual(parseHeader(bytes), { ok: true, value: original });
    }),
    { seed: 20261122, numRuns: 1000 },
  );
});

test('118 bytes that are read as a header are what the header is written as', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: HEADER_BYTES, maxLength: HEADER_BYTES }), fc.boolean(), (bytes, fits) => {
      bytes.set([0x4c, 0x01], 0);
      if (fits) bytes.set([0x00, (bytes[NONCE_OFFSET + 1] ?? 0) & 0x1f], NONCE_OFFSET);
      const parsed = parseHeader(bytes);
      if (parsed.ok) assert.deepEqual(encodeHeader(parsed.value), bytes);
    }),
    { seed: 20261122, numRuns: 1000 },
  );
});

test('a header inside of larger memory is read from where it begins', () => {
  const memory = new Uint8Array(HEADER_BYTES + 20).fill(0xee);
  memory.set(encodeHeader(EXAMPLE), 7);
  assert.deepEqual(parseHeader(memory.subarray(7, 7 + HEADER_BYTES)), { ok: true, value: EXAMPLE });
});

for (const sizeBytes of [0, 1, 117, 119, 1000]) {
  test(`${sizeBytes} bytes are no header`, () => {
    const bytes = new Uint8Array(sizeBytes);
    bytes.set([0x4c, 0x01].slice(0, sizeBytes), 0);
    assert.deepEqual(parseHeader(bytes), { ok: false, fault: { code: 'header-size-invalid', sizeBytes } });
  });
}

for (const version of [0x0000, 0x4c00, 0x4c02, 0x014c, 0xffff]) {
  test(`the version ${version.toString(16)} is not known`, () => {
    const bytes = encodeHeader(EXAMPLE);
    new DataView(bytes.buffer).setUint16(0, version);
    assert.deepEqual(parseHeader(bytes), { ok: false, fault: { code: 'header-version-unknown', version } });
  });
}

for (const nonce of [2n ** 53n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n]) {
  test(`the nonce ${nonce} is too large`, () => {
    const bytes = encodeHeader(EXAMPLE);
    new DataView(bytes.buffer).setBigUint64(NONCE_OFFSET, nonce);
    assert.deepEqual(parseHeader(bytes), { ok: false, fault: { code: 'header-nonce-too-large', nonce } });
  });
}

test('the hash is the SHA-256 of the bytes, and every byte counts', () => {
  const bytes = encodeHeader(EXAMPLE);
  const original = hashHeader(bytes);
  assert.equal(original, createHash('sha256').update(bytes).digest('hex'));
  const seen = new Set([original]);
  for (let i = 0; i < bytes.length; i++) {
    const changed = Uint8Array.from(bytes);
    changed[i] = (changed[i] ?? 0) ^ 1;
    seen.add(hashHeader(changed));
  }
  assert.equal(seen.size, HEADER_BYTES + 1);
});
