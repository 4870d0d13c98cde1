/** The store in memory: for simulations and tests, and the plain statement of what every store does. */
import { assert, assertPresent } from '../core/assert.ts';
import type { Block } from '../core/block.ts';
import { blockJsonBytes } from '../core/block-json.ts';
import { entryBytes, entryIds } from '../core/body.ts';
import type { EntryProof } from '../core/entry-proof.ts';
import { createGenesis } from '../core/genesis.ts';
import type { Hash } from '../core/hash.ts';
import { encodeHeader } from '../core/header.ts';
import type { HeaderProof } from '../core/header-proof.ts';
import { appendLeaf, EMPTY_FRONTIER, historyLeaf, historyNodeCount } from '../core/history.ts';
import type { NetworkParams } from '../core/params.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { type ChainPoint, genesisPoint, hashedHeader } from '../core/validation.ts';
import { checkChain } from './chain-check.ts';
import { chainJsonChunks, chainJsonPart } from './chain-json.ts';
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
} from './chain-store.ts';
import { StoreError } from './store-error.ts';
import { type ProofSource, storedChainProof, storedEntryProof, storedHeaderProof } from './stored-proofs.ts';

/** A store that holds the genesis block of the network. It is gone with the object. */
export function createMemoryStore(params: NetworkParams): ChainStore {
  return new MemoryStore(params);
}

class MemoryStore implements ChainStore {
  readonly #params: NetworkParams;
  readonly #blocks = new Map<Hash, KeptBlock>();
  /** By height. */
  readonly #active: ChainPoint[] = [];
  /** Those of the history, in the order of `appendLeaf`. */
  readonly #nodes: Hash[] = [];
  readonly #proofSource: ProofSource = this.#createProofSource();
  /** The active blocks that hold an entry, by height upwards. */
  readonly #holders = new Map<Hash, Block[]>();
  /** In the order in which they became pending. */
  readonly #pending = new Map<Hash, PendingEntry>();
  #jsonBytes = 0;

  constructor(params: NetworkParams) {
    this.#params = params;
    const genesis = createGenesis(params);
    this.#blocks.set(genesis.hash, { block: genesis, work: genesisPoint(params).work });
    this.#push(genesis.hash);
  }

  async load(options: LoadOptions): Promise<StoredChain> {
    return {
      window: this.#active.slice(-options.windowLength),
      milestones: this.#active
        .filter((_, height) => height % options.milestoneInterval === 0)
        .map((point) => point.hash),
      pending: takePending(this.#pending.values(), options.pending),
      broken: [],
      isJudged: true,
    };
  }

  async commit(change: ChainChange): Promise<CommittedChange> {
    this.#assertFits(change);
    for (const { block, work } of change.blocks) {
      if (!this.#blocks.has(block.hash)) this.#blocks.set(block.hash, { block, work });
    }
    for (const entry of change.pendingAdded) {
      if (!this.#pending.has(entry.id)) this.#pending.set(entry.id, entry);
    }
    return change.activate === undefined ? NOTHING_MOVED : this.#activate(change.activate);
  }

  async pending(limits: PendingLimits): Promise<PendingBatch> {
    return takePending(this.#pending.values(), limits);
  }

  async pointOf(hash: Hash): Promise<ChainPoint | undefined> {
    return this.#activePoint(hash);
  }

  async blockByHash(hash: Hash): Promise<StoredBlock | undefined> {
    const kept = this.#blocks.get(hash);
    return kept === undefined ? undefined : { ...kept, isActive: this.#activePoint(hash) !== undefined };
  }

  async blockAt(height: number): Promise<StoredBlock | undefined> {
    const point = this.#active[height];
    return point === undefined ? undefined : this.blockByHash(point.hash);
  }

  async bodies(hashes: readonly Hash[], bytesMax: number): Promise<readonly StoredBody[]> {
    const bodies: StoredBody[] = [];
    let sizeBytes = 0;
    for (const hash of hashes) {
      const bytes = this.#blocks.get(hash)?.block.body.bytes;
      sizeBytes += bytes?.length ?? 0;
      if (bodies.length > 0 && sizeBytes > bytesMax) break;
      bodies.push({ hash, bytes });
    }
    return bodies;
  }

  async headersAfter(locator: readonly Hash[], max: number): Promise<Uint8Array> {
    const start = locator.map((hash) => this.#activePoint(hash)).find((point) => point !== undefined);
    const first = (start?.header.height ?? 0) + 1;
    return Buffer.concat(this.#active.slice(first, first + max).map((point) => hashedHeader(point.header).bytes));
  }

  async activeHashes(from: number, max: number): Promise<readonly Hash[]> {
    return this.#active.slice(from, from + max).map((point) => point.hash);
  }

  async chainJson(): Promise<ChainJson> {
    const { hash } = this.#tip();
    const length = this.#active.length;
    // The brackets, and a comma between each two blocks.
    const sizeBytes = this.#jsonBytes + length + 1;
    return { tip: hash, length, sizeBytes, chunks: () => chainJsonChunks(this.#readChain(hash)) };
  }

  async chainPartJson(from: number, limits: PartLimits): Promise<Uint8Array> {
    const points = this.#active.slice(from, from + limits.blocksMax);
    const blocks = points.map(({ hash }) => assertPresent(this.#blocks.get(hash)?.block, 'an active block is kept'));
    return chainJsonPart(blocks, limits);
  }

  async check(options: ChainCheckOptions): Promise<ChainCheck> {
    const { hash } = this.#tip();
    const length = this.#active.length;
    return checkChain({ ...options, blocks: this.#readChain(hash), tip: hash, length, params: this.#params });
  }

  async chainProof(): Promise<StoredProof> {
    return storedChainProof(this.#proofSource, this.#params);
  }

  async headerProof(question: {
    readonly tip: Hash;
    readonly heights: readonly number[];
  }): Promise<Result<HeaderProof, ProofRefusal>> {
    return storedHeaderProof(this.#proofSource, question);
  }

  async entryProof({
    tip: hash,
    id,
  }: {
    readonly tip: Hash;
    readonly id: Hash;
  }): Promise<Result<EntryProof, ProofRefusal>> {
    const tip = this.#activePoint(hash);
    if (tip === undefined) return fail({ code: 'tip-not-active', tip: hash });
    const block = this.#holders.get(id)?.[0];
    const { height } = tip.header;
    if (block === undefined || block.header.height > height) {
      return fail({ code: 'entry-not-in-chain', id, indexedTo: height });
    }
    const entry = { height: block.header.height, body: block.body, index: entryIds(block.body).indexOf(id) };
    return ok(storedEntryProof(this.#proofSource, { hash, height }, entry));
  }

  async entryPlaces(id: Hash, max: number): Promise<EntryPlaces> {
    const places = (this.#holders.get(id) ?? []).flatMap((block) =>
      entryIds(block.body).flatMap((other, index) =>
        other === id ? [{ height: block.header.height, hash: block.hash, index }] : [],
      ),
    );
    const pending = this.#pending.get(id)?.bytes;
    return { places: places.slice(0, max), indexedTo: this.#active.length - 1, pending };
  }

  async firstPlaces(ids: readonly Hash[]): Promise<FirstPlaces> {
    const places = ids.map((id) => {
      const block = this.#holders.get(id)?.[0];
      if (block === undefined) return undefined;
      return { height: block.header.height, hash: block.hash, index: entryIds(block.body).indexOf(id) };
    });
    return { places, indexedTo: this.#active.length - 1 };
  }

  /** A store that is gone with its object has no file that another could open: there is nothing to copy it into. */
  async backup(path: string): Promise<void> {
    throw new StoreError('store-io', `${path} cannot be written: a store in memory has no file to copy.`);
  }

  async close(): Promise<void> {}

  /** The chain that ends in the block `tip`; each block is looked up as it is asked for. */
  async *#readChain(tip: Hash): AsyncGenerator<Block, void, undefined> {
    const hashes: Hash[] = [];
    for (let next = this.#blocks.get(tip)?.block; next !== undefined; next = this.#parentOf(next)) {
      hashes.push(next.hash);
    }
    for (const hash of hashes.reverse()) yield assertPresent(this.#blocks.get(hash)?.block, 'blocks are never deleted');
  }

  #parentOf(block: Block): Block | undefined {
    return this.#blocks.get(block.header.previousHash)?.block;
  }

  /** Before anything is changed, so that a mistaken change leaves nothing behind. */
  #assertFits({ blocks, activate }: ChainChange): void {
    if (activate === undefined) return;
    let parent = assertPresent(this.#active[activate.forkHeight]?.hash, 'a fork stands on the active chain');
    let height = activate.forkHeight;
    const given = new Map(blocks.map(({ block }) => [block.hash, block]));
    for (const hash of activate.added) {
      const block = assertPresent(this.#blocks.get(hash)?.block ?? given.get(hash), 'an added block is kept');
      height++;
      assert(block.header.height === height, 'an added block stands one above the tip');
      assert(block.header.previousHash === parent, 'an added block follows the tip');
      parent = hash;
    }
  }

  #activate({ forkHeight, added }: NonNullable<ChainChange['activate']>): CommittedChange {
    const leaving: Block[] = [];
    while (this.#active.length > forkHeight + 1) leaving.push(this.#pop());
    const addedIds = new Set<Hash>();
    const included: Hash[] = [];
    for (const hash of added) {
      for (const id of this.#push(hash)) {
        addedIds.add(id);
        if (this.#pending.delete(id)) included.push(id);
      }
    }
    const all: PendingEntry[] = [];
    for (const { body } of leaving.toReversed()) {
      for (const [index, id] of entryIds(body).entries()) {
        if (addedIds.has(id) || this.#pending.has(id)) continue;
        const entry = { id, bytes: entryBytes(body, index) };
        this.#pending.set(id, entry);
        all.push(entry);
      }
    }
    const { entries: returned, isAll: isAllReturned } = takePending(all, RETURNED_LIMITS);
    return { removed: leaving.map((block) => block.hash), returned, isAllReturned, included };
  }

  /** Puts a block on the tip and answers the ids of its entries. */
  #push(hash: Hash): readonly Hash[] {
    const { block, work } = assertPresent(this.#blocks.get(hash), 'an active block is kept');
    const { header } = block;
    const parent = this.#active.at(-1);
    const leaf = historyLeaf(hashedHeader(header).bytes, work);
    const { frontier: history, completed } = appendLeaf(parent?.history ?? EMPTY_FRONTIER, leaf);
    this.#nodes.push(...completed);
    this.#active.push({ hash, header, work, history, parentTimestamp: parent?.header.timestamp });
    this.#jsonBytes += blockJsonBytes(block);
    const ids = entryIds(block.body);
    for (const id of new Set(ids)) {
      const holders = this.#holders.get(id);
      if (holders === undefined) this.#holders.set(id, [block]);
      else holders.push(block);
    }
    return ids;
  }

  /** Takes the tip off the active chain. */
  #pop(): Block {
    const { hash } = this.#tip();
    this.#active.pop();
    this.#nodes.length = historyNodeCount(this.#active.length);
    const { block } = assertPresent(this.#blocks.get(hash), 'an active block is kept');
    this.#jsonBytes -= blockJsonBytes(block);
    for (const id of new Set(entryIds(block.body))) {
      const holders = assertPresent(this.#holders.get(id), 'an active entry has its holders');
      holders.pop();
      if (holders.length === 0) this.#holders.delete(id);
    }
    return block;
  }

  #createProofSource(): ProofSource {
    const pointAt = (height: number) => assertPresent(this.#active[height], 'what is asked for is not above the tip');
    const tip = () => this.#tip();
    return {
      get tip() {
        const { hash, header } = tip();
        return { height: header.height, hash };
      },
      headerAt: (height) => {
        const { header, work } = pointAt(height);
        return { header, work, bytes: encodeHeader(header) };
      },
      nodeAt: (position) => assertPresent(this.#nodes[position], 'the history has the node'),
      heightOf: (hash) => this.#activePoint(hash)?.header.height,
    };
  }

  #tip(): ChainPoint {
    return assertPresent(this.#active.at(-1), 'a chain has its genesis');
  }

  #activePoint(hash: Hash): ChainPoint | undefined {
    const height = this.#blocks.get(hash)?.block.header.height;
    const point = height === undefined ? undefined : this.#active[height];
    return point?.hash === hash ? point : undefined;
  }
}

interface KeptBlock {
  readonly block: Block;
  readonly work: bigint;
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
