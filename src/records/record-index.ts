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
  /** Hears why the table stays behind the chain, or is not there at all: once for each reason, until it has caught up. */
  readonly onTrouble: (error: unknown, isThere: boolean) => void;
  /** Hears why a thread of the table has ended by itself; another is started. */
  readonly onThreadEnd: (error: unknown) => void;
}

export type RecordsFault =
  | SearchFault
  | { readonly code: 'records-busy' }
  /** There is no table; `trouble` is as in the status. */
  | { readonly code: 'records-unavailable'; readonly trouble: string };

/**
 * Opens the table in a data folder, or begins one, and has it catch up with the chain. Where the disk does not let it be opened,
 * it comes without, and is opened as soon as it can be.
 */
export async function openRecordIndex(options: RecordIndexOptions): Promise<RecordIndex> {
  const index = new RecordIndex(options, await startThreads(options));
  try {
    await index.begin();
    return index;
  } catch (error) {
    await index.close();
    throw error;
  }
}

async function startThreads({ folder, indexes, params, onThreadEnd }: RecordIndexOptions): Promise<Threads> {
  const shared = { settings: { path: recordFilePath(folder), indexes, params }, onEnd: onThreadEnd };
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
    });
    return { writer, reader };
  } catch (error) {
    await reader.close({ type: 'close' });
    throw error;
  }
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
  /** The code of what was last told, until the table has caught up. */
  #trouble: string | undefined;
  /** Why there is no table; undefined while there is. */
  #absence: string | undefined;
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
    const trouble = this.#trouble === undefined ? {} : { trouble: this.#trouble };
    return { indexed_to: this.#height, indexes: [...pointers], full_text: fullText, ...trouble };
  }

  /** Opens the table, and resolves also where the disk does not let it be opened: then that is tried again. */
  async begin(): Promise<void> {
    try {
      await this.#open({ isAnew: false });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#tell(error);
      this.#catchUpIn(RETRY_MS);
    }
  }

  /** The chain may have changed. */
  wake(): void {
    this.#isAwake = true;
    if (this.#catchingUp === undefined) this.#catchUpIn(DELAY_MS);
  }

  /** The text of one page (`RecordsPageShape`). */
  async page(question: RecordQuestion): Promise<Result<JsonText, RecordsFault>> {
    try {
      return await this.#search(question);
    } catch (error) {
      if (!isDamage(error)) throw error;
      await this.#renew();
      return this.#search(question);
    }
  }

  /** Ends both threads. What is not written yet is read again from the chain another time. */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#timer);
    await this.#catchingUp;
    await this.#renewing;
    await Promise.all([this.#threads.reader.close({ type: 'close' }), this.#threads.writer.close({ type: 'close' })]);
  }

  async #search(question: RecordQuestion): Promise<Result<JsonText, RecordsFault>> {
    const { reader } = this.#threads;
    if (this.#absence !== undefined) return fail({ code: 'records-unavailable', trouble: this.#absence });
    if (reader.waiting >= QUESTIONS_MAX) return fail({ code: 'records-busy' });
    return reader.ask({ type: 'page', question });
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
      this.#trouble = undefined;
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
    await this.#open({ isAnew: false });
    const places = await writer.ask({ type: 'locate' });
    const active = await findActive(this.#options.source, places);
    const height = active?.height ?? -1;
    this.#height = height === places[0]?.height ? height : await writer.ask({ type: 'cut', height });
    return active;
  }

  async #heal(error: unknown): Promise<void> {
    this.#tell(error);
    // A damaged block is the chain's affair: it is read again when it has been mended.
    if (!isDamage(error) || error.code === 'block-damaged') return;
    await this.#renew();
  }

  #tell(error: unknown): void {
    const code = codeOf(error);
    if (code !== this.#trouble) this.#options.onTrouble(error, this.#absence === undefined);
    this.#trouble = code;
  }

  /** Throws the table away and begins it anew, at once or as soon as it can be. Never rejects. */
  #renew(): Promise<void> {
    this.#renewing ??= this.#beginAnew().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #beginAnew(): Promise<void> {
    if (this.#isClosing) return;
    try {
      await this.#open({ isAnew: true });
    } catch (error) {
      this.#tell(error);
    } finally {
      this.#height = -1;
      this.wake();
    }
  }

  /** Has one table open for both threads, another one with `isAnew`. */
  async #open(how: { readonly isAnew: boolean }): Promise<void> {
    const { writer, reader } = this.#threads;
    try {
      const isAnother = await writer.ask({ type: 'open', ...how });
      this.#absence = undefined;
      // Where the thread that searches has ended, the next one opens the file that is there.
      if (isAnother) await reader.ask({ type: 'close' }).catch(() => undefined);
    } catch (error) {
      // That a thread has ended says nothing of the table.
      if (error instanceof StoreError) {
        this.#absence = error.code;
        this.#height = -1;
      }
      throw error;
    }
  }
}

/** As in docs/spec/errors.md. */
function codeOf(error: unknown): string {
  return error instanceof StoreError ? error.code : 'internal';
}

/** So that the blocks of one moment go in together. */
const DELAY_MS = 50;
/** How long it rests, as a multiple of how long it has worked. */
const REST_SHARE = 3;
const RETRY_MS = 5_000;
/** At some milliseconds each, the last of them waits for a second or two. */
const QUESTIONS_MAX = 256;
