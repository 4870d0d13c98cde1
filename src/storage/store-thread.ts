/**
 * The thread of a threaded store: opens the SqliteStore and answers questions for it.
 *
 * Each question is begun as soon as it comes, in order. What the store does in one go is done by then; what is long it
 * does in steps, and questions that come meanwhile are answered between two of them.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { assert, assertNever, assertPresent } from '../core/assert.ts';
import type { ChainJson, ChainStore } from './chain-store.ts';
import { openSqliteStore } from './sqlite-store.ts';
import {
  readChange,
  readHashes,
  writeBodies,
  writeChainCheck,
  writeChainJson,
  writeCommitted,
  writeEntryPlaces,
  writeFirstPlaces,
  writeHashes,
  writePending,
  writePoint,
  writeStoredBlock,
  writeStoredChain,
} from './store-codec.ts';
import { type ByteSink, pack, unpack } from './store-codec-bytes.ts';
import { writeEntryProofAnswer, writeHeaderProofAnswer, writeStoredProof } from './store-codec-proofs.ts';
import { errorToCrossing } from './store-thread-error.ts';
import type { StoreQuestion, ThreadOrder, ThreadReply, ThreadSettings } from './store-thread-message.ts';

const port = parentPort;
assert(port !== null, 'this file runs in a thread');
const settings: ThreadSettings = workerData;

/** A document that is being read. The piece after the one that was given is read ahead, and none after that. */
class Reading {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #next: Promise<IteratorResult<Uint8Array>>;

  constructor(json: ChainJson) {
    this.#chunks = json.chunks()[Symbol.asyncIterator]();
    this.#next = this.#chunks.next();
  }

  /** The next piece, as memory of its own; undefined after the last one. */
  async take(): Promise<ArrayBuffer | undefined> {
    const next = await this.#next;
    if (next.done === true) return undefined;
    this.#next = this.#chunks.next();
    // Whoever takes it hears that it failed; that nobody does is no failure of the thread.
    this.#next.catch(() => undefined);
    return ownMemory(next.value);
  }

  leave(): void {
    this.#chunks.return?.().catch(() => undefined);
  }
}

class StoreThread {
  readonly #store: ChainStore;
  readonly #documents = new Map<number, ChainJson>();
  readonly #readings = new Map<number, Reading>();
  /** Of the calls under way that can be given up. */
  readonly #aborters = new Map<number, AbortController>();

  constructor(store: ChainStore) {
    this.#store = store;
  }

  handle(order: ThreadOrder): void {
    switch (order.type) {
      case 'question':
        this.#answer(order.question, order.call).then(
          (answer) => say({ type: 'answer', call: order.call, answer }, answer === undefined ? [] : [answer]),
          (error: unknown) => say({ type: 'failed', call: order.call, error: errorToCrossing(error) }),
        );
        return;
      case 'abort':
        return this.#aborters.get(order.call)?.abort();
      case 'leave':
        this.#documents.delete(order.number);
        this.#readings.get(order.number)?.leave();
        this.#readings.delete(order.number);
        return;
      default:
        return assertNever(order);
    }
  }

  async #answer(question: StoreQuestion, call: number): Promise<ArrayBuffer | undefined> {
    const store = this.#store;
    switch (question.type) {
      case 'load':
        return packed(writeStoredChain, await store.load(question.options));
      case 'commit':
        return packed(writeCommitted, await store.commit(unpack(question.change, readChange)));
      case 'pending':
        return packed(writePending, await store.pending(question.limits));
      case 'point-of':
        return packedIfPresent(writePoint, await store.pointOf(question.hash));
      case 'block-by-hash':
        return packedIfPresent(writeStoredBlock, await store.blockByHash(question.hash));
      case 'block-at':
        return packedIfPresent(writeStoredBlock, await store.blockAt(question.height));
      case 'bodies':
        return packed(writeBodies, await store.bodies(question.hashes, question.bytesMax));
      case 'headers-after':
        return ownMemory(await store.headersAfter(question.locator, question.max));
      case 'active-hashes':
        return packed(writeHashes, await store.activeHashes(question.from, question.max));
      case 'chain-json': {
        const json = await store.chainJson();
        this.#documents.set(question.document, json);
        return packed(writeChainJson, json);
      }
      case 'chunk':
        return this.#reading(question).take();
      case 'chain-part-json':
        return ownMemory(await store.chainPartJson(question.from, question.limits));
      case 'check':
        return packed(writeChainCheck, await this.#check(call));
      case 'entry-places':
        return packed(writeEntryPlaces, await store.entryPlaces(question.id, question.max));
      case 'first-places':
        return packed(writeFirstPlaces, await store.firstPlaces(unpack(question.ids, readHashes)));
      case 'chain-proof':
        return packed(writeStoredProof, await store.chainProof());
      case 'header-proof':
        return packed(writeHeaderProofAnswer, await store.headerProof(question));
      case 'entry-proof':
        return packed(writeEntryProofAnswer, await store.entryProof(question));
      case 'backup':
        await store.backup(question.path, progressOf(call));
        return undefined;
      case 'close':
        await store.close();
        return undefined;
      default:
        return assertNever(question);
    }
  }

  #reading({ document, reading: number }: Extract<StoreQuestion, { type: 'chunk' }>): Reading {
    let reading = this.#readings.get(number);
    if (reading === undefined) {
      reading = new Reading(assertPresent(this.#documents.get(document), 'a document is kept while it is read'));
      this.#readings.set(number, reading);
    }
    return reading;
  }

  async #check(call: number): ReturnType<ChainStore['check']> {
    const aborter = new AbortController();
    this.#aborters.set(call, aborter);
    try {
      return await this.#store.check({ onProgress: progressOf(call), signal: aborter.signal });
    } finally {
      this.#aborters.delete(call);
    }
  }
}

function progressOf(call: number): (done: number, of: number) => void {
  return (done, of) => say({ type: 'progress', call, done, of });
}

function packed<Value>(write: (sink: ByteSink, value: Value) => void, value: Value): ArrayBuffer {
  return pack((sink) => write(sink, value));
}

function packedIfPresent<Value>(
  write: (sink: ByteSink, value: Value) => void,
  value: Value | undefined,
): ArrayBuffer | undefined {
  return value === undefined ? undefined : packed(write, value);
}

/** `bytes` in memory that holds nothing else, to be given away. */
function ownMemory(bytes: Uint8Array): ArrayBuffer {
  const { buffer } = bytes;
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength;
  return isWhole ? buffer : new Uint8Array(bytes).buffer;
}

function say(reply: ThreadReply, transfer: readonly ArrayBuffer[] = []): void {
  assertPresent(port ?? undefined, 'this file runs in a thread').postMessage(reply, [...transfer]);
}

try {
  const { sizeBytesMax, ...rest } = settings;
  const options = {
    ...rest,
    onMigration: (done: number, of: number) => say({ type: 'migrating', done, of }),
  };
  const thread = new StoreThread(
    await openSqliteStore(sizeBytesMax === undefined ? options : { ...options, sizeBytesMax }),
  );
  port.on('message', (order: ThreadOrder) => thread.handle(order));
  say({ type: 'open' });
} catch (error) {
  say({ type: 'open-failed', error: errorToCrossing(error) });
}
