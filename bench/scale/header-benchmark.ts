/** How fast headers are judged at the far end of a long chain, where the history is folded from many subtrees. */
import { sha256Hex } from '#host';
import { assert, assertPresent } from '../../src/core/assert.ts';
import { HEADER_BYTES } from '../../src/core/header.ts';
import { followHeaders } from '../../src/core/header-run.ts';
import type { ChainPoint } from '../../src/core/validation.ts';
import { HEADERS_PER_MESSAGE_MAX } from '../../src/protocol/limits.ts';
import { openSqliteStore } from '../../src/storage/sqlite-store.ts';
import { type Comparison, repeated } from '../harness.ts';
import type { BenchWorld } from './bench-world.ts';
import { SCALE_PARAMS } from './scale-chain.ts';

/** The last headers of the chain: hash, target, time, difficulty and history root of each. */
export async function headers(world: BenchWorld): Promise<Comparison> {
  const chain = await world.singles();
  const count = Math.min(HEADERS, chain.blocks >> 1);
  const store = await openSqliteStore({ folder: chain.folder, params: SCALE_PARAMS });
  let start: ChainPoint;
  let bytes: Uint8Array;
  try {
    const [hash] = await store.activeHashes(chain.blocks - count, 1);
    start = assertPresent(await store.pointOf(assertPresent(hash, 'the chain is that long')), 'it is on the chain');
    bytes = await store.headersAfter([start.hash], count);
  } finally {
    await store.close();
  }
  assert(bytes.length === count * HEADER_BYTES, 'the chain goes on to its tip');
  const singles = cut(bytes, HEADER_BYTES);
  // As they come from a peer.
  const messages = cut(bytes, HEADERS_PER_MESSAGE_MAX * HEADER_BYTES);
  return {
    name: `validate ${count} headers up to height ${chain.blocks}`,
    unit: 'headers',
    variants: [
      repeated(
        'all rules, from bytes',
        count,
        () => {
          let tip = start;
          for (const message of messages) tip = followHeaders(message, tip, SCALE_PARAMS).last;
          assert(tip.hash === chain.tip, 'the headers follow the rules, up to the tip');
        },
        { expectedPerSecond: 250_000 },
      ),
      repeated(
        'SHA-256 of the 118 bytes alone',
        count,
        () => {
          for (const header of singles) sha256Hex(header);
        },
        { expectedRatio: 0.13 },
      ),
    ],
  };
}

/** `bytes` in pieces of `size` bytes each, and what is left. */
function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}

const HEADERS = 20_000;
