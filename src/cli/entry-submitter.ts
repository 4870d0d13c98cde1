/** Sends batches of entries to a node, several at a time, and counts what becomes of them. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Submitted } from '../api/shapes.ts';
import type { JsonText } from '../core/json-text.ts';
import { type ProbeClient, RpcCallError } from '../probe/probe-client.ts';
import { abortable } from './abortable.ts';
import type { EntryRefusal } from './author-book.ts';
import { parseAnswer } from './command-context.ts';
import { batchPart, type EntryBatch } from './entry-batches.ts';
import type { EntryFault } from './entry-reader.ts';

export interface SubmitterOptions {
  readonly client: ProbeClient;
  readonly signal: AbortSignal;
  /** Called for each batch, or part of one, that was taken, in the order in which they were submitted. */
  readonly onTaken: (taken: TakenEntries) => void;
  /** Called when the node has no room for more and is asked again later. */
  readonly onPoolFull: () => void;
}

export interface TakenEntries {
  readonly batch: EntryBatch;
  /** What the node says of each entry. */
  readonly entries: readonly Submitted[];
  /** Whether all that was submitted before was taken as well. */
  readonly isUnbroken: boolean;
}

/** What is to become of the entries of a batch. */
export interface SubmitOptions {
  /** Whether an entry that waits or is in the chain already is left at that. */
  readonly isOnce: boolean;
  /** Told of each entry that the node refuses for its own sake, and the others are taken all the same. Without it, the first ends everything. */
  readonly onRefused?: ((entry: Uint8Array, refusal: EntryRefusal) => void) | undefined;
}

/** How a batch is submitted. */
interface Submission extends SubmitOptions {
  readonly batch: EntryBatch;
  /** When all before it are settled. */
  readonly previous: Promise<void>;
}

/** The node refuses an entry, and with it the batch that it is in. */
export class BatchRefusedError extends Error {
  override readonly name = 'BatchRefusedError';
  readonly fault: EntryFault;

  constructor(fault: EntryFault, cause: RpcCallError) {
    super(fault.message, { cause });
    this.fault = fault;
  }
}

export class EntrySubmitter {
  readonly #options: SubmitterOptions;
  readonly #underWay = new Set<Promise<void>>();
  #last: Promise<void> = Promise.resolve();
  #failure: unknown;

  constructor(options: SubmitterOptions) {
    this.#options = options;
  }

  /** Resolves when the batch is on its way. Throws what went wrong with an earlier one; then nothing more is sent. */
  async submit(batch: EntryBatch, options: SubmitOptions): Promise<void> {
    while (this.#underWay.size >= BATCHES_UNDER_WAY_MAX) await Promise.race(this.#underWay);
    this.#throwFailure();
    const turn = this.#send({ ...options, batch, previous: this.#last })
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#underWay.delete(turn));
    this.#underWay.add(turn);
    this.#last = turn;
  }

  /** Resolves when every batch has been taken. Throws what went wrong with one, once all are settled. */
  async drain(): Promise<void> {
    await Promise.all(this.#underWay);
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #send(submission: Submission): Promise<void> {
    const { batch, isOnce, previous } = submission;
    const { client, signal, onTaken, onPoolFull } = this.#options;
    const params = appendParams(batch.entries, isOnce);
    const giveUpMs = performance.now() + POOL_WAIT_MS_MAX;
    for (;;) {
      try {
        const answer = await client.call('append', params, { signal, timeoutMs: ANSWER_TIMEOUT_MS });
        const { entries } = parseAnswer<{ readonly entries: readonly Submitted[] }>(answer);
        await previous;
        onTaken({ batch, entries, isUnbroken: this.#failure === undefined });
        return;
      } catch (error) {
        if (!(error instanceof RpcCallError)) throw error;
        const { code, limit } = error.rpc.data;
        if (code === 'entries-too-many' && typeof limit === 'number' && limit < batch.entries.length) {
          await this.#sendInParts(submission, limit);
          return;
        }
        if (!RETRIED_CODES.has(code) || performance.now() > giveUpMs) {
          await this.#sendAround(submission, error);
          return;
        }
        if (code !== 'entry-index-busy') onPoolFull();
      }
      // It is sent again after the earlier ones, to keep the order.
      await previous;
      this.#throwFailure();
      await abortable(delay(POOL_RETRY_MS), signal);
    }
  }

  /**
   * The node takes a batch whole or not at all: what stands before the entry that it refuses goes alone, and maybe what stands
   * behind. That goes in two halves: as one, many entries that are all refused would each be sent as often as others stand before them.
   */
  async #sendAround(submission: Submission, error: RpcCallError): Promise<void> {
    const { batch, onRefused } = submission;
    const { code, entry } = error.rpc.data;
    if (typeof entry === 'number' && entry > 0) {
      await this.#send({ ...submission, batch: batchPart(batch, 0, entry) });
    }
    const refused = refusalOf(batch, error, entry);
    const bytes = typeof entry === 'number' && !RETRIED_CODES.has(code) ? batch.entries[entry] : undefined;
    if (onRefused === undefined || typeof entry !== 'number' || bytes === undefined) throw refused;
    onRefused(bytes, { code, message: refused.fault.message });
    const [start, end] = [entry + 1, batch.entries.length];
    const middle = Math.ceil((start + end) / 2);
    for (const half of [batchPart(batch, start, middle), batchPart(batch, middle, end)]) {
      if (half.entries.length > 0) await this.#send({ ...submission, batch: half });
    }
  }

  /** For a network whose blocks hold fewer entries. */
  async #sendInParts(submission: Submission, limit: number): Promise<void> {
    const { batch } = submission;
    for (let start = 0; start < batch.entries.length; start += limit) {
      await this.#send({ ...submission, batch: batchPart(batch, start, start + limit) });
    }
  }
}

/** Canonical JSON is put into the call as it is. */
function appendParams(entries: readonly Uint8Array[], isOnce: boolean): JsonText {
  const parts: Uint8Array[] = [];
  for (const entry of entries) parts.push(parts.length === 0 ? OPENING : COMMA, entry);
  parts.push(isOnce ? CLOSING_ONCE : CLOSING);
  return Buffer.concat(parts).toString('utf8') as JsonText;
}

function refusalOf(batch: EntryBatch, error: RpcCallError, entry: unknown): BatchRefusedError {
  const line = (typeof entry === 'number' ? batch.lines[entry] : undefined) ?? batch.lines[0] ?? 0;
  const lastLine = batch.lines.at(-1) ?? line;
  // Whoever reads it knows lines, and not the places in a call.
  const message = typeof entry === 'number' ? withoutStart(error.message, `entry ${entry}: `) : error.message;
  return new BatchRefusedError({ line, code: error.rpc.data.code, message, lastLine }, error);
}

function withoutStart(text: string, start: string): string {
  return text.startsWith(start) ? text.slice(start.length) : text;
}

const OPENING = Buffer.from('{"entries":[');
const COMMA = Buffer.from(',');
const CLOSING = Buffer.from(']}');
const CLOSING_ONCE = Buffer.from('],"once":true}');

/** What passes: the pool is full, or the share of an author in it, or the index of what is in the chain is being built. */
const RETRIED_CODES: ReadonlySet<string> = new Set(['pool-full', 'author-share-full', 'entry-index-busy']);

/** Enough that the node always has one to work on while others are on their way. */
const BATCHES_UNDER_WAY_MAX = 4;
/** A node that takes in the blocks of others may be busy for a while. */
const ANSWER_TIMEOUT_MS = 60_000;
const POOL_RETRY_MS = 100;
/** Blocks may be minutes apart; a node that has none in ten is not being mined for. */
const POOL_WAIT_MS_MAX = 600_000;
