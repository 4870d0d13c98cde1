import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertPresent } from './assert.ts';
import { DRAWS_MAX, drawPositions } from './chain-draws.ts';
import { type Hash, hashBytes } from './hash.ts';

const TIP = hashBytes(Buffer.from('tip'));
const MILLION = { tip: TIP, work: 1_000_000n * 65_537n, sampledWork: 999_488n * 65_537n };

test('positions are drawn as the definition says', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 2n, max: 2n ** 256n - 1n }), fc.nat(30), fc.nat(1_000), (work, halvings, of) => {
      const tailWork = (work >> BigInt(halvings)) - ((work >> BigInt(halvings)) * BigInt(of)) / 2_000n;
      const sampledWork = work - tailWork;
      if (tailWork === 0n || sampledWork === 0n) return;
      assert.deepEqual(drawPositions({ tip: TIP, work, sampledWork }), byDefinition(TIP, work, tailWork));
    }),
    { seed: 20_261_122, numRuns: 60 },
  );
});

test('of little work, where positions fall on the very edge of the tail, they are drawn so, too', () => {
  for (let sampledWork = 1n; sampledWork < 100n; sampledWork++) {
    const expected = byDefinition(TIP, 100n, 100n - sampledWork);
    assert.deepEqual(drawPositions({ tip: TIP, work: 100n, sampledWork }), expected, `${sampledWork} of 100`);
  }
});

test('a million blocks of even difficulty are asked for in 352 places, from the genesis to the last before the tail', () => {
  const positions = drawn(MILLION);
  assert.equal(positions.length, 352);
  assert.equal(positions[0], 0n);
  assert.equal(positions.at(-1), MILLION.sampledWork - 1n);
  assert.deepEqual(
    positions,
    positions.toSorted((a, b) => Number(a - b)),
  );
});

test('with another tip, all positions but the first and the last are others', () => {
  const positions = drawn(MILLION);
  const others = new Set(drawn({ ...MILLION, tip: hashBytes(Buffer.from('another tip')) }));
  assert.deepEqual(
    positions.filter((position) => others.has(position)),
    [0n, MILLION.sampledWork - 1n],
  );
});

test('every halving of the work that is left has 32 positions', () => {
  const work = 2n ** 200n;
  const positions = drawn({ tip: TIP, work, sampledWork: work - (work >> 10n) });
  for (let halving = 0n; halving < 10n; halving++) {
    const [from, to] = [work - (work >> halving), work - (work >> (halving + 1n))];
    // The first position of all, and the last, are no draws.
    const inside = positions.slice(1, -1).filter((position) => position >= from && position < to);
    assert.equal(inside.length, 32);
  }
});

test('what is drawn in the tail is dropped', () => {
  let dropped = 0;
  for (let i = 0; i < 64; i++) {
    // One band, half of which is the tail's.
    const positions = drawn({ tip: hashBytes(Buffer.of(i)), work: 1_000_000n, sampledWork: 10_700n });
    assert.ok(positions.every((position) => position < 10_700n));
    if (positions.length === 2) dropped++;
  }
  assert.ok(dropped > 16 && dropped < 48, String(dropped));
});

test('a tail with less than 2^-32 of the work is too light, and one with just that is not', () => {
  const work = 2n ** 100n;
  assert.equal(drawn({ tip: TIP, work, sampledWork: work - 2n ** 68n }).length, DRAWS_MAX + 2);
  assert.equal(drawPositions({ tip: TIP, work, sampledWork: work - 2n ** 68n + 1n }), undefined);
});

test('of a single unit of work before the tail, the first position is the last', () => {
  assert.deepEqual(drawPositions({ tip: TIP, work: 1_000n, sampledWork: 1n })?.slice(0, 1), [0n]);
});

function drawn(chain: Parameters<typeof drawPositions>[0]): bigint[] {
  return assertPresent(drawPositions(chain), 'the tail is heavy enough');
}

/** Rules L10 and L11, word for word. */
function byDefinition(tip: Hash, work: bigint, tailWork: bigint): bigint[] {
  const seed = createHash('sha256').update('cairn/chain-proof/1').update(tip, 'hex').digest();
  const left = (band: number) => (work * step(band % 32)) / 2n ** (64n + BigInt(Math.floor(band / 32)));
  const positions = [0n];
  for (let band = 0; left(band) > tailWork; band++) {
    const bandBytes = Buffer.alloc(4);
    bandBytes.writeUInt32BE(band);
    const random = BigInt(`0x${createHash('sha256').update(seed).update(bandBytes).digest('hex')}`);
    const position = work - left(band) + (random * (left(band) - left(band + 1))) / 2n ** 256n;
    if (position < work - tailWork) positions.push(position);
  }
  return [...positions, work - tailWork - 1n];
}

/** The largest integer whose 32nd power is at most that of 2^(64 - place/32). */
function step(place: number): bigint {
  const known = steps.get(place);
  if (known !== undefined) return known;
  let root = 0n;
  for (let bit = 64n; bit >= 0n; bit--) if ((root + 2n ** bit) ** 32n <= 2n ** BigInt(2048 - place)) root += 2n ** bit;
  steps.set(place, root);
  return root;
}

const steps = new Map<number, bigint>();
