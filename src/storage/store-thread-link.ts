/**
 * The near end of a threaded store: puts questions to the thread, and has each answer find who waits for it.
 *
 * The thread keeps the process alive while somebody waits for an answer, and otherwise not, as a file that is open does.
 */
import { Worker } from 'node:worker_threads';
import { assertNever } from '../core/assert.ts';
import { StoreError } from './store-error.ts';
import { errorFromCrossing } from './store-thread-error.ts';
import type { StoreQuestion, ThreadOrder, ThreadReply, ThreadSettings } from './store-thread-message.ts';

/** Undefined where there is nothing of what was asked for, or nothing to say. */
type Answer = ArrayBuffer | undefined;

/** Who waits for an answer. */
interface Waiter {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  readonly onProgress: ((done: number, of: number) => void) | undefined;
}

/** Who hears what was not asked for. */
export interface ThreadListener {
  /** Called at most once, when the thread has ended without being asked to after it had opened its store. */
  readonly onFailure: (error: StoreError) => void;
  readonly onMigration: (done: number, of: number) => void;
}

/** What a question may come with. */
export interface AskOptions {
  /** Given away: nothing is left in them here. */
  readonly transfer?: readonly ArrayBuffer[];
  readonly onProgress?: (done: number, of: number) => void;
  /** Gives the question up, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export class StoreThreadLink {
  readonly #worker: Worker;
  readonly #folder: string;
  readonly #listener: ThreadListener;
  readonly #exited: Promise<void>;
  readonly #opening = Promise.withResolvers<void>();
  readonly #waiters = new Map<number, Waiter>();
  #isOpen = false;
  #calls = 0;
  /** Set once no more questions are taken: what they are answered with. */
  #end: unknown;
  #closed: Promise<void> | undefined;

  private constructor(settings: ThreadSettings, listener: ThreadListener) {
    this.#folder = settings.folder;
    this.#listener = listener;
    const worker = new Worker(new URL('./store-thread.ts', import.meta.url), {
      name: 'cairn-store',
      workerData: settings,
      // Without a bound it grows to 100 MB and more in a sync, and is no faster.
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    worker.on('message', (reply: ThreadReply) => this.#handle(reply));
    worker.on('messageerror', (error) => this.#fail(error));
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', (exitCode) => this.#fail(new Error(`it ended with code ${exitCode}`)));
    this.#exited = new Promise((resolve) => worker.once('exit', () => resolve()));
    this.#worker = worker;
  }

  /** Starts a thread and resolves once its store is open. */
  static async open(settings: ThreadSettings, listener: ThreadListener): Promise<StoreThreadLink> {
    const link = new StoreThreadLink(settings, listener);
    try {
      await link.#opening.promise;
    } catch (error) {
      await link.#exited;
      throw error;
    }
    link.#worker.unref();
    return link;
  }

  /** Puts `question`. Questions are taken up in the order in which they are put. */
  ask(question: StoreQuestion, { transfer = [], onProgress, signal }: AskOptions = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) return reject(this.#end);
      if (signal?.aborted === true) return reject(signal.reason);
      this.#calls++;
      const call = this.#calls;
      const abort = (): void => this.#tell({ type: 'abort', call });
      const settle = (): void => {
        signal?.removeEventListener('abort', abort);
        this.#waiters.delete(call);
        if (this.#waiters.size === 0 && this.#end === undefined) this.#worker.unref();
      };
      this.#waiters.set(call, {
        onProgress,
        resolve: (answer) => {
          settle();
          resolve(answer);
        },
        reject: (error) => {
          settle();
          reject(signal?.aborted === true ? signal.reason : error);
        },
      });
      signal?.addEventListener('abort', abort, { once: true });
      this.#worker.ref();
      this.#tell({ type: 'question', call, question }, transfer);
    });
  }

  /** Nobody will ask for more of the document, or the reading, that has this number. */
  leave(number: number): void {
    this.#tell({ type: 'leave', number });
  }

  /** Has the thread close its store, and resolves when the thread has ended. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    try {
      if (this.#end === undefined) {
        const answer = this.ask({ type: 'close' });
        this.#end = new StoreError('store-closed', `${this.#folder}: the store has been closed.`);
        await answer;
      }
    } finally {
      // What is still being read ends with the thread, and whoever waits for it hears that the store was closed.
      await this.#worker.terminate();
      await this.#exited;
    }
  }

  #tell(order: ThreadOrder, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(order, [...transfer]);
  }

  #handle(reply: ThreadReply): void {
    switch (reply.type) {
      case 'migrating':
        return this.#listener.onMigration(reply.done, reply.of);
      case 'open':
        this.#isOpen = true;
        return this.#opening.resolve();
      case 'open-failed':
        return this.#finish(errorFromCrossing(reply.error));
      case 'answer':
        return this.#waiters.get(reply.call)?.resolve(reply.answer);
      case 'failed':
        return this.#waiters.get(reply.call)?.reject(errorFromCrossing(reply.error));
      case 'progress':
        return this.#waiters.get(reply.call)?.onProgress?.(reply.done, reply.of);
      default:
        return assertNever(reply);
    }
  }

  /** The thread has ended, or can no longer be believed. Where it was asked to end, this is no news. */
  #fail(cause: unknown): void {
    const isNews = this.#end === undefined;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const error = new StoreError('store-io', `${this.#folder}: the thread of the store has failed (${reason}).`, {
      cause,
    });
    this.#finish(isNews ? error : this.#end);
    if (isNews && this.#isOpen) this.#listener.onFailure(error);
  }

  /** Takes no more questions, and answers everybody who waits with `error`. */
  #finish(error: unknown): void {
    this.#end = error;
    this.#opening.reject(error);
    for (const waiter of [...this.#waiters.values()]) waiter.reject(error);
    void this.#worker.terminate();
  }
}

/** Room for what a commit of the largest size makes and leaves behind. */
const YOUNG_GENERATION_MB = 48;
