/**
 * A store whose blocks stand in a forest that thousands of nodes share. Of its own a node has its tip, the blocks that it
 * keeps beside its chain, and what is pending: all else follows from the place of the tip.
 *
 * Looks a block up by walking down from the tip, so it is quick where `MemoryStore` is, near the tip, and for nobody who
 * reads whole chains.
 */
import { assert, assertPresent } from '../../src/core/assert.ts';
import type { Block } from '../../src/core/block.ts';
import { blockJsonBytes } from '../../src/core/block-json.ts';
import { entryBytes, entryIds } from '../../src/core/body.ts';
import type { EntryProof } from '../../src/core/entry-proof.ts';
import type { Hash } from '../../src/core/hash.ts';
import { HEADER_BYTES } from '../../src/core/header.ts';
import type { HeaderProof } from '../../src/core/header-proof.ts';
import { appendLeaf, EMPTY_FRONTIER, historyLeaf } from '../../src/core/history.ts';
import type { NetworkParams } from '../../src/core/params.ts';
import { fail, ok, type Result } from '../../src/core/result.ts';
import type { ChainPoint } from '../../src/core/validation.ts';
import { checkChain } from '../../src/storage/chain-check.ts';
import { chainJsonChunks, chainJsonPart } from '../../src/storage/chain-json.ts';
import {
  type ChainChange,
  type ChainCheck,
  type ChainCheckOptions,
  type ChainJson,
  type ChainStore,
  type CommittedChange,
  type EntryPlaces,
  type FirstPlaces,
  type LoadOptions,
  type PartLimits,
  type PendingBatch,
  type PendingEntry,
  type PendingLimits,
  type ProofRefusal,
  RETURNED_LIMITS,
  type StoredBlock,
  type StoredBody,
  type StoredChain,
  type StoredProof,
} from '../../src/storage/chain-store.ts';
import { StoreError } from '../../src/storage/store-error.ts';
import {
  type ProofSource,
  storedChainProof,
  storedEntryProof,
  storedHeaderProof,
} from '../../src/storage/stored-proofs.ts';
import type { BlockForest, ForestBlock } from './block-forest.ts';

export class ForestStore implements ChainStore {
  readonly #forest: BlockForest;
  readonly #params: NetworkParams;
  /** Blocks that are kept and not active. */
  readonly #aside = new Set<ForestBlock>();
  /** In the order in which they became pending. */
  readonly #pending = new Map<Hash, PendingEntry>();
  #tip: ForestBlock;

  constructor(forest: BlockForest, params: NetworkParams) {
    this.#forest = forest;
    this.#params = params;
    this.#tip = forest.genesis;
  }

  async load(options: LoadOptions): Promise<StoredChain> {
    const points = this.#chain().map(({ point }) => point);
    return {
      window: points.slice(-options.windowLength),
      milestones: points.filter((_, height) => height % options.milestoneInterval === 0).map(({ hash }) => hash),
      pending: takePending(this.#pending.values(), options.pending),
      broken: [],
      isJudged: true,
    };
  }

  async commit(change: ChainChange): Promise<CommittedChange> {
    this.#assertFits(change);
    const { blocks, pendingAdded, activate } = change;
    for (const { block } of blocks) {
      const stored = this.#forest.plant(block);
      if (!this.#isActive(stored)) this.#aside.add(stored);
    }
    for (const entry of pendingAdded) if (!this.#pending.has(entry.id)) this.#pending.set(entry.id, entry);
    return activate === undefined ? NOTHING_MOVED : this.#activate(activate);
  }

  async pending(limits: PendingLimits): Promise<PendingBatch> {
    return takePending(this.#pending.values(), limits);
  }

  async pointOf(hash: Hash): Promise<ChainPoint | undefined> {
    const found = this.#forest.find(hash);
    return found !== undefined && this.#isActive(found) ? found.point : undefined;
  }

  async blockByHash(hash: Hash): Promise<StoredBlock | undefined> {
    const found = this.#find(hash);
    return found === undefined
      ? undefined
      : { block: found.block, work: found.point.work, isActive: this.#isActive(found) };
  }

  async blockAt(height: number): Promise<StoredBlock | undefined> {
    const point = this.#chain()[height]?.point;
    return point === undefined ? undefined : this.blockByHash(point.hash);
  }

  async bodies(hashes: readonly Hash[], bytesMax: number): Promise<readonly StoredBody[]> {
    const bodies: StoredBody[] = [];
    let sizeBytes = 0;
    for (const hash of hashes) {
      const bytes = this.#find(hash)?.block.body.bytes;
      sizeBytes += bytes?.length ?? 0;
      if (bodies.length > 0 && sizeBytes > bytesMax) break;
      bodies.push({ hash, bytes });
    }
    return bodies;
  }

  async headersAfter(locator: readonly Hash[], max: number): Promise<Uint8Array> {
    const places = locator.map((hash) => this.#forest.find(hash));
    const start = places.find((place) => place !== undefined && this.#isActive(place));
    const first = (start?.point.header.height ?? 0) + 1;
    const end = Math.min(heightOf(this.#tip) + 1, first + max);
    const headers = new Uint8Array(HEADER_BYTES * Math.max(0, end - first));
    for (const { point, headerBytes } of this.#down(first)) {
      const { height } = point.header;
      if (height < end) headers.set(headerBytes, HEADER_BYTES * (height - first));
    }
    return headers;
  }

  async activeHashes(from: number, max: number): Promise<readonly Hash[]> {
    return this.#chain()
      .slice(from, from + max)
      .map(({ block }) => block.hash);
  }

  async chainJson(): Promise<ChainJson> {
    const blocks = this.#chain().map(({ block }) => block);
    // The brackets, and a comma between each two blocks.
    const sizeBytes = blocks.reduce((sum, block) => sum + blockJsonBytes(block), blocks.length + 1);
    const { hash } = this.#tip.block;
    return { tip: hash, length: blocks.length, sizeBytes, chunks: () => chainJsonChunks(each(blocks)) };
  }

  async chainPartJson(from: number, limits: PartLimits): Promise<Uint8Array> {
    const places = this.#chain().slice(from, from + limits.blocksMax);
    return chainJsonPart(
      places.map(({ block }) => block),
      limits,
    );
  }

  async check(options: ChainCheckOptions): Promise<ChainCheck> {
    const blocks = this.#chain().map(({ block }) => block);
    const { hash } = this.#tip.block;
    return checkChain({ ...options, blocks: each(blocks), tip: hash, length: blocks.length, params: this.#params });
  }

  async chainProof(): Promise<StoredProof> {
    return storedChainProof(this.#proofSource(), this.#params);
  }

  async headerProof(question: {
    readonly tip: Hash;
    readonly heights: readonly number[];
  }): Promise<Result<HeaderProof, ProofRefusal>> {
    return storedHeaderProof(this.#proofSource(), question);
  }

  async entryProof({ tip, id }: { readonly tip: Hash; readonly id: Hash }): Promise<Result<EntryProof, ProofRefusal>> {
    const height = (await this.pointOf(tip))?.header.height;
    if (height === undefined) return fail({ code: 'tip-not-active', tip });
    const [place] = (await this.entryPlaces(id, 1)).places;
    const body = place === undefined || place.height > height ? undefined : this.#chain()[place.height]?.block.body;
    if (place === undefined || body === undefined) return fail({ code: 'entry-not-in-chain', id, indexedTo: height });
    return ok(storedEntryProof(this.#proofSource(), { hash: tip, height }, { ...place, body }));
  }

  async entryPlaces(id: Hash, max: number): Promise<EntryPlaces> {
    const places = this.#chain().flatMap(({ block: { hash, header, body } }) =>
      entryIds(body).flatMap((other, index) => (other === id ? [{ height: header.height, hash, index }] : [])),
    );
    const { entries } = await this.pending({ entriesMax: Infinity, bytesMax: Infinity });
    const pending = entries.find((entry) => entry.id === id)?.bytes;
    return { places: places.slice(0, max), indexedTo: heightOf(this.#tip), pending };
  }

  async firstPlaces(ids: readonly Hash[]): Promise<FirstPlaces> {
    const places = await Promise.all(ids.map(async (id) => (await this.entryPlaces(id, 1)).places[0]));
    return { places, indexedTo: heightOf(this.#tip) };
  }

  /** As of every store in memory: there is no file that another could open. */
  async backup(path: string): Promise<void> {
    throw new StoreError('store-io', `${path} cannot be written: a store in memory has no file to copy.`);
  }

  async close(): Promise<void> {}

  /** Before anything is changed, so that a mistaken change leaves nothing behind. */
  /** Makes all nodes of the history anew: who asks for proofs reads whole chains. */
  #proofSource(): ProofSource {
    const chain = this.#chain();
    const at = (height: number) => assertPresent(chain[height], 'what is asked for is not above the tip');
    const nodes = chain.flatMap(({ point, headerBytes }, height) => {
      const before = chain[height - 1]?.point.history ?? EMPTY_FRONTIER;
      return appendLeaf(before, historyLeaf(headerBytes, point.work)).completed;
    });
    return {
      tip: { height: heightOf(this.#tip), hash: this.#tip.block.hash },
      headerAt: (height) => {
        const { point, headerBytes } = at(height);
        return { header: point.header, bytes: headerBytes, work: point.work };
      },
      nodeAt: (position) => assertPresent(nodes[position], 'the history has the node'),
      heightOf: (hash) => chain.findLast(({ block }) => block.hash === hash)?.point.header.height,
    };
  }

  #assertFits({ blocks, activate }: ChainChange): void {
    if (activate === undefined) return;
    const given = new Map(blocks.map(({ block }) => [block.hash, block]));
    const fork = assertPresent([...this.#down(activate.forkHeight)].at(-1), 'a fork stands on the active chain');
    let parent = fork.block;
    for (const hash of activate.added) {
      const block = assertPresent(this.#find(hash)?.block ?? given.get(hash), 'an added block is kept');
      assert(block.header.previousHash === parent.hash, 'an added block follows the tip');
      parent = block;
    }
  }

  #activate({ forkHeight, added }: NonNullable<ChainChange['activate']>): CommittedChange {
    const joining = added.map((hash) => assertPresent(this.#find(hash), 'an added block is kept'));
    const leaving = [...this.#down(forkHeight + 1)];
    for (const place of leaving) this.#aside.add(place);
    this.#tip = leaving.at(-1)?.parent ?? this.#tip;
    const addedIds = new Set<Hash>();
    const included: Hash[] = [];
    for (const place of joining) {
      this.#aside.delete(place);
      this.#tip = place;
      for (const id of entryIds(place.block.body)) {
        addedIds.add(id);
        if (this.#pending.delete(id)) included.push(id);
      }
    }
    const all: PendingEntry[] = [];
    for (const { block } of leaving.toReversed()) {
      for (const [index, id] of entryIds(block.body).entries()) {
        if (addedIds.has(id) || this.#pending.has(id)) continue;
        const entry = { id, bytes: entryBytes(block.body, index) };
        this.#pending.set(id, entry);
        all.push(entry);
      }
    }
    const { entries: returned, isAll: isAllReturned } = takePending(all, RETURNED_LIMITS);
    return { removed: leaving.map(({ block }) => block.hash), returned, isAllReturned, included };
  }

  /** A block that this node has. */
  #find(hash: Hash): ForestBlock | undefined {
    const found = this.#forest.find(hash);
    return found !== undefined && (this.#aside.has(found) || this.#isActive(found)) ? found : undefined;
  }

  #isActive(place: ForestBlock): boolean {
    const height = heightOf(place);
    if (height > heightOf(this.#tip)) return false;
    for (const active of this.#down(height)) if (active === place) return true;
    return false;
  }

  /** The active chain from the genesis. */
  #chain(): ForestBlock[] {
    return [...this.#down(0)].reverse();
  }

  /** The active chain from the tip down to this height. */
  *#down(height: number): Generator<ForestBlock, void, undefined> {
    let place: ForestBlock | undefined = this.#tip;
    for (; place !== undefined && heightOf(place) >= height; place = place.parent) yield place;
  }
}

function heightOf({ point }: ForestBlock): number {
  return point.header.height;
}

async function* each(blocks: readonly Block[]): AsyncGenerator<Block, void, undefined> {
  yield* blocks;
}

/** The first of `entries` that the limits allow. */
function takePending(entries: Iterable<PendingEntry>, limits: PendingLimits): PendingBatch {
  const taken: PendingEntry[] = [];
  let sizeBytes = 0;
  for (const entry of entries) {
    sizeBytes += entry.bytes.length;
    const isTooMuch = taken.length >= limits.entriesMax || sizeBytes > limits.bytesMax;
    if (taken.length > 0 && isTooMuch) return { entries: taken, isAll: false };
    taken.push(entry);
  }
  return { entries: taken, isAll: true };
}

const NOTHING_MOVED: CommittedChange = { removed: [], returned: [], isAllReturned: true, included: [] };
