/**
 * The records of a node: a table that is written behind the tip of the chain, and searched while it is.
 *
 * Writing and searching have a thread each. This end reads the chain, one stretch at a time, for the one who writes: so what
 * the table holds is found out from the chain itself, whatever has happened to either file, and nobody ever waits for it.
 */
import type { RecordsStatus } from '../api/shapes.ts';
import type { JsonText } from '../core/json-text.ts';
import type { NetworkParams } from '../core/params.ts';
import { fail, type Result } from '../core/result.ts';
import { isDamage, StoreError } from '../storage/store-error.ts';
import { LastingThread } from './lasting-thread.ts';
import { type RecordIndexes, recordFilePath } from './record-file.ts';
import type { RecordQuestion, SearchFault } from './record-search.ts';
import { findActive, type RecordSource, readStretch } from './record-source.ts';
import type { BlockPlace } from './record-table.ts';
import type { ReaderAnswers, ReaderQuestion, WriterAnswers, WriterQuestion } from './thread-message.ts';

export interface RecordIndexOptions {
  /** The data folder of the node. */
  readonly folder: string;
  readonly params: NetworkParams;
  readonly indexes: RecordIndexes;
  readonly source: RecordSource;
  /** Hears why the table stays behind; once, until it has caught up again. */
  readonly onTrouble: (error: unknown) => void;
  /** Hears why a thread of the table has ended by itself; another is started. */
  readonly onThreadEnd: (error: unknown) => void;
}

export type RecordsFault = SearchFault | { readonly code: 'records-busy' };

/** Opens the table in a data folder, or begins one. `wake` has it catch up with the chain. */
export async function openRecordIndex(options: RecordIndexOptions): Promise<RecordIndex> {
  const settings = { path: recordFilePath(options.folder), indexes: options.indexes, params: options.params };
  const shared = { settings, onEnd: options.onThreadEnd };
  const reader = await LastingThread.open<ReaderQuestion, ReaderAnswers>({
    file: new URL('./record-reader.ts', import.meta.url),
    name: 'cairn-record-reader',
    ...shared,
  });
  try {
    const writer = await LastingThread.open<WriterQuestion, WriterAnswers>({
      file: new URL('./record-writer.ts', import.meta.url),
      name: 'cairn-record-writer',
      ...shared,
      // It begins a file anew that it finds damaged.
      onStartedAgain: () => letGo(reader),
    });
    return new RecordIndex(options, { writer, reader });
  } catch (error) {
    await reader.close({ type: 'close' });
    throw error;
  }
}

/** Has the one who searches go on with the file that is there. */
async function letGo(reader: Threads['reader']): Promise<void> {
  // Where its thread has ended, the next one opens that file.
  await reader.ask({ type: 'close' }).catch(() => undefined);
}

interface Threads {
  readonly writer: LastingThread<WriterQuestion, WriterAnswers>;
  readonly reader: LastingThread<ReaderQuestion, ReaderAnswers>;
}

export class RecordIndex {
  readonly #options: RecordIndexOptions;
  readonly #threads: Threads;
  #height = -1;
  #timer: NodeJS.Timeout | undefined;
  #catchingUp: Promise<void> | undefined;
  /** Something has happened since the table began to catch up. */
  #isAwake = false;
  #isInTrouble = false;
  #isClosing = false;
  #renewing: Promise<void> | undefined;

  /** Takes over the threads. */
  constructor(options: RecordIndexOptions, threads: Threads) {
    this.#options = options;
    this.#threads = threads;
  }

  /** What the node's status says of it. */
  get status(): RecordsStatus {
    const { pointers, fullText } = this.#options.indexes;
    return { indexed_to: this.#height, indexes: [...pointers], full_text: fullText };
  }

  /** The chain may have changed. */
  wake(): void {
    this.#isAwake = true;
    if (this.#catchingUp === undefined) this.#catchUpIn(DELAY_MS);
  }

  /** The text of one page (`RecordsPageShape`). */
  async page(question: RecordQuestion): Promise<Result<JsonText, RecordsFault>> {
    const { reader } = this.#threads;
    if (reader.waiting >= QUESTIONS_MAX) return fail({ code: 'records-busy' });
    try {
      return await reader.ask({ type: 'page', question });
    } catch (error) {
      if (!isDamage(error)) throw error;
      await this.#renew();
      return reader.ask({ type: 'page', question });
    }
  }

  /** Ends both threads. What is not written yet is read again from the chain another time. */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#timer);
    await this.#catchingUp;
    // Whoever waits for it hears that it failed.
    await this.#renewing?.catch(() => undefined);
    await Promise.all([this.#threads.reader.close({ type: 'close' }), this.#threads.writer.close({ type: 'close' })]);
  }

  #catchUpIn(delayMs: number): void {
    if (this.#isClosing) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#isAwake = false;
      this.#catchingUp = this.#catchUpOnce();
    }, delayMs).unref();
  }

  /** Never rejects. */
  async #catchUpOnce(): Promise<void> {
    const begunMs = performance.now();
    let restMs = 0;
    try {
      await this.#catchUp();
      this.#isInTrouble = false;
      // Small batches cost several times as much a record: the busier the chain, the larger they become.
      restMs = REST_SHARE * (performance.now() - begunMs);
    } catch (error) {
      if (this.#isClosing) return;
      restMs = RETRY_MS;
      this.#isAwake = true;
      await this.#heal(error);
    } finally {
      this.#catchingUp = undefined;
      if (this.#isAwake) this.#catchUpIn(Math.max(DELAY_MS, restMs));
    }
  }

  async #catchUp(): Promise<void> {
    const { source } = this.#options;
    let place = await this.#align();
    let taking: Promise<number | undefined> = Promise.resolve(this.#height);
    while (!this.#isClosing) {
      // The next stretch is read while this one is written: there are never more than these two.
      const stretch = await readStretch(source, place);
      const height = await taking;
      if (stretch === undefined || height === undefined) {
        place = await this.#align();
        taking = Promise.resolve(this.#height);
        continue;
      }
      this.#height = height;
      taking = this.#threads.writer.ask({ type: 'take', ...stretch });
      // Whoever waits for it hears that it failed.
      taking.catch(() => undefined);
      place = stretch.blocks.at(-1) ?? place;
      if (!stretch.isLast) continue;
      const last = await taking;
      if (last !== undefined) {
        this.#height = last;
        return;
      }
    }
    await taking;
  }

  /** Takes away what the chain has left, and answers with the last block of the table; undefined where there is none. */
  async #align(): Promise<BlockPlace | undefined> {
    const { writer } = this.#threads;
    const places = await writer.ask({ type: 'locate' });
    const active = await findActive(this.#options.source, places);
    const height = active?.height ?? -1;
    this.#height = height === places[0]?.height ? height : await writer.ask({ type: 'cut', height });
    return active;
  }

  async #heal(error: unknown): Promise<void> {
    if (!this.#isInTrouble) this.#options.onTrouble(error);
    this.#isInTrouble = true;
    // A damaged block is the chain's affair: it is read again when it has been mended.
    if (!isDamage(error) || error.code === 'block-damaged') return;
    await this.#renew().catch((cause: unknown) => this.#options.onTrouble(cause));
  }

  /** Throws the table away and begins it anew. */
  #renew(): Promise<void> {
    this.#renewing ??= this.#beginAnew().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #beginAnew(): Promise<void> {
    if (this.#isClosing) throw new StoreError('store-closed', 'The table of records is being closed.');
    try {
      await this.#threads.writer.ask({ type: 'anew' });
    } finally {
      this.#height = -1;
      this.wake();
      await letGo(this.#threads.reader);
    }
  }
}

/** So that the blocks of one moment go in together. */
const DELAY_MS = 50;
/** How long it rests, as a multiple of how long it has worked. */
const REST_SHARE = 3;
const RETRY_MS = 5_000;
/** At some milliseconds each, the last of them waits for a second or two. */
const QUESTIONS_MAX = 256;
