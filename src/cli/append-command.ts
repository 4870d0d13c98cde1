/** `cairn append`: entries from a file or a pipe into a node's pool, where they wait for blocks. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Submitted } from '../api/shapes.ts';
import type { ProbeClient } from '../probe/probe-client.ts';
import { abortable } from './abortable.ts';
import { type CommandContext, withNode } from './command-context.ts';
import { CommandError, EXIT_CODES, type ExitCode } from './command-error.ts';
import { batchEntries, type EntryBatch, type EntryFault } from './entry-batches.ts';
import { BatchRefusedError, EntrySubmitter } from './entry-submitter.ts';
import { InclusionCheck } from './inclusion-check.ts';
import { readJsonFile } from './json-input.ts';
import { formatCount } from './table.ts';

export interface AppendFlags {
  readonly wait?: boolean;
  readonly json?: boolean;
}

/** Every entry before the first fault is appended, and none after it; the answer says how many. */
export async function runAppend(
  context: CommandContext,
  port: number,
  file: string,
  flags: AppendFlags,
): Promise<ExitCode> {
  const batches = await openBatches(context, file);
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort(new CommandError(EXIT_CODES.interrupted, 'interrupted', 'Interrupted.'));
  process.once('SIGINT', interrupt);
  try {
    const run = new AppendRun(context, flags, interrupted.signal);
    return await withNode(context, port, (client) => run.append(client, batches));
  } finally {
    process.removeListener('SIGINT', interrupt);
  }
}

type Batches = AsyncIterable<
  { readonly ok: true; readonly value: EntryBatch } | { readonly ok: false; readonly fault: EntryFault }
>;

async function openBatches({ terminal }: CommandContext, file: string): Promise<Batches> {
  if (file === '-') {
    if (terminal.stdin.isTTY === true) terminal.talk('Reading entries, one JSON value a line; Ctrl-D ends.');
    return batchEntries(terminal.stdin);
  }
  const facts = await stat(file).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(EXIT_CODES.usage, 'file-unreadable', `${file}: it cannot be read (${reason}).`, cause);
  });
  if (facts.isDirectory()) {
    const message = `${file}: this is a folder; name a file with one JSON value a line, or - for stdin.`;
    throw new CommandError(EXIT_CODES.usage, 'file-unreadable', message);
  }
  if (!file.endsWith('.json')) return batchEntries(createReadStream(file, { highWaterMark: READ_BYTES }));
  const entry = await readJsonFile(file);
  return (async function* () {
    yield { ok: true, value: { entries: [entry], lines: [1] } } as const;
  })();
}

class AppendRun {
  readonly #context: CommandContext;
  readonly #flags: AppendFlags;
  readonly #signal: AbortSignal;
  #pending = 0;
  #alreadyPending = 0;
  #lastLineSent = 0;
  #toldPoolFull = false;
  #check: InclusionCheck | undefined;

  constructor(context: CommandContext, flags: AppendFlags, signal: AbortSignal) {
    this.#context = context;
    this.#flags = flags;
    this.#signal = signal;
  }

  async append(client: ProbeClient, batches: Batches): Promise<ExitCode> {
    if (this.#flags.wait === true) this.#check = await InclusionCheck.begin(client);
    const submitter = new EntrySubmitter({
      client,
      signal: this.#signal,
      onTaken: (entries) => this.#count(entries),
      onPoolFull: () => this.#tellPoolFull(),
    });
    let fault: EntryFault | undefined;
    let failure: unknown;
    try {
      fault = await this.#submitAll(submitter, batches);
      await submitter.drain();
      await this.#waitForBlocks(0);
    } catch (error) {
      // What is still on its way counts too, once it is settled.
      await submitter.drain().catch(() => undefined);
      if (error instanceof BatchRefusedError) ({ fault } = error);
      else failure = error;
    }
    await this.#report(fault, failure);
    if (failure !== undefined) throw failure;
    return fault === undefined ? EXIT_CODES.done : EXIT_CODES.refused;
  }

  async #submitAll(submitter: EntrySubmitter, batches: Batches): Promise<EntryFault | undefined> {
    const iterator = batches[Symbol.asyncIterator]();
    for (;;) {
      // Nothing may come for hours, as from `tail -f`.
      const { done, value: batch } = await abortable(iterator.next(), this.#signal);
      if (done === true) return undefined;
      if (!batch.ok) return batch.fault;
      await submitter.submit(batch.value);
      this.#lastLineSent = batch.value.lines.at(-1) ?? this.#lastLineSent;
      if (this.#check === undefined || this.#check.count < WAITING_IDS_MAX) continue;
      await submitter.drain();
      await this.#waitForBlocks(WAITING_IDS_MAX / 2);
    }
  }

  /** With `--wait`: until at most `left` entries are not in blocks. */
  async #waitForBlocks(left: number): Promise<void> {
    const check = this.#check;
    if (check === undefined) return;
    await check.catchUp();
    while (check.count > left) {
      this.#context.terminal.progress(`waiting for blocks: ${formatCount(check.count)} entries are in none yet`);
      await delay(LOOK_INTERVAL_MS, undefined, { signal: this.#signal });
      await check.catchUp();
    }
  }

  #count(entries: readonly Submitted[]): void {
    for (const { status } of entries) {
      if (status === 'pending') this.#pending++;
      else this.#alreadyPending++;
    }
    this.#check?.add(entries);
    this.#context.terminal.progress(`${formatCount(this.#pending + this.#alreadyPending)} entries taken`);
  }

  #tellPoolFull(): void {
    if (this.#toldPoolFull) return;
    this.#toldPoolFull = true;
    this.#context.terminal.talk('As many entries wait for blocks as the node takes; going on as blocks are found.');
  }

  /** Which lines were not appended: none is lost silently. */
  #describeLeftOut({ line, lastLine }: EntryFault): string {
    if (lastLine === undefined) return `The entries before line ${line} were appended; go on from there.`;
    // Batches behind the refused one may have been on their way.
    const batch = line === lastLine ? `line ${line}` : `lines ${line} to ${lastLine}`;
    return `Not appended: ${batch}, and everything after line ${Math.max(lastLine, this.#lastLineSent)}.`;
  }

  async #report(fault: EntryFault | undefined, failure: unknown): Promise<void> {
    const { terminal } = this.#context;
    const accepted = this.#pending + this.#alreadyPending;
    const isInBlocks = this.#check?.count === 0 && failure === undefined;
    if (fault !== undefined) {
      terminal.talk(`cairn: line ${fault.line}: ${fault.message} (${fault.code})`);
      terminal.talk(this.#describeLeftOut(fault));
    }
    if (failure !== undefined && this.#lastLineSent > 0) {
      const told = 'What was on its way then may have been appended or not: send it again to be sure of it';
      terminal.talk(`${told}; an entry that waits already is told as such.`);
    }
    if (this.#flags.json === true) {
      const facts = { accepted, pending: this.#pending, already_pending: this.#alreadyPending };
      await terminal.print(
        JSON.stringify({ ...facts, ...(this.#check && { in_blocks: isInBlocks }), ...(fault && { fault }) }),
      );
      return;
    }
    const already = this.#alreadyPending === 0 ? '' : `, ${formatCount(this.#alreadyPending)} of them waited already`;
    const place = isInBlocks ? 'in blocks' : 'waiting for a block';
    await terminal.print(`${formatCount(accepted)} ${accepted === 1 ? 'entry' : 'entries'} ${place}${already}`);
  }
}

const READ_BYTES = 262_144;
const LOOK_INTERVAL_MS = 100;
/** About as many as wait at a node at most, so that memory stays bounded with `--wait`, too. */
const WAITING_IDS_MAX = 50_000;
