/** The near end of a thread of the table of records: puts questions, and has each answer find who waits for it. */
import { Worker } from 'node:worker_threads';
import { StoreError, type StoreErrorCode } from '../storage/store-error.ts';
import type { RecordThreadSettings, ThreadOrder, ThreadReply } from './thread-message.ts';

export interface RecordThreadOptions {
  /** The module that the thread runs: one that serves with `serveThread`. */
  readonly file: URL;
  readonly name: string;
  readonly settings: RecordThreadSettings;
}

interface Waiter {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: unknown) => void;
}

/** A thread that is asked `Question`s, and answers each with what `Answers` has under the question's type. */
export class RecordThread<Question extends { readonly type: keyof Answers }, Answers> {
  readonly #worker: Worker;
  readonly #opening = Promise.withResolvers<void>();
  readonly #exited: Promise<void>;
  readonly #waiters = new Map<number, Waiter>();
  #calls = 0;
  /** Set once no more questions are taken. */
  #end: unknown;

  private constructor({ file, name, settings }: RecordThreadOptions) {
    const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB };
    this.#worker = new Worker(file, { name, workerData: settings, resourceLimits });
    this.#worker.on('message', (reply: ThreadReply) => this.#handle(reply));
    this.#worker.on('messageerror', (error) => {
      this.#finish(error);
      void this.#worker.terminate();
    });
    this.#worker.on('error', (error) => this.#finish(error));
    this.#exited = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
    void this.#exited.then(() => this.#finish(new Error(`the thread ${name} has ended`)));
  }

  /** Starts the thread, and resolves once it has opened what it works on. */
  static async open<Question extends { readonly type: keyof Answers }, Answers>(
    options: RecordThreadOptions,
  ): Promise<RecordThread<Question, Answers>> {
    const thread = new RecordThread<Question, Answers>(options);
    try {
      await thread.#opening.promise;
    } catch (error) {
      await thread.#worker.terminate();
      throw error;
    }
    thread.#worker.unref();
    return thread;
  }

  /** Why it takes no more questions; undefined while it does. */
  get end(): unknown {
    return this.#end;
  }

  /** Resolves when nothing of it runs any more. */
  get exited(): Promise<void> {
    return this.#exited;
  }

  /** Questions are answered in the order in which they are put. Throws what the thread has thrown. */
  ask<Asked extends Question>(question: Asked): Promise<Answers[Asked['type']]> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) return reject(this.#end);
      this.#calls++;
      this.#waiters.set(this.#calls, { resolve, reject });
      // While somebody waits, the thread keeps the process alive, and otherwise not.
      this.#worker.ref();
      const order: ThreadOrder<Question> = { call: this.#calls, question };
      this.#worker.postMessage(order);
    });
  }

  /** Ends the thread, whatever it is doing; `last` is put to it before. */
  async close(last: Question): Promise<void> {
    try {
      if (this.#end === undefined) await this.ask(last);
    } catch (error) {
      // One that has ended by itself meanwhile is closed.
      if (this.#end === undefined) throw error;
    } finally {
      this.#finish(new StoreError('store-closed', 'The table of records has been closed.'));
      await this.#worker.terminate();
      await this.#exited;
    }
  }

  #handle(reply: ThreadReply): void {
    if (reply.type === 'open') return this.#opening.resolve();
    const error = reply.type === 'failed' ? failureOf(reply) : undefined;
    if (reply.call === undefined) return this.#opening.reject(error);
    const waiter = this.#waiters.get(reply.call);
    this.#waiters.delete(reply.call);
    if (this.#waiters.size === 0) this.#worker.unref();
    if (reply.type === 'failed') waiter?.reject(error);
    else waiter?.resolve(reply.answer as never);
  }

  #finish(error: unknown): void {
    this.#end ??= error;
    this.#opening.reject(error);
    for (const { reject } of this.#waiters.values()) reject(this.#end);
    this.#waiters.clear();
  }
}

function failureOf({ code, message }: Extract<ThreadReply, { type: 'failed' }>): Error {
  return code === 'other' ? new Error(message) : new StoreError(code as StoreErrorCode, message);
}

/** Room for a batch of blocks, and for pages. */
const YOUNG_GENERATION_MB = 8;
