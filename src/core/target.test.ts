import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { bitsToHex, bitsToTarget, meetsTarget, TARGET_MAX, targetToBits, targetToWork } from './target.ts';

const EXAMPLES: readonly (readonly [bits: number, target: bigint])[] = [
  [0x01010000, 1n],
  [0x017f0000, 0x7fn],
  [0x02008000, 0x80n],
  [0x02123400, 0x1234n],
  [0x03123456, 0x123456n],
  [0x04008000, 0x800000n],
  [0x04123456, 0x12345600n],
  [0x1d00ffff, 0xffffn << 208n],
  [0x1f00ffff, 0xffffn << 224n],
  [0x207fffff, 0x7fffffn << 232n],
  [0x2100ffff, 0xffffn << 240n],
];
for (const [bits, target] of EXAMPLES) {
  test(`${bitsToHex(bits)} stands for ${target.toString(16)}, and is the way to write it`, () => {
    assert.equal(bitsToTarget(bits), target);
    assert.equal(targetToBits(target), bits);
  });
}

const REFUSED: Readonly<Record<string, number>> = {
  zero: 0,
  'a length without digits': 0x20000000,
  'digits that are all shifted out': 0x01003456,
  'digits that are shifted out in part': 0x01123456,
  'a leading zero too many': 0x04001234,
  'the most digits that need no such length': 0x04007fff,
  'one byte written as two': 0x02007f00,
  'a negative target': 0x04923456,
  'negative zero': 0x01800000,
  'a target just beyond 256 bits': 0x21010000,
  'a target far beyond 256 bits': 0xff123456,
};
for (const [what, bits] of Object.entries(REFUSED)) {
  test(`${what} is no target: ${bitsToHex(bits)}`, () => {
    assert.equal(bitsToTarget(bits), undefined);
  });
}

test('the largest target of all is rounded down to the largest bits', () => {
  assert.equal(targetToBits(TARGET_MAX), 0x2100ffff);
});

test('bits that stand for a target are the bits of that target', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.tuple(fc.integer({ min: 1, max: 34 }), fc.nat({ max: 0x7fffff })).map(([n, digits]) => n * 2 ** 24 + digits),
      ),
      (bits) => {
        const target = bitsToTarget(bits);
        if (target === undefined) return;
        assert.ok(target > 0n && target <= TARGET_MAX);
        assert.equal(targetToBits(target), bits);
      },
    ),
    { seed: 20261122, numRuns: 5000 },
  );
});

test('writing a target as bits rounds it down, by less than one part in 2^15', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: TARGET_MAX }), fc.nat({ max: 255 }), (large, shift) => {
      const target = (large >> BigInt(shift)) + 1n > TARGET_MAX ? TARGET_MAX : (large >> BigInt(shift)) + 1n;
      const rounded = bitsToTarget(targetToBits(target));
      assert.ok(rounded !== undefined);
      assert.ok(rounded <= target);
      assert.ok((target - rounded) << 15n < target, `${target} became ${rounded}`);
    }),
    { seed: 20261122, numRuns: 2000 },
  );
});

test('an easier target never has smaller bits, so bits are in the order of their targets', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: TARGET_MAX }), fc.bigInt({ min: 1n, max: TARGET_MAX }), (a, b) => {
      assert.equal(targetToBits(a) <= targetToBits(b), a <= b || targetToBits(a) === targetToBits(b));
    }),
    { seed: 20261122, numRuns: 2000 },
  );
});

test('work is the mean number of tries', () => {
  assert.equal(targetToWork(TARGET_MAX), 1n);
  assert.equal(targetToWork(2n ** 255n - 1n), 2n);
  assert.equal(targetToWork(1n), 2n ** 255n);
  assert.equal(targetToWork(0n), 2n ** 256n);
  assert.equal(targetToWork(0xffffn << 224n), 65_537n);
});

test('bits are shown as 8 hex digits', () => {
  assert.equal(bitsToHex(0x1f00ffff), '1f00ffff');
  assert.equal(bitsToHex(0x01010000), '01010000');
  assert.equal(bitsToHex(0xff123456), 'ff123456');
});

const vectors = fileURLToPath(new URL('../../../shared/vectors/compact-bits/setcompact.json', import.meta.url));
const skip = existsSync(vectors) ? false : 'the published compact-bits vectors are not beside the repository';

test('published compact forms: what reads back the same is a target here, all others are refused', { skip }, () => {
  const { setCompact, getCompact } = JSON.parse(readFileSync(vectors, 'utf8')) as {
    readonly setCompact: readonly {
      readonly compact: string;
      readonly hex: string | null;
      readonly roundtrip: string | null;
      readonly negative: boolean;
      readonly overflow: boolean;
    }[];
    readonly getCompact: readonly { readonly value: string; readonly compact: string }[];
  };
  let targets = 0;
  for (const row of setCompact) {
    const value = row.hex === null ? 0n : BigInt(`0x${row.hex}`);
    const isTarget = value > 0n && !row.negative && !row.overflow && row.roundtrip === row.compact;
    assert.equal(bitsToTarget(Number.parseInt(row.compact, 16)), isTarget ? value : undefined, row.compact);
    // A compact form that is not spelt as it should be still says a number, and that is spelt one way.
    if (value > 0n && !row.negative) assert.equal(bitsToHex(targetToBits(value)), row.roundtrip);
    if (isTarget) targets++;
  }
  assert.ok(targets > 3);
  for (const row of getCompact) assert.equal(bitsToHex(targetToBits(BigInt(`0x${row.value}`))), row.compact);
});

test('a hash meets a target byte by byte as it does by number', () => {
  const bits = fc.constantFrom(...EXAMPLES.map(([known]) => known));
  fc.assert(
    fc.property(bits, fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat({ max: 32 }), (known, random, same) => {
      const target = bitsToTarget(known) ?? 0n;
      // The first bytes as in the target, so that what comes after them is looked at.
      const bytes = Buffer.concat([
        Buffer.from(target.toString(16).padStart(64, '0'), 'hex').subarray(0, same),
        random.subarray(same),
      ]);
      const isMet = BigInt(`0x${bytes.toString('hex')}`) <= target;
      assert.equal(meetsTarget(known, Buffer.concat([Buffer.alloc(5), bytes]), 5), isMet);
    }),
    { seed: 20261122, numRuns: 5000 },
  );
});

test('the target itself is met, and the number above it is not', () => {
  for (const [bits, target] of EXAMPLES) {
    const bytesOf = (number: bigint) => Buffer.from(number.toString(16).padStart(64, '0'), 'hex');
    assert.equal(meetsTarget(bits, bytesOf(target), 0), true);
    assert.equal(meetsTarget(bits, Buffer.concat([bytesOf(target), Buffer.of(0xff)]), 0), true, 'whatever follows');
    assert.equal(meetsTarget(bits, bytesOf(target + 1n), 0), false);
    assert.equal(meetsTarget(bits, bytesOf(target - 1n), 0), true);
  }
});
