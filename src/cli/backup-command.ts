/** `cairn backup`: has a running node write a copy of its store into a new file. */
import { resolve } from 'node:path';
import { jsonValue } from '../core/json-text.ts';
import { type CommandContext, parseAnswer, withNode } from './command-context.ts';
import { EXIT_CODES, type ExitCode } from './command-error.ts';
import { progressBar } from './progress.ts';

/** The node writes it, with its own rights and on its own machine. */
export async function runBackup(
  context: CommandContext,
  port: number,
  file: string,
  flags: { readonly json?: boolean },
): Promise<ExitCode> {
  const { terminal } = context;
  const path = resolve(file);
  const answer = await withNode(context, port, (client) =>
    client.call('backup', jsonValue({ path }), {
      timeoutMs: Number.POSITIVE_INFINITY,
      onProgress: (text) => {
        const { done, of } = parseAnswer<{ readonly done: number; readonly of: number }>(text);
        terminal.progress(`copying ${progressBar(done, of)}`);
      },
    }),
  );
  if (flags.json === true) await terminal.print(answer);
  else {
    await terminal.print(path);
    terminal.talk('To use it, put it as chain.sqlite into an empty folder, and start a node with --data on that.');
  }
  return EXIT_CODES.done;
}
