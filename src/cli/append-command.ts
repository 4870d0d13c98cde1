/** `cairn append`: entries from a file or a pipe into a node's pool, where they wait for blocks. */
import type { NodeStatus } from '../api/shapes.ts';
import { jsonValue } from '../core/json-text.ts';
import { type ProbeClient, RpcCallError } from '../probe/probe-client.ts';
import { interruptible } from './abortable.ts';
import { AppendJournal, type JournalName, type JournalState, journalKey, readJournal } from './append-journal.ts';
import { type RunFlags, runBatches } from './append-run.ts';
import { checkSource, openSource, type SourceFlags, type SourceKind, sourceKind } from './append-source.ts';
import { type CommandContext, parseAnswer, withNode } from './command-context.ts';
import { CommandError, EXIT_CODES, type ExitCode } from './command-error.ts';
import type { EntryBatch } from './entry-batches.ts';
import { type EntryPreparation, openPreparation, type PreparationFlags } from './entry-preparation.ts';
import { INPUT_START, type LinePosition } from './line-splitter.ts';
import { backlogBatches } from './signed-backlog.ts';
import { formatCount } from './table.ts';

export interface AppendFlags extends RunFlags, SourceFlags, PreparationFlags {
  readonly resume?: boolean;
}

/** Every entry before the first fault is appended, and none after it; the answer says how many. */
export async function runAppend(
  context: CommandContext,
  port: number,
  file: string,
  flags: AppendFlags,
): Promise<ExitCode> {
  const kind = sourceKind(file, flags);
  const hasJournal = file !== '-' && kind.type !== 'json-value';
  if (flags.resume === true && !hasJournal) throw notResumable(file);
  await checkSource(file);
  return interruptible((signal) =>
    withNode(context, port, async (client) => {
      const opened = hasJournal ? await openJournal(context, client, file, flags) : NO_JOURNAL;
      return append({ context, client, file, kind, flags, signal, ...opened });
    }),
  );
}

interface OpenedJournal {
  /** Undefined where none can be kept. */
  readonly journal: AppendJournal | undefined;
  /** What stands in signed entries before the place that they come from. */
  readonly key: string | undefined;
  /** What is gone on from. */
  readonly state: JournalState | undefined;
}

interface Append extends OpenedJournal {
  readonly context: CommandContext;
  readonly client: ProbeClient;
  readonly file: string;
  readonly kind: SourceKind;
  readonly flags: AppendFlags;
  readonly signal: AbortSignal;
}

async function append(options: Append): Promise<ExitCode> {
  const { context, client, flags, signal, key } = options;
  const preparation = await openPreparation(context, client, flags, signal);
  try {
    const { terminal } = context;
    const { unsettled, start } = goOn(preparation, options);
    if (flags.resume === true && start.bytes > 0) terminal.talk(`Going on after line ${formatCount(start.line)}.`);
    if (unsettled.length > 0) {
      const count = formatCount(preparation.waiting.length);
      terminal.talk(`Signed by an earlier run, and not known to be at a node: ${count}. They go first.`);
    }
    const source = await openSource(terminal, { file: options.file, kind: options.kind, start });
    const noteOf = ({ bytes, line }: LinePosition) => (key === undefined ? undefined : `${key} ${bytes} ${line}`);
    const { journal } = options;
    return await runBatches({
      terminal,
      client,
      flags,
      signal,
      source,
      preparation,
      unsettled,
      noteOf,
      start,
      journal,
    });
  } finally {
    preparation.close();
  }
}

/** What is to be sent again as it was signed, in batches, and where the file goes on behind it. */
function goOn(
  { waiting }: EntryPreparation,
  { state, key, flags }: Append,
): { readonly unsettled: readonly EntryBatch[]; readonly start: LinePosition } {
  let start = state?.acknowledged ?? INPUT_START;
  const unsettled = backlogBatches(waiting, ({ note }) => {
    const [from, endBytes, endLine] = note?.split(' ') ?? [];
    // Also where there is no journal: a run may have been killed while it signed what it was going to send first.
    const isOurs = flags.resume === true && from !== undefined && from === key;
    if (isOurs && Number(endBytes) > start.bytes) start = { bytes: Number(endBytes), line: Number(endLine) };
    return start;
  });
  return { unsettled, start };
}

/** Goes on from what an earlier run has left, where that is asked for. */
async function openJournal(
  { terminal, home }: CommandContext,
  client: ProbeClient,
  file: string,
  { resume }: AppendFlags,
): Promise<OpenedJournal> {
  const { genesis } = parseAnswer<NodeStatus>(await client.call('status')).network;
  const name: JournalName = { home, file, genesis };
  const key = await journalKey(name);
  if (resume === true) {
    const state = await readJournal(name);
    if (state?.lastId !== undefined) await checkStillThere(client, file, state.lastId);
    return { journal: await AppendJournal.open(terminal, name, state), key, state };
  }
  try {
    return { journal: await AppendJournal.open(terminal, name), key, state: undefined };
  } catch (error) {
    // Somebody who does not go on later needs none.
    const reason = error instanceof Error ? error.message : String(error);
    terminal.talk(`How far this gets cannot be written down, so --resume will not know (${reason}).`);
    return NO_JOURNAL;
  }
}

/** A node that was set up anew knows nothing of what was appended before: then there is nothing to go on from. */
async function checkStillThere(client: ProbeClient, file: string, id: string): Promise<void> {
  try {
    await client.call('entry', jsonValue({ id }));
  } catch (error) {
    if (!(error instanceof RpcCallError) || error.rpc.data.code !== 'entry-not-found') {
      // While the index is being built, nobody can say so.
      if (error instanceof RpcCallError && error.rpc.data.code === 'entry-index-busy') return;
      throw error;
    }
    const message = `The node does not know the last entry that was appended from ${file} (${id}): its chain is another one, or was begun anew. Leave --resume out to append all of the file.`;
    throw new CommandError(EXIT_CODES.refused, 'journal-other-chain', message);
  }
}

function notResumable(file: string): CommandError {
  const what = file === '-' ? 'What comes from stdin' : `${file} is one entry, which`;
  const message = `${what} has no place to go on from: leave --resume out, and say --once to record nothing twice.`;
  return new CommandError(EXIT_CODES.usage, 'resume-impossible', message);
}

const NO_JOURNAL: OpenedJournal = { journal: undefined, key: undefined, state: undefined };
