/** `cairn mine`: has a node mine one JSON value into a block, and prints the block. */
import type { LedgerEvent } from '../api/shapes.ts';
import { type JsonText, jsonObject, readMembers } from '../core/json-text.ts';
import type { ProbeClient } from '../probe/probe-client.ts';
import { type CommandContext, parseAnswer, withNode } from './command-context.ts';
import { CommandError, EXIT_CODES, type ExitCode } from './command-error.ts';
import { readJsonStream, readJsonText } from './json-input.ts';
import { formatCount, formatExpected, formatRate, formatSeconds } from './table.ts';
import type { Terminal } from './terminal.ts';

export async function runMine(
  context: CommandContext,
  port: number,
  json: string,
  flags: { readonly json?: boolean },
): Promise<ExitCode> {
  const { terminal } = context;
  if (json === '-' && terminal.stdin.isTTY === true) terminal.talk('Reading one JSON value; Ctrl-D ends.');
  const bytes = json === '-' ? await readJsonStream(terminal.stdin, 'stdin') : readJsonText(json, 'the JSON');
  // Canonical JSON is well formed.
  const params = jsonObject({ data: Buffer.from(bytes).toString('utf8') as JsonText });
  const answer = await withNode(context, port, (client) =>
    mine(client, params, flags.json === true ? undefined : terminal),
  );
  const members = readMembers(answer);
  const block = members.ok ? members.value.get('block') : undefined;
  if (block === undefined) {
    const message = `Node ${port} answered without a block: check that it is of this version.`;
    throw new CommandError(EXIT_CODES.unreachable, 'probe-protocol', message);
  }
  await terminal.print(block);
  return EXIT_CODES.done;
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
