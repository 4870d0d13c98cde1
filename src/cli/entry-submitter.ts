/** Sends batches of entries to a node, several at a time, and counts what becomes of them. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Submitted } from '../api/shapes.ts';
import type { JsonText } from '../core/json-text.ts';
import { type ProbeClient, RpcCallError } from '../probe/probe-client.ts';
import { parseAnswer } from './command-context.ts';
import type { EntryBatch, EntryFault } from './entry-batches.ts';

export interface SubmitterOptions {
  readonly client: ProbeClient;
  readonly signal: AbortSignal;
  /** Called for each batch that was taken. */
  readonly onTaken: (entries: readonly Submitted[]) => void;
  /** Called when the node has no room for more and is asked again later. */
  readonly onPoolFull: () => void;
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
  async submit(batch: EntryBatch): Promise<void> {
    while (this.#underWay.size >= BATCHES_UNDER_WAY_MAX) await Promise.race(this.#underWay);
    this.#throwFailure();
    const previous = this.#last;
    const turn = this.#send(batch, previous)
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

  async #send(batch: EntryBatch, previous: Promise<void>): Promise<void> {
    const { client, signal, onTaken, onPoolFull } = this.#options;
    const params = appendParams(batch.entries);
    const giveUpMs = performance.now() + POOL_WAIT_MS_MAX;
    for (;;) {
      try {
        const answer = await client.call('append', params, { signal, timeoutMs: ANSWER_TIMEOUT_MS });
        onTaken(parseAnswer<{ readonly entries: readonly Submitted[] }>(answer).entries);
        return;
      } catch (error) {
        if (!(error instanceof RpcCallError)) throw error;
        const { code, entry, limit } = error.rpc.data;
        if (code === 'entries-too-many' && typeof limit === 'number' && limit < batch.entries.length) {
          await this.#sendInParts(batch, limit, previous);
          return;
        }
        if (code !== 'pool-full' || performance.now() > giveUpMs) {
          // The node takes a batch whole or not at all: what stands before the entry that it refuses goes alone.
          if (typeof entry === 'number' && entry > 0) await this.#send(part(batch, 0, entry), previous);
          throw refusal(batch, error, entry);
        }
      }
      // It is sent again after the earlier ones, to keep the order.
      onPoolFull();
      await previous;
      this.#throwFailure();
      await delay(POOL_RETRY_MS, undefined, { signal });
    }
  }

  /** For a network whose blocks hold fewer entries. */
  async #sendInParts(batch: EntryBatch, limit: number, previous: Promise<void>): Promise<void> {
    for (let start = 0; start < batch.entries.length; start += limit) {
      await this.#send(part(batch, start, start + limit), previous);
    }
  }
}

function part({ entries, lines }: EntryBatch, start: number, end: number): EntryBatch {
  return { entries: entries.slice(start, end), lines: lines.slice(start, end) };
}

/** Canonical JSON is put into the call as it is. */
function appendParams(entries: readonly Uint8Array[]): JsonText {
  const parts: Uint8Array[] = [];
  for (const entry of entries) parts.push(parts.length === 0 ? OPENING : COMMA, entry);
  parts.push(CLOSING);
  return Buffer.concat(parts).toString('utf8') as JsonText;
}

function refusal(batch: EntryBatch, error: RpcCallError, entry: unknown): BatchRefusedError {
  const line = (typeof entry === 'number' ? batch.lines[entry] : undefined) ?? batch.lines[0] ?? 0;
  const lastLine = batch.lines.at(-1) ?? line;
  return new BatchRefusedError({ line, code: error.rpc.data.code, message: error.message, lastLine }, error);
}

const OPENING = Buffer.from('{"entries":[');
const COMMA = Buffer.from(',');
const CLOSING = Buffer.from(']}');

/** Enough that the node always has one to work on while others are on their way. */
const BATCHES_UNDER_WAY_MAX = 4;
/** A node that takes in the blocks of others may be busy for a while. */
const ANSWER_TIMEOUT_MS = 60_000;
const POOL_RETRY_MS = 100;
/** Blocks may be minutes apart; a node that has none in ten is not being mined for. */
const POOL_WAIT_MS_MAX = 600_000;
