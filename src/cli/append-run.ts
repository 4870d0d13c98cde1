/** One run of `cairn append`: batches go to the node in order, and what becomes of them is counted, told and written down. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ProbeClient } from '../probe/probe-client.ts';
import { abortable } from './abortable.ts';
import type { AppendJournal } from './append-journal.ts';
import type { AppendSource } from './append-source.ts';
import { AppendTally, idLines } from './append-tally.ts';
import { EXIT_CODES, type ExitCode } from './command-error.ts';
import { batchEntries, batchPart, type EntryBatch, SIGNED_BATCH_LIMITS } from './entry-batches.ts';
import type { EntryPreparation } from './entry-preparation.ts';
import type { EntryFault } from './entry-reader.ts';
import { BatchRefusedError, EntrySubmitter, type TakenEntries } from './entry-submitter.ts';
import { InclusionCheck } from './inclusion-check.ts';
import type { LinePosition } from './line-splitter.ts';
import { ProgressLine } from './progress.ts';
import { BacklogRefusals } from './signed-backlog.ts';
import { formatCount } from './table.ts';
import type { Terminal } from './terminal.ts';

export interface RunFlags {
  readonly wait?: boolean;
  readonly once?: boolean;
  readonly ids?: boolean;
  readonly json?: boolean;
  /** The name of a key. */
  readonly sign?: string;
}

export interface RunParts {
  readonly terminal: Terminal;
  readonly client: ProbeClient;
  readonly flags: RunFlags;
  readonly signal: AbortSignal;
  readonly source: AppendSource;
  /** What is done to entries before they are sent. */
  readonly preparation: EntryPreparation;
  /** What an earlier run has signed, and no node is known to have. */
  readonly unsettled: readonly EntryBatch[];
  /** What a signed entry remembers of where it comes from. */
  readonly noteOf: (end: LinePosition) => string | undefined;
  /** Where the source begins in its file. */
  readonly start: LinePosition;
  /** Undefined where nobody could go on from it. It is closed in the end. */
  readonly journal: AppendJournal | undefined;
}

/** Every entry before the first fault is appended, and none after it; the answer says how many. */
export async function runBatches(parts: RunParts): Promise<ExitCode> {
  const check = parts.flags.wait === true ? await InclusionCheck.begin(parts.client) : undefined;
  return new AppendRun(parts, check).append();
}

class AppendRun {
  readonly #parts: RunParts;
  readonly #check: InclusionCheck | undefined;
  readonly #submitter: EntrySubmitter;
  readonly #progress: ProgressLine;
  readonly #tally = new AppendTally();
  readonly #refusals: BacklogRefusals;
  #lastLineSent = 0;
  #toldPoolFull = false;
  /** When all that was taken so far is told and written down. No more is sent before. */
  #settled: Promise<unknown> = Promise.resolve();

  constructor(parts: RunParts, check: InclusionCheck | undefined) {
    const { terminal, client, signal, source } = parts;
    this.#parts = parts;
    this.#check = check;
    this.#refusals = new BacklogRefusals(parts);
    const unit = source.sizeBytes === undefined ? 'entries' : 'bytes';
    this.#progress = new ProgressLine(terminal, { label: 'appending', unit });
    this.#submitter = new EntrySubmitter({
      client,
      signal,
      onTaken: (taken) => this.#take(taken),
      onPoolFull: () => this.#tellPoolFull(),
    });
  }

  async append(): Promise<ExitCode> {
    let fault: EntryFault | undefined;
    let failure: unknown;
    try {
      const { onRefused } = this.#refusals;
      for (const batch of this.#parts.unsettled) await this.#submitter.submit(batch, { isOnce: true, onRefused });
      fault = await this.#submitAll();
      await this.#submitter.drain();
      await this.#settled;
      await this.#waitForBlocks(0);
    } catch (error) {
      // What is still on its way counts too, once it is settled.
      await this.#submitter.drain().catch(() => undefined);
      if (error instanceof BatchRefusedError) ({ fault } = error);
      else failure = error;
    }
    try {
      await this.#parts.journal?.close(fault === undefined && failure === undefined);
    } catch (error) {
      failure ??= error;
    }
    await this.#settled.catch((error: unknown) => {
      failure ??= error;
    });
    await this.#report(fault, failure);
    if (failure !== undefined) throw failure;
    return fault === undefined ? EXIT_CODES.done : EXIT_CODES.refused;
  }

  async #submitAll(): Promise<EntryFault | undefined> {
    const { source, signal, journal, flags } = this.#parts;
    const limits = flags.sign === undefined ? undefined : SIGNED_BATCH_LIMITS;
    const iterator = batchEntries(source.chunks, source.reader, limits)[Symbol.asyncIterator]();
    for (;;) {
      // Nothing may come for hours, as from `tail -f`.
      const { done, value: batch } = await abortable(iterator.next(), signal);
      if (done === true) return undefined;
      if (!batch.ok) return batch.fault;
      const { prepared, fault } = await this.#prepare(batch.value);
      const firstEnd = prepared.ends[0];
      if (firstEnd !== undefined) {
        await journal?.reserve(prepared.ends.at(-1)?.bytes ?? firstEnd.bytes);
        const isDoubtful = journal !== undefined && firstEnd.bytes <= journal.doubtBytes;
        await this.#submitter.submit(prepared, { isOnce: flags.once === true || isDoubtful });
        this.#lastLineSent = prepared.lines.at(-1) ?? this.#lastLineSent;
      }
      if (fault !== undefined) return fault;
      await this.#settled;
      if (this.#check === undefined || this.#check.count < WAITING_IDS_MAX) continue;
      await this.#submitter.drain();
      await this.#waitForBlocks(WAITING_IDS_MAX / 2);
    }
  }

  /** With a fault, what stands before it. */
  async #prepare(
    batch: EntryBatch,
  ): Promise<{ readonly prepared: EntryBatch; readonly fault: EntryFault | undefined }> {
    const { preparation, noteOf } = this.#parts;
    const notes = batch.ends.map(noteOf).filter((note) => note !== undefined);
    const { entries, fault } = await preparation.prepare(batch.entries, notes);
    const prepared = { ...batchPart(batch, 0, entries.length), entries };
    if (fault === undefined) return { prepared, fault: undefined };
    const { code, message } = fault;
    return { prepared, fault: { line: batch.lines[fault.entry] ?? 0, code, message } };
  }

  /** With `--wait`: until at most `left` entries are not in blocks. */
  async #waitForBlocks(left: number): Promise<void> {
    const check = this.#check;
    if (check === undefined) return;
    await check.catchUp();
    while (check.count > left) {
      const { terminal, signal } = this.#parts;
      terminal.progress(`waiting for blocks: ${formatCount(check.count)} entries are in none yet`);
      await abortable(delay(LOOK_INTERVAL_MS), signal);
      await check.catchUp();
    }
  }

  #take(taken: TakenEntries): void {
    const { journal, source, start } = this.#parts;
    const { batch, entries, isUnbroken } = taken;
    this.#tally.add(entries);
    this.#check?.add(entries);
    const end = batch.ends.at(-1);
    const lastId = entries.at(-1)?.id;
    if (isUnbroken && end !== undefined && lastId !== undefined) journal?.acknowledge(end, lastId);
    this.#settled = this.#settled.then(() => this.#settle(taken));
    // Whoever sends more, or ends, hears that it failed.
    this.#settled.catch(() => undefined);
    if (source.sizeBytes === undefined) this.#progress.show(this.#tally.accepted);
    else this.#progress.show((end?.bytes ?? 0) - start.bytes, source.sizeBytes - start.bytes);
  }

  async #settle(taken: TakenEntries): Promise<void> {
    const { terminal, flags, journal, preparation } = this.#parts;
    // In this order: what is not known to be taken is sent once more after a crash, with the very signature that it has.
    if (flags.sign !== undefined) {
      await journal?.flush();
      preparation.taken(taken.batch.entries);
    }
    if (flags.ids === true) await terminal.write(idLines(taken, flags.json === true));
  }

  #tellPoolFull(): void {
    if (this.#toldPoolFull) return;
    this.#toldPoolFull = true;
    this.#parts.terminal.talk('As many entries wait for blocks as the node takes; going on as blocks are found.');
  }

  /** Whether something of the file is appended, by this run or by one that it goes on from. */
  get #hasTaken(): boolean {
    return this.#tally.accepted > 0 || this.#parts.start.bytes > 0;
  }

  /** Which lines were not appended: none is lost silently. */
  #describeLeftOut({ line, lastLine }: EntryFault): string {
    if (line === 0 || (lastLine === undefined && !this.#hasTaken)) return 'Nothing of it was appended.';
    if (lastLine === undefined) return `The entries before line ${line} were appended.`;
    // Batches behind the refused one may have been on their way.
    const batch = line === lastLine ? `line ${line}` : `lines ${line} to ${lastLine}`;
    return `Not appended: ${batch}, and everything after line ${Math.max(lastLine, this.#lastLineSent)}.`;
  }

  async #report(fault: EntryFault | undefined, failure: unknown): Promise<void> {
    const { terminal, journal, flags } = this.#parts;
    const isInBlocks = this.#check?.count === 0 && failure === undefined;
    this.#refusals.tell();
    if (fault !== undefined) {
      const where = fault.line === 0 ? 'an entry that an earlier run has signed' : `line ${fault.line}`;
      terminal.talk(`cairn: ${where}: ${fault.message} (${fault.code})`);
      terminal.talk(this.#describeLeftOut(fault));
    }
    if (journal !== undefined && (failure !== undefined || (fault !== undefined && this.#hasTaken))) {
      const first = failure === undefined && fault?.line !== 0 ? 'mend the line and ' : '';
      terminal.talk(`To go on without entries twice, ${first}say the same again with --resume.`);
    } else if (failure !== undefined && this.#lastLineSent > 0) {
      const told = 'What was on its way then may have been appended or not: send it again to be sure of it';
      terminal.talk(`${told}, with --once, so that nothing is recorded twice.`);
    }
    const told = this.#check === undefined ? undefined : isInBlocks;
    const line =
      flags.json === true ? this.#tally.toJson({ isInBlocks: told, fault }) : this.#tally.toSentence(isInBlocks);
    // With ids alone on stdout, whoever reads them needs no sentence between.
    if (flags.ids === true && flags.json !== true) terminal.talk(line);
    else await terminal.print(line);
  }
}

const LOOK_INTERVAL_MS = 100;
/** About as many as wait at a node at most, so that memory stays bounded with `--wait`, too. */
const WAITING_IDS_MAX = 50_000;
