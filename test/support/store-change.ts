/** Changes of a store for tests, and what of a store can be seen. */
import assert from 'node:assert/strict';
import type { Block } from '../../src/core/block.ts';
import { type Body, entryBytes, entryCount, entryIds } from '../../src/core/body.ts';
import { type Hash, ZERO_HASH } from '../../src/core/hash.ts';
import { type ChainPoint, genesisPoint } from '../../src/core/validation.ts';
import type {
  ChainChange,
  ChainStore,
  PendingEntry,
  PendingLimits,
  StoredBlock,
} from '../../src/storage/chain-store.ts';
import { type BuiltChain, bodyOf, singleBody, TEST_PARAMS } from './chain-fixture.ts';

/** Every entry that is pending. */
export const ALL_PENDING: PendingLimits = {
  entriesMax: Number.MAX_SAFE_INTEGER,
  bytesMax: Number.MAX_SAFE_INTEGER,
};

/** A change of nothing, to be spread. */
export const NO_CHANGE: ChainChange = { blocks: [], activate: undefined, pendingAdded: [] };

/** The change that keeps `chain` and leaves the active chain as it is. */
export function kept(chain: BuiltChain): ChainChange {
  const blocks = chain.blocks.map((block, i) => ({ block, work: chain.points[i]?.work ?? 0n }));
  return { ...NO_CHANGE, blocks };
}

/** The change that keeps `chain` and makes it the active one above `forkHeight`. */
export function switchTo(forkHeight: number, chain: BuiltChain): ChainChange {
  return { ...kept(chain), activate: { forkHeight, added: hashesOf(chain) } };
}

/** The change that grows the active chain by `chain`, which stands on its tip. */
export function growth(chain: BuiltChain): ChainChange {
  return switchTo((chain.blocks[0]?.header.height ?? 1) - 1, chain);
}

/** Bodies of all kinds: no entries, one value, several; with characters of one to four bytes. */
export function mixedBody(height: number): Body {
  if (height % 4 === 0) return bodyOf();
  if (height % 4 === 1) return singleBody(`{"at":${height},"é":"€𝄞"}`);
  return bodyOf(`{"at":${height}}`, 'true', `[[${height}],{"a":{},"b":null}]`, '"again"', '"again"');
}

/** The hashes of its blocks, from the lowest up. */
export function hashesOf(chain: BuiltChain): Hash[] {
  return chain.blocks.map((block) => block.hash);
}

/** The entry with the canonical JSON `text`. */
export function pendingEntry(text: string): PendingEntry {
  const [entry] = entriesOf(bodyOf(text));
  assert.ok(entry);
  return entry;
}

/** The entries of `body`, as they wait for a block. */
export function entriesOf(body: Body): PendingEntry[] {
  const ids = entryIds(body);
  return Array.from({ length: entryCount(body) }, (_, i) => ({
    id: ids[i] ?? ZERO_HASH,
    bytes: plainBytes(entryBytes(body, i)),
  }));
}

/** All that can be seen of a store, in a form in which equal stores are equal. */
export async function stateOf(store: ChainStore): Promise<unknown> {
  const { tip, length, sizeBytes } = await store.chainJson();
  const blocks: unknown[] = [];
  for (let height = 0; height < length; height++) {
    const stored = await store.blockAt(height);
    assert.ok(stored);
    const { block, work, isActive } = stored;
    blocks.push({ hash: block.hash, body: Buffer.from(block.body.bytes).toString(), work, isActive });
  }
  const places = await store.entryPlaces(pendingEntry('"a"').id, 10_000);
  const stored = await store.load({ windowLength: 5, milestoneInterval: 3, pending: ALL_PENDING });
  const pending = stored.pending.entries.map(({ id, bytes }) => ({ id, text: Buffer.from(bytes).toString() }));
  const headers = Buffer.from(await store.headersAfter([], 1_000)).toString('hex');
  return { tip, length, sizeBytes, blocks, places, ...stored, pending, headers };
}

/** The hashes of the active chain, each block read. */
export async function readAll(store: ChainStore): Promise<Hash[]> {
  const hashes: Hash[] = [];
  for (const block of await activeBlocks(store)) hashes.push(block.hash);
  return hashes;
}

/** The blocks of the active chain from the genesis up, each read. */
export async function activeBlocks(store: ChainStore): Promise<Block[]> {
  const { length } = await store.chainJson();
  const blocks: Block[] = [];
  for (let height = 0; height < length; height++) {
    const stored = await store.blockAt(height);
    assert.ok(stored?.isActive);
    blocks.push(stored.block);
  }
  return blocks;
}

/** The same bytes as a plain Uint8Array: `deepEqual` tells a Buffer, or a view, from it. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/** The part of `chain` from its block number `start` to before number `end`, counted from 0. */
export function chainPart(chain: BuiltChain, start: number, end: number): BuiltChain {
  return { blocks: chain.blocks.slice(start, end), points: chain.points.slice(start, end) };
}

/** Where `chain` ends. */
export function lastPoint(chain: BuiltChain): ChainPoint {
  return chain.points.at(-1) ?? genesisPoint(TEST_PARAMS);
}

/** That `stored` is `block`, byte for byte. */
export function assertBlock(stored: StoredBlock | undefined, block: Block, isActive: boolean): void {
  assert.ok(stored);
  assert.equal(stored.isActive, isActive);
  assert.equal(stored.block.hash, block.hash);
  assert.deepEqual(stored.block.header, block.header);
  assert.equal(stored.block.body.shape, block.body.shape);
  assert.deepEqual(plainBytes(stored.block.body.bytes), plainBytes(block.body.bytes));
  assert.deepEqual(stored.block.body.spans, block.body.spans);
}

/** All of `values`. */
export async function gather<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const gathered: Value[] = [];
  for await (const value of values) gathered.push(value);
  return gathered;
}
