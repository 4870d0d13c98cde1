/** Chains to validate: like real ones, in that the difficulty changes with every block, but mined in no time. */
import { assert } from '../src/core/assert.ts';
import { type Body, bodyFromEntries, dataRoot, entryIds } from '../src/core/body.ts';
import { canonicalizeBytes } from '../src/core/canonical-json.ts';
import { hashBytes } from '../src/core/hash.ts';
import { frontierFromPeaks } from '../src/core/history.ts';
import { createParams, type NetworkParams } from '../src/core/params.ts';
import {
  type ChainPoint,
  createCandidateHeader,
  genesisPoint,
  type HashedHeader,
  hashedHeader,
  validateHeader,
} from '../src/core/validation.ts';
import { originEvent } from './records.ts';

/** A block takes some 256 tries, far enough from the easiest target that it does not clamp. */
export const CHAIN_PARAMS: NetworkParams = createParams({
  name: 'bench',
  targetLimit: 0x207fffff,
  initialBits: 0x2000ffff,
});

export interface WireBlock {
  readonly headerBytes: Uint8Array;
  readonly bodyBytes: Uint8Array;
}

/** `count` blocks after `parent`, each with the body that `makeBody` gives for its height. */
export function buildWireBlocks(
  count: number,
  makeBody: (height: number) => Body,
  parent: ChainPoint = genesisPoint(CHAIN_PARAMS),
): WireBlock[] {
  const blocks: WireBlock[] = [];
  let tip = parent;
  while (blocks.length < count) {
    const height = tip.header.height + 1;
    const body = makeBody(height);
    const { point, bytes } = mine(tip, body, SOLVE_TIMES[height % SOLVE_TIMES.length] ?? 0);
    blocks.push({ headerBytes: bytes, bodyBytes: body.bytes });
    tip = point;
  }
  return blocks;
}

/** A place far up a chain of which there is no more than that: the rules ask for nothing else of what came before. */
export function placeAt(height: number): ChainPoint {
  const genesis = genesisPoint(CHAIN_PARAMS);
  const count = height + 1;
  const peaks = Array.from(count.toString(2)).filter((bit) => bit === '1');
  return {
    ...genesis,
    header: { ...genesis.header, height },
    history: frontierFromPeaks(
      count,
      peaks.map((_, i) => hashBytes(Uint8Array.of(i))),
    ),
    parentTimestamp: genesis.header.timestamp,
  };
}

/** A body of `count` entries of about 300 bytes, no two alike. */
export function eventBody(height: number, count: number): Body {
  return bodyFromEntries(
    Array.from({ length: count }, (_, i) => {
      const canonical = canonicalizeBytes(
        new TextEncoder().encode(JSON.stringify(originEvent(height * count + i))),
        CHAIN_PARAMS,
      );
      assert(canonical.ok, 'the records are JSON');
      return canonical.value;
    }),
  );
}

function mine(parent: ChainPoint, body: Body, solveTime: number): { point: ChainPoint; bytes: HashedHeader['bytes'] } {
  const candidate = createCandidateHeader({
    parent,
    dataRoot: dataRoot(body.shape, entryIds(body)),
    clockSeconds: parent.header.timestamp + solveTime,
    params: CHAIN_PARAMS,
  });
  for (let nonce = 0; ; nonce++) {
    const hashed = hashedHeader({ ...candidate, nonce });
    const point = validateHeader(hashed, parent, CHAIN_PARAMS);
    if (point.ok) return { point: point.value, bytes: hashed.bytes };
    assert(point.fault.code === 'work-too-low', 'nothing but the nonce is still to be found');
  }
}

/** Seconds, 10 on average. */
const SOLVE_TIMES = [3, 14, 1, 25, 8, 6, 19, 2, 11, 11];
