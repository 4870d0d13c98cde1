/** Chains for tests: real blocks that every rule accepts, on a network whose target nearly every other hash meets. */
import { assert } from '../../src/core/assert.ts';
import type { Block } from '../../src/core/block.ts';
import { type Body, bodyFromEntries, dataRoot, entryIds } from '../../src/core/body.ts';
import { hashToNumber } from '../../src/core/hash.ts';
import type { Header } from '../../src/core/header.ts';
import { createParams, type NetworkParams } from '../../src/core/params.ts';
import { bitsToTarget } from '../../src/core/target.ts';
import { type ChainPoint, createCandidateHeader, hashedHeader, validateHeader } from '../../src/core/validation.ts';

/** A network that is mined at once: half of all hashes meet the easiest target. */
export const TEST_PARAMS: NetworkParams = createParams({ name: 'test', targetLimit: 0x207fffff });

export interface BuiltChain {
  /** Without the parent. */
  readonly blocks: readonly Block[];
  /** The place of each block. */
  readonly points: readonly ChainPoint[];
}

/**
 * `count` blocks on `parent`, one block interval apart, with the bodies that `makeBody` gives for each height. Equal
 * arguments give equal blocks.
 */
export function buildChain(
  params: NetworkParams,
  parent: ChainPoint,
  count: number,
  makeBody: (height: number) => Body,
): BuiltChain {
  const blocks: Block[] = [];
  const points: ChainPoint[] = [];
  let tip = parent;
  for (let i = 0; i < count; i++) {
    const { block, point } = buildBlock(params, tip, makeBody(tip.header.height + 1));
    blocks.push(block);
    points.push(point);
    tip = point;
  }
  return { blocks, points };
}

/** One block with `body` on `parent`. */
export function buildBlock(
  params: NetworkParams,
  parent: ChainPoint,
  body: Body,
): { readonly block: Block; readonly point: ChainPoint } {
  const candidate = createCandidateHeader({
    parent,
    dataRoot: dataRoot(body.shape, entryIds(body)),
    clockSeconds: parent.header.timestamp + params.blockInterval,
    params,
  });
  const target = bitsToTarget(candidate.bits) ?? 0n;
  for (let nonce = 0; ; nonce++) {
    const hashed = hashedHeader({ ...candidate, nonce });
    if (hashToNumber(hashed.hash) > target) continue;
    const point = validateHeader(hashed, parent, params);
    assert(point.ok, 'a built block follows the rules');
    return { block: { hash: hashed.hash, header: hashed.header, body }, point: point.value };
  }
}

/** `block` with another header, or other data, whose hash meets its target again. */
export function reforge(block: Block, change: Partial<Header>, body: Body = block.body): Block {
  const header = { ...block.header, dataRoot: dataRoot(body.shape, entryIds(body)), ...change };
  const target = bitsToTarget(block.header.bits) ?? 0n;
  for (let nonce = 0; ; nonce++) {
    const { hash, header: tried } = hashedHeader({ ...header, nonce });
    if (hashToNumber(hash) <= target) return { hash, header: tried, body };
  }
}

/** An array body of entries, each the canonical JSON that is given. */
export function bodyOf(...entries: readonly string[]): Body {
  return bodyFromEntries(entries.map((entry) => new TextEncoder().encode(entry)));
}

/** A body of one value that is no array, from its canonical JSON. */
export function singleBody(value: string): Body {
  const bytes = new TextEncoder().encode(value);
  return { shape: 'single', bytes, spans: Uint32Array.of(0, bytes.length) };
}
