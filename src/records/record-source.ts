/** The chain as the table of records reads it: stretches of the active chain from a store, whatever happens to it meanwhile. */
import { assert, assertPresent } from '../core/assert.ts';
import type { Hash } from '../core/hash.ts';
import { HEADER_BYTES, hashHeader, parseHeader } from '../core/header.ts';
import type { BlockPlace } from './record-table.ts';
import type { CarriedBlock } from './thread-message.ts';

/** What is read of a store. */
export interface RecordSource {
  /** The hashes of the active chain from height `from` up; `max` at most. */
  activeHashes(from: number, max: number): Promise<readonly Hash[]>;
  /** The headers of the active chain after the first hash of `locator` that is on it, or after the genesis. */
  headersAfter(locator: readonly Hash[], max: number): Promise<Uint8Array>;
  /** The bodies of the first of `hashes`, as many as fit into `bytesMax`, and at least one. */
  bodies(
    hashes: readonly Hash[],
    bytesMax: number,
  ): Promise<readonly { readonly hash: Hash; readonly bytes: Uint8Array | undefined }[]>;
}

export interface Stretch {
  readonly blocks: readonly CarriedBlock[];
  /** Whether there was nothing more on the chain. */
  readonly isLast: boolean;
}

/** The first of `places` whose block is on the active chain; undefined: none is. */
export async function findActive(source: RecordSource, places: readonly BlockPlace[]): Promise<BlockPlace | undefined> {
  for (const place of places) {
    const [hash] = await source.activeHashes(place.height, 1);
    if (hash === place.hash) return place;
  }
  return undefined;
}

/** The blocks of the active chain after `place`, or from the genesis on; undefined where the chain has left that block. */
export async function readStretch(source: RecordSource, place: BlockPlace | undefined): Promise<Stretch | undefined> {
  const [genesis] = await source.activeHashes(0, 1);
  const first = assertPresent(genesis, 'every chain has a genesis');
  const headers = parseHeaders(await source.headersAfter([place?.hash ?? first], BLOCKS_AT_ONCE));
  // After a block that is not active the headers after the genesis come.
  const isBegun = place !== undefined;
  if (isBegun && headers.length > 0 && headers[0]?.previousHash !== place.hash) return undefined;
  if (isBegun && headers.length === 0 && (await findActive(source, [place])) === undefined) return undefined;
  // Nothing stands in the genesis, so its time does not matter, and no time is before it.
  const blocks: CarriedBlock[] = isBegun ? [] : [{ height: 0, hash: first, time: 0, body: new Uint8Array(0) }];
  const bodies =
    headers.length === 0
      ? []
      : await source.bodies(
          headers.map(({ hash }) => hash),
          STRETCH_BYTES,
        );
  for (const [i, { bytes }] of bodies.entries()) {
    const { hash, height, time } = assertPresent(headers[i], 'bodies come for what was asked');
    blocks.push({ height, hash, time, body: assertPresent(bytes, 'a block that was active is stored') });
  }
  return { blocks, isLast: bodies.length === headers.length && headers.length < BLOCKS_AT_ONCE };
}

function parseHeaders(bytes: Uint8Array): { hash: Hash; height: number; time: number; previousHash: Hash }[] {
  return Array.from({ length: bytes.length / HEADER_BYTES }, (_, i) => {
    const headerBytes = bytes.subarray(i * HEADER_BYTES, (i + 1) * HEADER_BYTES);
    const header = parseHeader(headerBytes);
    assert(header.ok, 'a stored header follows the rules');
    const { height, timestamp: time, previousHash } = header.value;
    return { hash: hashHeader(headerBytes), height, time, previousHash };
  });
}

const BLOCKS_AT_ONCE = 256;
const STRETCH_BYTES = 1_048_576;
