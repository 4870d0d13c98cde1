/** `cairn shutdown`: stops a node in order. */
import { findRunning, watchRunning } from '../probe/running-nodes.ts';
import { type CommandContext, withNode } from './command-context.ts';
import { CommandError, EXIT_CODES, type ExitCode } from './command-error.ts';
import { withinDeadline } from './orderly-stop.ts';

/** Ends when the node is off the list of running nodes. */
export async function runShutdown(
  context: CommandContext,
  port: number,
  flags: { readonly json?: boolean },
): Promise<ExitCode> {
  const { home, terminal } = context;
  const watching = new AbortController();
  const { promise: left, resolve } = Promise.withResolvers<void>();
  const look = async () => {
    if ((await findRunning(home, port)) === undefined) resolve();
  };
  try {
    await watchRunning(home, () => void look(), { signal: watching.signal });
    await withNode(context, port, (client) => client.call('shutdown'));
    await look();
    if (!(await withinDeadline(left, LEAVE_DEADLINE_MS))) {
      throw new CommandError(
        EXIT_CODES.failed,
        'stop-deadline',
        `Node ${port} has been asked to stop and is still there after ${LEAVE_DEADLINE_MS / 1_000} s: see its log.`,
      );
    }
  } finally {
    watching.abort();
  }
  if (flags.json === true) await terminal.print(JSON.stringify({ port, stopped: true }));
  else terminal.talk(`Node ${port} has stopped.`);
  return EXIT_CODES.done;
}

/** A node has 5 s to close what it has open. */
const LEAVE_DEADLINE_MS = 8_000;
