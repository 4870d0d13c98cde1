/**
 * A thread of the table of records that is there for as long as it is wanted: where it ends by itself (no memory was left, say),
 * another takes its place, and whoever waited for an answer gets it from that one.
 *
 * What the threads work on is a file, so whoever begins anew finds all that counts in there.
 */
import { StoreError } from '../storage/store-error.ts';
import { RecordThread, type RecordThreadOptions } from './record-thread.ts';

export interface LastingThreadOptions extends RecordThreadOptions {
  /** Hears why the thread has ended, before another is started. */
  readonly onEnd: (error: unknown) => void;
}

export class LastingThread<Question extends { readonly type: keyof Answers }, Answers> {
  readonly #options: LastingThreadOptions;
  #thread: RecordThread<Question, Answers>;
  #starting: Promise<RecordThread<Question, Answers>> | undefined;
  #startedAgainMs = -Infinity;
  #waiting = 0;
  #isClosing = false;

  private constructor(options: LastingThreadOptions, thread: RecordThread<Question, Answers>) {
    this.#options = options;
    this.#thread = thread;
  }

  /** Starts the thread, and resolves once it has opened what it works on. */
  static async open<Question extends { readonly type: keyof Answers }, Answers>(
    options: LastingThreadOptions,
  ): Promise<LastingThread<Question, Answers>> {
    return new LastingThread(options, await RecordThread.open<Question, Answers>(options));
  }

  /** How many questions wait for their answers. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Questions are answered in the order in which they are put; one that the end of the thread has left without an answer is put
   * once more, to the next. Throws what the thread has thrown, and why it has ended where it did so twice in a short time.
   */
  async ask<Asked extends Question>(question: Asked): Promise<Answers[Asked['type']]> {
    this.#waiting++;
    try {
      const thread = await this.#running();
      try {
        return await thread.ask(question);
      } catch (error) {
        if (thread.end === undefined) throw error;
      }
      return await (await this.#running()).ask(question);
    } finally {
      this.#waiting--;
    }
  }

  /** Ends the thread, whatever it is doing; `last` is put to it before. */
  async close(last: Question): Promise<void> {
    this.#isClosing = true;
    await this.#starting?.catch(() => undefined);
    await this.#thread.close(last);
  }

  async #running(): Promise<RecordThread<Question, Answers>> {
    if (this.#isClosing) throw new StoreError('store-closed', 'The table of records has been closed.');
    if (this.#thread.end === undefined) return this.#thread;
    this.#starting ??= this.#startAgain(this.#thread.end).finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #startAgain(end: unknown): Promise<RecordThread<Question, Answers>> {
    const nowMs = performance.now();
    // What ends one thread after the other would take the machine's time for nothing.
    if (nowMs - this.#startedAgainMs < RESTART_MS) throw end;
    this.#startedAgainMs = nowMs;
    this.#options.onEnd(end);
    await this.#thread.exited;
    this.#thread = await RecordThread.open<Question, Answers>(this.#options);
    return this.#thread;
  }
}

const RESTART_MS = 10_000;
