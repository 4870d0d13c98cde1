import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertPresent } from './assert.ts';
import { isEasingPossible, leastWorkAt, leastWorkBefore } from './chain-reach.ts';
import { createParams, DEFAULT_PARAMS, type NetworkParams } from './params.ts';
import { retarget } from './retarget.ts';
import { bitsToTarget, TARGET_MAX, targetToWork } from './target.ts';

/** T and the half-life as most networks have them; the difficulty has room on both sides. */
const PARAMS = createParams({ name: 'reach', targetLimit: 0x207fffff, initialBits: 0x1d00ffff });
const NETWORKS: readonly NetworkParams[] = [
  PARAMS,
  createParams({ name: 'slow', targetLimit: 0x207fffff, initialBits: 0x1e01ffff, blockInterval: 600 }),
  createParams({ name: 'jumpy', targetLimit: 0x207fffff, initialBits: 0x1b0404cb, halfLife: 7 }),
  createParams({ name: 'odd', targetLimit: 0x1f00ffff, initialBits: 0x1e7fffff, blockInterval: 13, halfLife: 1009 }),
];

test('whatever the times of blocks are, the rules lead nowhere that is out of reach', () => {
  for (const params of NETWORKS) {
    const { blockInterval, solveTimeMax } = params;
    const pauses = fc.oneof(
      fc.constant(0),
      fc.constant(blockInterval),
      fc.nat(2 * blockInterval),
      fc.nat(solveTimeMax),
      fc.constant(10 * solveTimeMax),
    );
    const stretches = fc.array(fc.tuple(pauses, fc.integer({ min: 1, max: 90 })), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(stretches, (stretched) => {
        const blocks = follow(
          stretched.flatMap(([pause, count]) => Array<number>(count).fill(pause)),
          params,
        );
        const to = assertPresent(blocks.at(-1), 'there are blocks');
        let between = 0n;
        for (let i = blocks.length - 2; i >= 0; i--) {
          const from = assertPresent(blocks[i], 'there are blocks');
          const distance = blocks.length - 1 - i;
          const seconds = to.timeBefore - from.timeBefore;
          assert.ok(isEasingPossible({ from: from.target, to: to.target, blocks: distance, seconds, params }));
          assert.ok(from.work >= leastWorkAt(to.work, distance, params), `${params.name}: ${distance} blocks before`);
          assert.ok(between >= leastWorkBefore(to.work, distance - 1, params), `${params.name}: in ${distance - 1}`);
          between += from.work;
        }
      }),
      { seed: 20_261_122, numRuns: 40 },
    );
  }
});

test('blocks do not become easier than the time allows: a doubling for every half-life that they are late', () => {
  const from = 2n ** 200n;
  for (const [blocks, halfLives, doublings] of [
    [1, 0, 0],
    [1, 1, 1],
    [60, 0, 0],
    [60, 3, 3],
    [600, -2, -2],
    [600, 40, 40],
  ] as const) {
    const seconds = 10 * blocks + 600 * halfLives;
    const exact = doublings < 0 ? from >> BigInt(-doublings) : from << BigInt(doublings);
    const isPossible = (to: bigint) => isEasingPossible({ from, to, blocks, seconds, params: PARAMS });
    assert.ok(isPossible(exact));
    // 14 in 65,536 of a half-life for each block, and a second.
    const slack = 2 ** ((Math.floor((14 * 600 * (blocks + 1)) / 65_536) + 1) / 600);
    const scaled = (by: number) => (exact * BigInt(Math.round(by * 1e9))) / 1_000_000_000n;
    assert.ok(isPossible(scaled(slack * 0.9995)), `${blocks} ${halfLives}`);
    assert.ok(!isPossible(scaled(slack * 1.003)), `${blocks} ${halfLives}`);
  }
});

test('the slack of a gap is counted in whole seconds: one for itself, and 14 in 65,536 of a half-life for each block', () => {
  const from = 2n ** 200n;
  // On a network where a second is a whole doubling, what rounding leaves of the slack is all there is.
  const params = createParams({ name: 'coarse', targetLimit: 0x207fffff, halfLife: 1, blockInterval: 1 });
  const easing = (blocks: number, seconds: number) => (to: bigint) =>
    isEasingPossible({ from, to, blocks, seconds, params });
  assert.ok(easing(1, 1)(from << 1n));
  assert.ok(!easing(1, 1)((from << 1n) + 1n));
  assert.ok(easing(4_681, 4_681)(from << 2n));
  assert.ok(!easing(4_680, 4_680)(from << 2n));
});

test('neither a million years nor a billion blocks take long to judge', () => {
  const limit = assertPresent(bitsToTarget(PARAMS.targetLimit), 'the limit is a target');
  const easing = { from: 1n, blocks: 1, params: PARAMS };
  assert.ok(isEasingPossible({ ...easing, to: limit, seconds: 2 ** 32 - 1 }));
  assert.ok(!isEasingPossible({ ...easing, to: TARGET_MAX, seconds: 2 ** 32 - 1 }));
  const quick = createParams({ name: 'quick', targetLimit: 0x207fffff, halfLife: 1 });
  assert.ok(isEasingPossible({ ...easing, to: limit, seconds: 2 ** 32 - 1, params: quick }));
  const slow = createParams({ name: 'slow', targetLimit: 0x207fffff, blockInterval: 31_536_000, halfLife: 1 });
  const many = { blocks: 2 ** 32 - 1, seconds: 0, params: slow };
  assert.ok(isEasingPossible({ ...many, from: 2n ** 255n, to: 1n }));
  assert.ok(!isEasingPossible({ ...many, from: 2n ** 255n, to: 2n }));
  assert.equal(leastWorkAt(2n ** 255n, 2 ** 32 - 1, slow), 2n);
  assert.equal(leastWorkBefore(2n ** 255n, 2 ** 32 - 1, slow), 2n * (2n ** 32n - 1n));
});

test('the least work halves with every 59 blocks of the climb, down to that of the limit', () => {
  // ceil(65,536 x 10 / 600) + 14 = 1,107 for each block: 59.2 blocks for a halving.
  const work = 2n ** 40n;
  assert.deepEqual(
    [0, 1, 59, 60, 118, 119, 100_000].map((distance) => leastWorkAt(work, distance, PARAMS)),
    [work, work >> 1n, work >> 1n, work >> 2n, work >> 2n, work >> 3n, 2n],
  );
});

test('a climb of 128 in 65,536 of a doubling for each block is counted without a rest, however long it is', () => {
  // ceil(65,536 / 575) + 14 = 128.
  const params = createParams({ name: 'even', targetLimit: 0x207fffff, blockInterval: 1, halfLife: 575 });
  const work = 2n ** 200n;
  assert.deepEqual(
    [512, 513, 512 * 129, 512 * 129 + 1].map((distance) => leastWorkAt(work, distance, params)),
    [work >> 1n, work >> 2n, work >> 129n, work >> 130n],
  );
});

test('the least work of a gap is the sum over its blocks', () => {
  for (const params of NETWORKS) {
    for (const work of [2n, 3n, 5n, 1_000_003n, 2n ** 70n]) {
      let sum = 0n;
      for (let blocks = 0; blocks < 400; blocks++) {
        assert.equal(leastWorkBefore(work, blocks, params), sum, `${params.name}: ${blocks} before ${work}`);
        sum += leastWorkAt(work, blocks + 1, params);
      }
    }
  }
});

interface Block {
  readonly target: bigint;
  readonly work: bigint;
  /** The timestamp of the header before. */
  readonly timeBefore: number;
}

/** Blocks from height 1 on, with these seconds from each to the next. */
function follow(pauses: readonly number[], params: NetworkParams): Block[] {
  let bits = params.initialBits;
  let time = params.genesisTime;
  const blocks: Block[] = [];
  for (const pause of pauses) {
    const target = assertPresent(bitsToTarget(bits), 'the rules give bits that name a target');
    blocks.push({ target, work: targetToWork(target), timeBefore: time });
    time += pause;
    bits = retarget(bits, pause, params);
  }
  return blocks;
}

test('the default network is one of those for which this holds', () => {
  assert.equal(DEFAULT_PARAMS.halfLife / DEFAULT_PARAMS.blockInterval, PARAMS.halfLife / PARAMS.blockInterval);
});
