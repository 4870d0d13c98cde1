/** Chains that are told apart by a name, and pieces of them. */
import assert from 'node:assert/strict';
import type { ChainPoint } from '../../src/core/validation.ts';
import { type BuiltChain, bodyOf, buildChain, TEST_PARAMS } from './chain-fixture.ts';

/** `count` blocks on `parent`, with an entry each that says the name and the height. */
export function namedChain(parent: ChainPoint, count: number, name: string): BuiltChain {
  return buildChain(TEST_PARAMS, parent, count, (height) => bodyOf(`"${name}${height}"`));
}

/** The blocks up to height `to` of a chain that was built on the genesis; without those up to height `from`, if that is told. */
export function partOf({ blocks, points }: BuiltChain, to: number, from = 0): BuiltChain {
  return { blocks: blocks.slice(from, to), points: points.slice(from, to) };
}

export function lastPoint({ points }: BuiltChain): ChainPoint {
  const tip = points.at(-1);
  assert.ok(tip, 'the chain has a block');
  return tip;
}

/** The place at `height` of a chain that was built on the genesis. */
export function pointAt({ points }: BuiltChain, height: number): ChainPoint {
  const point = points[height - 1];
  assert.ok(point, 'the chain reaches so high');
  return point;
}
