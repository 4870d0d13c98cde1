/**
 * The store on disk in a thread of its own: while it works, whoever asked it goes on with other things.
 *
 * Commits and answers cross as packed bytes that are handed over, so that the near end pays for a copy of the bytes and
 * nothing else ([0021](../../docs/decisions/0021-store-in-a-thread.md)).
 */
import { assertPresent } from '../core/assert.ts';
import type { Hash } from '../core/hash.ts';
import type { NetworkParams } from '../core/params.ts';
import type { ChainPoint } from '../core/validation.ts';
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
  StoredBlock,
  StoredBody,
  StoredChain,
  StoredProof,
} from './chain-store.ts';
import {
  readBodies,
  readChainCheck,
  readChainJson,
  readCommitted,
  readEntryPlaces,
  readFirstPlaces,
  readHashes,
  readPending,
  readPoint,
  readStoredBlock,
  readStoredChain,
  writeChange,
  writeHashes,
} from './store-codec.ts';
import { type ByteReader, pack, unpack } from './store-codec-bytes.ts';
import {
  type EntryProofAnswer,
  type HeaderProofAnswer,
  readEntryProofAnswer,
  readHeaderProofAnswer,
  readStoredProof,
} from './store-codec-proofs.ts';
import type { StoreError } from './store-error.ts';
import { type AskOptions, StoreThreadLink } from './store-thread-link.ts';
import type { StoreQuestion } from './store-thread-message.ts';

/**
 * Opens the store in `folder` as `openSqliteStore` does, in a thread that lives until `close`. Every method keeps what
 * `ChainStore` says of it; questions are taken up in the order in which they are put.
 */
export async function openThreadedStore(options: {
  readonly folder: string;
  readonly params: NetworkParams;
  /** How large the file may become; a commit that needs more fails with `store-full`. Left out: as large as it can. */
  readonly sizeBytesMax?: number;
  /**
   * Called at most once, when the thread has ended by itself. Whoever waits for an answer hears of it, too, and so does
   * everybody who asks from then on; what the disk holds is known when the store is opened again.
   */
  readonly onFailure: (error: StoreError) => void;
  /** Hears how far the migration of a folder of an older format is. */
  readonly onMigration?: (done: number, of: number) => void;
}): Promise<ChainStore> {
  const { folder, params, sizeBytesMax, onFailure, onMigration = () => undefined } = options;
  return new ThreadedStore(await StoreThreadLink.open({ folder, params, sizeBytesMax }, { onFailure, onMigration }));
}

class ThreadedStore implements ChainStore {
  readonly #link: StoreThreadLink;
  /** Has the thread forget documents and readings that are not used any more, and were not read to their end. */
  readonly #forgotten: FinalizationRegistry<number>;
  /** Of documents and readings together. */
  #numbers = 0;

  constructor(link: StoreThreadLink) {
    this.#link = link;
    this.#forgotten = new FinalizationRegistry((number) => link.leave(number));
  }

  load(options: LoadOptions): Promise<StoredChain> {
    return this.#read({ type: 'load', options }, readStoredChain);
  }

  async commit(change: ChainChange): Promise<CommittedChange> {
    const packed = pack((sink) => writeChange(sink, change));
    return this.#read({ type: 'commit', change: packed }, readCommitted, { transfer: [packed] });
  }

  pending(limits: PendingLimits): Promise<PendingBatch> {
    return this.#read({ type: 'pending', limits }, readPending);
  }

  pointOf(hash: Hash): Promise<ChainPoint | undefined> {
    return this.#readIfPresent({ type: 'point-of', hash }, readPoint);
  }

  blockByHash(hash: Hash): Promise<StoredBlock | undefined> {
    return this.#readIfPresent({ type: 'block-by-hash', hash }, readStoredBlock);
  }

  blockAt(height: number): Promise<StoredBlock | undefined> {
    return this.#readIfPresent({ type: 'block-at', height }, readStoredBlock);
  }

  bodies(hashes: readonly Hash[], bytesMax: number): Promise<readonly StoredBody[]> {
    return this.#read({ type: 'bodies', hashes, bytesMax }, (source) => readBodies(source, hashes));
  }

  async headersAfter(locator: readonly Hash[], max: number): Promise<Uint8Array> {
    const headers = await this.#link.ask({ type: 'headers-after', locator, max });
    return new Uint8Array(assertPresent(headers, 'headers come, if only none of them'));
  }

  activeHashes(from: number, max: number): Promise<readonly Hash[]> {
    return this.#read({ type: 'active-hashes', from, max }, readHashes);
  }

  async chainJson(): Promise<ChainJson> {
    const document = this.#number();
    const facts = await this.#read({ type: 'chain-json', document: document.number }, readChainJson);
    return { ...facts, chunks: () => this.#chunks(document) };
  }

  async chainPartJson(from: number, limits: PartLimits): Promise<Uint8Array> {
    return new Uint8Array(
      assertPresent(await this.#link.ask({ type: 'chain-part-json', from, limits }), 'a part comes'),
    );
  }

  check({ onProgress, signal }: ChainCheckOptions): Promise<ChainCheck> {
    return this.#read({ type: 'check' }, readChainCheck, { onProgress, signal });
  }

  entryPlaces(id: Hash, max: number): Promise<EntryPlaces> {
    return this.#read({ type: 'entry-places', id, max }, readEntryPlaces);
  }

  async firstPlaces(ids: readonly Hash[]): Promise<FirstPlaces> {
    const packed = pack((sink) => writeHashes(sink, ids));
    return this.#read({ type: 'first-places', ids: packed }, readFirstPlaces, { transfer: [packed] });
  }

  chainProof(): Promise<StoredProof> {
    return this.#read({ type: 'chain-proof' }, readStoredProof);
  }

  headerProof({
    tip,
    heights,
  }: {
    readonly tip: Hash;
    readonly heights: readonly number[];
  }): Promise<HeaderProofAnswer> {
    return this.#read({ type: 'header-proof', tip, heights }, readHeaderProofAnswer);
  }

  entryProof({ tip, id }: { readonly tip: Hash; readonly id: Hash }): Promise<EntryProofAnswer> {
    return this.#read({ type: 'entry-proof', tip, id }, readEntryProofAnswer);
  }

  async backup(path: string, onProgress?: (done: number, of: number) => void): Promise<void> {
    await this.#link.ask({ type: 'backup', path }, onProgress === undefined ? {} : { onProgress });
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  /** Holds on to `document` for as long as it is read. */
  async *#chunks(document: Numbered): AsyncGenerator<Uint8Array, void, undefined> {
    const reading = this.#number();
    try {
      for (;;) {
        const question = { type: 'chunk', document: document.number, reading: reading.number } as const;
        const chunk = await this.#link.ask(question);
        if (chunk === undefined) return;
        yield new Uint8Array(chunk);
      }
    } finally {
      this.#link.leave(reading.number);
    }
  }

  #number(): Numbered {
    this.#numbers++;
    const numbered = { number: this.#numbers };
    this.#forgotten.register(numbered, numbered.number);
    return numbered;
  }

  async #read<Value>(
    question: StoreQuestion,
    read: (source: ByteReader) => Value,
    options: AskOptions = {},
  ): Promise<Value> {
    return unpack(assertPresent(await this.#link.ask(question, options), 'this question always has an answer'), read);
  }

  async #readIfPresent<Value>(
    question: StoreQuestion,
    read: (source: ByteReader) => Value,
  ): Promise<Value | undefined> {
    const answer = await this.#link.ask(question);
    return answer === undefined ? undefined : unpack(answer, read);
  }
}

/** What the thread keeps something for; no longer than this is held here. */
interface Numbered {
  readonly number: number;
}
