/**
 * What the difficulty rule leaves possible between two headers of which those in between are not seen
 * (docs/spec/chain-proof.md#gaps): how easy blocks can have become, and how little work can lead up to a hard one.
 */
import { asertTarget } from './asert.ts';
import { assertPresent } from './assert.ts';
import type { NetworkParams } from './params.ts';
import { bitsToTarget, targetToWork } from './target.ts';

/**
 * Whether the rules can lead from a block with the target `from` to one with the target `to` that is `blocks` later, where
 * `seconds` passed between the headers before each.
 */
export function isEasingPossible(options: {
  readonly from: bigint;
  readonly to: bigint;
  readonly blocks: number;
  readonly seconds: number;
  readonly params: NetworkParams;
}): boolean {
  const { from, to, params } = options;
  const { blockInterval, halfLife } = params;
  const blocks = BigInt(options.blocks);
  const slack = ((blocks + 1n) * ERROR_UNITS * BigInt(halfLife)) / UNITS + 1n;
  const lateness = BigInt(options.seconds) - BigInt(blockInterval) * blocks + slack;
  // Further than that is further than targets go, and would be a number of any size.
  const latenessMax = BigInt(halfLife) * TARGET_BITS;
  const easiest = asertTarget({
    reference: from,
    elapsed: Number(lateness > latenessMax ? latenessMax : lateness) + blockInterval,
    heightDelta: 0,
    interval: blockInterval,
    halfLife,
    limit: limitOf(params),
  });
  return to <= easiest;
}

/** The least work that a block has, `distance` blocks before one that has `work`. */
export function leastWorkAt(work: bigint, distance: number, params: NetworkParams): bigint {
  const halvings = Math.min(Number(TARGET_BITS), Math.ceil((distance * rise(params)) / Number(UNITS)));
  return greater(work >> BigInt(halvings), leastWork(params));
}

/** The least work that the `blocks` blocks before one with `work` have together. */
export function leastWorkBefore(work: bigint, blocks: number, params: NetworkParams): bigint {
  const least = leastWork(params);
  let total = 0n;
  let counted = 0;
  for (let halvings = 1; work >> BigInt(halvings) > least; halvings++) {
    const end = Math.min(blocks, Math.floor((halvings * Number(UNITS)) / rise(params)));
    total += BigInt(end - counted) * (work >> BigInt(halvings));
    counted = end;
  }
  return total + BigInt(blocks - counted) * least;
}

/** How much harder one block can be than the one before it, at most: in 65,536ths of a doubling. */
function rise({ blockInterval, halfLife }: NetworkParams): number {
  return Math.ceil((blockInterval * Number(UNITS)) / halfLife) + Number(ERROR_UNITS);
}

function leastWork(params: NetworkParams): bigint {
  return targetToWork(limitOf(params));
}

function limitOf({ targetLimit }: NetworkParams): bigint {
  return assertPresent(bitsToTarget(targetLimit), 'the limit of a network names a target');
}

function greater(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** The difficulty is reckoned in 65,536ths of a doubling. */
const UNITS = 65_536n;
/** By so many of these the rule may miss the exact doubling: the cubic by 11.1, rounding by 2.9 (docs/spec/difficulty.md#retarget). */
const ERROR_UNITS = 14n;
const TARGET_BITS = 256n;
