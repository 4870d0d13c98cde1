/**
 * The store on disk: one SQLite file in one folder.
 *
 * SQLite works on the thread that calls it, so every method is done when it returns its promise; what can be long
 * (`readChain`, `entryPlaces`) gives way to others between blocks.
 */
import type { Block } from '../core/block.ts';
import type { EntryProof } from '../core/entry-proof.ts';
import { createGenesis } from '../core/genesis.ts';
import type { Hash } from '../core/hash.ts';
import { encodeHeader } from '../core/header.ts';
import type { HeaderProof } from '../core/header-proof.ts';
import type { NetworkParams } from '../core/params.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { type ChainPoint, genesisPoint } from '../core/validation.ts';
import { ActiveChain } from './active-chain.ts';
import { BlockTable, type RawBlock } from './block-table.ts';
import { type KeptBlock, switchBranch } from './branch-switch.ts';
import { checkChain } from './chain-check.ts';
import { chainJsonChunks, chainJsonPart } from './chain-json.ts';
import { readActiveBlocks, readChain } from './chain-reader.ts';
import type {
  ChainChange,
  ChainCheck,
  ChainCheckOptions,
  ChainJson,
  ChainStore,
  CommittedChange,
  EntryPlaces,
  FirstPlaces,
  LoadOptions,
  PartLimits,
  PendingBatch,
  PendingLimits,
  ProofRefusal,
  StoredBlock,
  StoredBody,
  StoredChain,
  StoredProof,
} from './chain-store.ts';
import { EntryFinder } from './entry-finder.ts';
import { EntryIndexer } from './entry-indexer.ts';
import { copyFile } from './file-copy.ts';
import { isJudged, markJudged } from './judged-mark.ts';
import { LatestEntries } from './latest-entries.ts';
import { takeOutBroken } from './pending-judge.ts';
import { PendingTable } from './pending-table.ts';
import { checkRoom } from './room-check.ts';
import type { Database } from './sqlite-database.ts';
import { openDatabase } from './sqlite-schema.ts';
import { StoreError, type StoreErrorCode } from './store-error.ts';
import { type ProofSource, storedChainProof, storedEntryProof, storedHeaderProof } from './stored-proofs.ts';

/**
 * Opens the store in `folder`, or makes one that holds the genesis block. Throws a StoreError where the folder is in
 * use, of another format or network, or damaged where it matters at once; `checkStore` finds all damage.
 */
export async function openSqliteStore(options: {
  readonly folder: string;
  readonly params: NetworkParams;
  /** How large the file may become; a commit that needs more fails with `store-full`. Left out: as large as it can. */
  readonly sizeBytesMax?: number;
  /** Hears how far the migration of a folder of an older format is. */
  readonly onMigration?: (done: number, of: number) => void;
}): Promise<ChainStore> {
  const database = openDatabase({ ...options, create: true });
  try {
    return new SqliteStore(database, options);
  } catch (error) {
    database.close();
    throw error;
  }
}

class SqliteStore implements ChainStore {
  readonly #database: Database;
  readonly #params: NetworkParams;
  readonly #blocks: BlockTable;
  readonly #chain: ActiveChain;
  readonly #indexer: EntryIndexer;
  readonly #latest = new LatestEntries();
  readonly #pending: PendingTable;
  readonly #finder: EntryFinder;
  /** Set when the disk has failed in a commit: what it holds is then unknown until the store is opened again. */
  #failure: StoreError | undefined;
  readonly #closing = new AbortController();
  /** The backup under way. */
  #copying: Promise<unknown> = Promise.resolve();

  constructor(database: Database, options: { readonly folder: string; readonly params: NetworkParams }) {
    const { folder, params } = options;
    this.#database = database;
    this.#params = params;
    this.#blocks = new BlockTable(database, params);
    this.#chain = new ActiveChain(database);
    this.#pending = new PendingTable(database);
    if (this.#chain.tip.height < 0) this.#writeGenesis(createGenesis(params), genesisPoint(params).work);
    this.#indexer = new EntryIndexer({ folder, chain: this.#chain, blocks: this.#blocks, latest: this.#latest });
    this.#finder = new EntryFinder({
      chain: this.#chain,
      blocks: this.#blocks,
      indexer: this.#indexer,
      latest: this.#latest,
      pending: this.#pending,
    });
    this.#indexer.wake();
  }

  async load(options: LoadOptions): Promise<StoredChain> {
    const broken = takeOutBroken(this.#database, this.#params);
    if (broken.length > 0) this.#pending.discard();
    const tipHeight = this.#chain.tip.height;
    const milestones: Hash[] = [];
    for (let height = 0; height <= tipHeight; height += options.milestoneInterval) {
      milestones.push(this.#chain.headerAt(height).hash);
    }
    return {
      window: this.#chain.pointsFrom(Math.max(0, tipHeight + 1 - options.windowLength)),
      milestones,
      pending: this.#pending.read(options.pending),
      broken,
      isJudged: isJudged(this.#database, 'chain'),
    };
  }

  async commit(change: ChainChange): Promise<CommittedChange> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      if (isNothing(change)) checkRoom(this.#database);
      const committed = this.#database.transaction(() => this.#apply(change));
      this.#chain.settle();
      this.#noteLatest(change);
      if (change.activate !== undefined || change.blocks.length > 0) this.#indexer.wake();
      return committed;
    } catch (error) {
      this.#chain.discard();
      this.#blocks.hashes.discard();
      this.#pending.discard();
      if (error instanceof StoreError && DISK_FAILURES.has(error.code)) this.#failure = error;
      throw error;
    }
  }

  async pending(limits: PendingLimits): Promise<PendingBatch> {
    return this.#pending.read(limits);
  }

  async pointOf(hash: Hash): Promise<ChainPoint | undefined> {
    const height = this.#activeHeight(hash);
    return height === undefined ? undefined : this.#chain.pointAt(height);
  }

  async blockByHash(hash: Hash): Promise<StoredBlock | undefined> {
    const id = this.#blocks.find(hash);
    if (id === undefined) return undefined;
    const stored = this.#blocks.read(id, () => this.#chain.heightOf(id));
    const { height } = stored.block.header;
    const isActive = this.#chain.idAt(height) === id;
    if (isActive) this.#chain.headerAt(height);
    return { ...stored, isActive };
  }

  async blockAt(height: number): Promise<StoredBlock | undefined> {
    if (height < 0 || height > this.#chain.tip.height) return undefined;
    return { ...this.#readAt(height), isActive: true };
  }

  async bodies(hashes: readonly Hash[], bytesMax: number): Promise<readonly StoredBody[]> {
    const bodies: StoredBody[] = [];
    let sizeBytes = 0;
    let id: number | undefined;
    for (const hash of hashes) {
      try {
        // Who asks for blocks in a row asks for rows in a row, mostly.
        id = this.#blocks.find(hash, id === undefined ? undefined : id + 1);
        const bytes = id === undefined ? undefined : this.#readBody(id, hash);
        sizeBytes += bytes?.length ?? 0;
        if (bodies.length > 0 && sizeBytes > bytesMax) break;
        bodies.push({ hash, bytes });
      } catch (error) {
        // The next answer begins with it, and fails.
        if (bodies.length > 0) break;
        throw error;
      }
    }
    return bodies;
  }

  async headersAfter(locator: readonly Hash[], max: number): Promise<Uint8Array> {
    const start = locator.map((hash) => this.#activeHeight(hash)).find((height) => height !== undefined) ?? 0;
    const count = Math.max(0, Math.min(this.#chain.tip.height - start, max));
    return this.#chain.headersFrom(start + 1, count);
  }

  async activeHashes(from: number, max: number): Promise<readonly Hash[]> {
    const hashes: Hash[] = [];
    const end = Math.min(this.#chain.tip.height + 1, from + max);
    for (let height = from; height < end; height++) hashes.push(this.#chain.headerAt(height).hash);
    return hashes;
  }

  async chainJson(): Promise<ChainJson> {
    const { hash, height, jsonEnd } = this.#chain.tip;
    const chunks = () => chainJsonChunks(this.#readChain(hash));
    return { tip: hash, length: height + 1, sizeBytes: jsonEnd + 1, chunks };
  }

  async chainPartJson(from: number, limits: PartLimits): Promise<Uint8Array> {
    return chainJsonPart(readActiveBlocks({ chain: this.#chain, blocks: this.#blocks }, from), limits);
  }

  async check(options: ChainCheckOptions): Promise<ChainCheck> {
    const { hash, height } = this.#chain.tip;
    const blocks = this.#readChain(hash);
    const checked = await checkChain({ ...options, blocks, tip: hash, length: height + 1, params: this.#params });
    if (checked.fault === undefined && !isJudged(this.#database, 'chain')) this.#noteJudged();
    return checked;
  }

  entryPlaces(id: Hash, max: number): Promise<EntryPlaces> {
    return this.#finder.places(id, max);
  }

  firstPlaces(ids: readonly Hash[]): Promise<FirstPlaces> {
    return this.#finder.firstPlaces(ids);
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
    for (;;) {
      if (this.#activeHeight(tip) === undefined) return fail({ code: 'tip-not-active', tip });
      const { places, indexedTo } = await this.entryPlaces(id, 1);
      const [place] = places;
      const height = this.#activeHeight(tip);
      // The active chain may have moved away from either meanwhile.
      if (height === undefined || (place !== undefined && this.#chain.storedHashAt(place.height) !== place.hash))
        continue;
      if (place === undefined || place.height > height) {
        return fail({ code: 'entry-not-in-chain', id, indexedTo: Math.min(indexedTo, height) });
      }
      const { body } = this.#readAt(place.height).block;
      return ok(storedEntryProof(this.#proofSource(), { hash: tip, height }, { ...place, body }));
    }
  }

  async backup(path: string, onProgress: (done: number, of: number) => void = () => undefined): Promise<void> {
    const { signal } = this.#closing;
    const copying = this.#database.whileAtRest((source) => copyFile({ source, target: path, onProgress, signal }));
    this.#copying = Promise.allSettled([this.#copying, copying]);
    return copying;
  }

  async close(): Promise<void> {
    this.#closing.abort(new StoreError('store-closed', `${this.#database.path}: the store has been closed.`));
    await this.#copying;
    this.#indexer.close();
    this.#database.close();
  }

  #noteJudged(): void {
    try {
      this.#database.transaction(() => markJudged(this.#database, 'chain'));
    } catch (error) {
      // It is no failure to be told: the next start judges it again.
      if (!(error instanceof StoreError) || error.code !== 'store-full') throw error;
    }
  }

  #readChain(tip: Hash): AsyncIterable<RawBlock> {
    return readChain({ tip, from: 0, chain: this.#chain, blocks: this.#blocks });
  }

  #proofSource(): ProofSource {
    const { tip } = this.#chain;
    return {
      tip,
      headerAt: (height) => this.#chain.headerAt(height),
      nodeAt: (position) => this.#chain.nodeAt(position),
      heightOf: (hash) => this.#activeHeight(hash),
    };
  }

  #writeGenesis(block: Block, work: bigint): void {
    const headerBytes = encodeHeader(block.header);
    this.#database.transaction(() =>
      this.#chain.push(this.#blocks.keep(block, work, headerBytes), { block, headerBytes, work }),
    );
    this.#chain.settle();
  }

  #noteLatest({ blocks, activate }: ChainChange): void {
    if (activate === undefined) return;
    const brought = new Map(blocks.map(({ block }) => [block.hash, block]));
    const added = activate.added.flatMap((hash) => brought.get(hash) ?? []);
    this.#latest.switched(activate.forkHeight, added.length === activate.added.length ? added : undefined);
  }

  #apply(change: ChainChange): CommittedChange {
    const kept = new Map<Hash, KeptBlock>();
    for (const { block, work } of change.blocks) {
      const headerBytes = encodeHeader(block.header);
      kept.set(block.hash, { id: this.#blocks.keep(block, work, headerBytes), block, headerBytes, work });
    }
    for (const entry of change.pendingAdded) this.#pending.add(entry);
    if (change.activate === undefined) return NOTHING_MOVED;
    return switchBranch({ blocks: this.#blocks, chain: this.#chain, pending: this.#pending }, change.activate, kept);
  }

  #readBody(id: number, hash: Hash): Uint8Array {
    return this.#blocks.readBody(id, hash, () => this.#chain.heightOf(id));
  }

  /** The active block at `height`, which is at most the tip's. */
  #readAt(height: number): { readonly block: Block; readonly work: bigint } {
    return this.#blocks.read(this.#chain.headerAt(height).id, () => height);
  }

  #activeHeight(hash: Hash): number | undefined {
    const id = this.#blocks.find(hash);
    if (id === undefined) return undefined;
    const { height } = this.#blocks.readHeader(id, () => this.#chain.heightOf(id)).header;
    return this.#chain.idAt(height) === id ? height : undefined;
  }
}

function isNothing({ blocks, pendingAdded, activate }: ChainChange): boolean {
  return blocks.length === 0 && pendingAdded.length === 0 && activate === undefined;
}

const NOTHING_MOVED: CommittedChange = { removed: [], returned: [], isAllReturned: true, included: [] };

/** After these nobody knows what the disk holds. */
const DISK_FAILURES: ReadonlySet<StoreErrorCode> = new Set(['store-io', 'store-unwritable']);
