/**
 * What was signed before and is not known to have come to a node: handed in first, as it is.
 *
 * What the node refuses of it for good is kept all the same, and told: its number is given, the node has seen it, and another
 * statement with that number would convict the author (docs/spec/authors.md#signing). It holds up nothing else.
 */
import { counted } from '../core/check-step.ts';
import type { Hash } from '../core/hash.ts';
import { hashLeaf } from '../core/merkle.ts';
import type { ProbeClient } from '../probe/probe-client.ts';
import type { EntryRefusal, WaitingEntry } from './author-book.ts';
import type { EntryBatch } from './entry-batches.ts';
import type { EntryPreparation } from './entry-preparation.ts';
import { EntrySubmitter } from './entry-submitter.ts';
import { INPUT_START, type LinePosition } from './line-splitter.ts';
import { formatCount } from './table.ts';
import type { Terminal } from './terminal.ts';

export interface BacklogParts {
  readonly client: ProbeClient;
  readonly terminal: Terminal;
  readonly preparation: EntryPreparation;
  readonly signal: AbortSignal;
}

/** Resolves when a node has all of it, durably, but for what it refuses, and for `except`. What a node has already is not recorded again. */
export async function handInBacklog(parts: BacklogParts, except: ReadonlySet<Hash> = new Set()): Promise<void> {
  const { client, terminal, preparation, signal } = parts;
  const waiting = preparation.waiting.filter(({ bytes }) => !except.has(hashLeaf(bytes)));
  const refusals = new BacklogRefusals(parts);
  const submitter = new EntrySubmitter({
    client,
    signal,
    onTaken: ({ batch }) => preparation.taken(batch.entries),
    onPoolFull: () => terminal.talk('As many entries wait for blocks as the node takes; going on as blocks are found.'),
  });
  const { onRefused } = refusals;
  for (const batch of backlogBatches(waiting)) await submitter.submit(batch, { isOnce: true, onRefused });
  await submitter.drain();
  refusals.tell();
}

/** What waits, as much as goes into one call; each that was refused before by itself, so that it costs one call and no more. */
export function backlogBatches(
  waiting: readonly WaitingEntry[],
  endOf: (entry: WaitingEntry) => LinePosition = () => INPUT_START,
): readonly EntryBatch[] {
  const batches: { entries: Uint8Array[]; lines: number[]; ends: LinePosition[] }[] = [];
  let roomBytes = 0;
  for (const entry of waiting) {
    const { bytes, refusal } = entry;
    let batch = batches.at(-1);
    if (batch === undefined || batch.entries.length >= CALL_ENTRIES_MAX || bytes.length > roomBytes || refusal) {
      batch = { entries: [], lines: [], ends: [] };
      batches.push(batch);
      roomBytes = CALL_BYTES_MAX;
    }
    batch.entries.push(bytes);
    batch.lines.push(0);
    batch.ends.push(endOf(entry));
    roomBytes = refusal === undefined ? roomBytes - bytes.length : 0;
  }
  return batches;
}

/** Keeps what a node refuses, and tells of it: whatever is new by itself, the rest by its number. */
export class BacklogRefusals {
  readonly #parts: Pick<BacklogParts, 'terminal' | 'preparation'>;
  readonly #waiting: ReadonlyMap<Hash, WaitingEntry>;
  #refusedAgain = 0;

  constructor(parts: Pick<BacklogParts, 'terminal' | 'preparation'>) {
    this.#parts = parts;
    this.#waiting = new Map(parts.preparation.waiting.map((entry) => [hashLeaf(entry.bytes), entry]));
  }

  readonly onRefused = (bytes: Uint8Array, refusal: EntryRefusal): void => {
    const { terminal, preparation } = this.#parts;
    const entry = this.#waiting.get(hashLeaf(bytes));
    preparation.refused(bytes, refusal);
    if (entry?.refusal !== undefined) this.#refusedAgain++;
    else {
      const what = `Refused, though it is signed as number ${formatCount(entry?.sequence ?? 0)}`;
      terminal.talk(`${what}: ${refusal.message} (${refusal.code}). ${KEPT}`);
    }
  };

  /** In the end. */
  tell(): void {
    if (this.#refusedAgain === 0) return;
    const count = counted(this.#refusedAgain, 'entry', 'entries');
    this.#parts.terminal.talk(
      `Refused as before: ${count} that this key has signed (\`cairn keys show\` says which, and why).`,
    );
  }
}

const KEPT = 'It is kept, since its number cannot be given again: each run hands it in once more.';
/** Below what one call takes (docs/spec/wire.md#json-rpc). */
const CALL_ENTRIES_MAX = 1_000;
const CALL_BYTES_MAX = 900 * 1_024;
