/** `cairn mine`: has a node mine one JSON value into a block, and prints the block. */
import type { LedgerEvent } from '../api/shapes.ts';
import { type JsonText, jsonArray, jsonObject, readElements, readMembers } from '../core/json-text.ts';
import type { ProbeClient } from '../probe/probe-client.ts';
import { abortable, interruptible } from './abortable.ts';
import { answeredWithout, type CommandContext, parseAnswer, withNode } from './command-context.ts';
import { CommandError, EXIT_CODES, type ExitCode } from './command-error.ts';
import { openPreparation, type PreparationFault, type PreparationFlags } from './entry-preparation.ts';
import { readJsonStream, readJsonText } from './json-input.ts';
import { handInBacklog } from './signed-backlog.ts';
import { formatCount, formatExpected, formatRate, formatSeconds } from './table.ts';
import type { Terminal } from './terminal.ts';

export interface MineFlags extends PreparationFlags {
  readonly json?: boolean;
}

export async function runMine(
  context: CommandContext,
  port: number,
  json: string,
  flags: MineFlags,
): Promise<ExitCode> {
  const { terminal } = context;
  if (json === '-' && terminal.stdin.isTTY === true) terminal.talk('Reading one JSON value; Ctrl-D ends.');
  const bytes = json === '-' ? await readJsonStream(terminal.stdin, 'stdin') : readJsonText(json, 'the JSON');
  const answer = await interruptible((signal) =>
    withNode(context, port, (client) => minePrepared({ context, client, bytes, flags, signal })),
  );
  const members = readMembers(answer);
  const block = members.ok ? members.value.get('block') : undefined;
  if (block === undefined) throw answeredWithout('a block');
  await terminal.print(block);
  return EXIT_CODES.done;
}

/** The entries in `bytes` are signed and stamped as flags and network ask for, and mined into one block. */
async function minePrepared(parts: {
  readonly context: CommandContext;
  readonly client: ProbeClient;
  readonly bytes: Uint8Array;
  readonly flags: MineFlags;
  readonly signal: AbortSignal;
}): Promise<JsonText> {
  const { context, client, flags, signal } = parts;
  const preparation = await openPreparation(context, client, flags, signal);
  try {
    await handInBacklog({ client, terminal: context.terminal, preparation, signal });
    // Canonical JSON is well formed.
    const text = Buffer.from(parts.bytes).toString('utf8') as JsonText;
    const elements = readElements(text);
    const entries = elements.ok ? elements.value.map((element) => Buffer.from(element, 'utf8')) : [parts.bytes];
    const prepared = await preparation.prepareWhole(entries);
    if (prepared.fault !== undefined) throw refusal(prepared.fault, elements.ok);
    const texts = prepared.entries.map((entry) => Buffer.from(entry).toString('utf8') as JsonText);
    const [only = text] = texts;
    const data = elements.ok ? jsonArray(texts) : only;
    const terminal = flags.json === true ? undefined : context.terminal;
    try {
      const answer = await abortable(mine(client, jsonObject({ data }), terminal), signal);
      preparation.taken(prepared.entries);
      return answer;
    } catch (error) {
      if (flags.sign !== undefined) context.terminal.talk(SIGNED_ALREADY);
      throw error;
    }
  } finally {
    preparation.close();
  }
}

function refusal({ entry, code, message }: PreparationFault, isArray: boolean): CommandError {
  const where = isArray ? `entry ${entry + 1}` : 'the JSON';
  return new CommandError(EXIT_CODES.refused, code, `${where}: ${message} (${code})`);
}

/** Progress is for people who watch `terminal`. */
async function mine(client: ProbeClient, params: JsonText, terminal: Terminal | undefined): Promise<JsonText> {
  const done = new AbortController();
  const watching = terminal?.hasProgress === true ? showProgress(client, terminal, done.signal) : Promise.resolve();
  try {
    return await client.call('mine', params, { timeoutMs: Infinity });
  } finally {
    done.abort();
    await watching;
  }
}

/** Progress is a courtesy: where it cannot be had, the mining goes on without it. */
async function showProgress(client: ProbeClient, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const startMs = performance.now();
  try {
    for await (const text of client.events({ signal })) {
      const { event } = parseAnswer<{ readonly event: LedgerEvent }>(text);
      if (event.type !== 'mining-progress') continue;
      const expected = event.expected_s === null ? [] : [`a block takes ${formatExpected(event.expected_s)}`];
      const elapsed = `${formatSeconds((performance.now() - startMs) / 1_000)} so far`;
      const line = [formatRate(event.hashes_per_second), ...expected, elapsed].join(', ');
      terminal.progress(`mining block ${formatCount(event.height)}: ${line}`);
    }
  } catch (error) {
    if (!signal.aborted) terminal.talk(`No progress can be shown: ${error instanceof Error ? error.message : error}`);
  }
}

/** A signature cannot be taken back, so an entry that was signed is an entry that is to be on record. */
const SIGNED_ALREADY =
  'It is signed, under a number that is given once: it goes to a node together with the next that this key signs.';
