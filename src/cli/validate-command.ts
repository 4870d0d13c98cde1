/** `cairn validate`: has a node check its whole chain again. */
import type { Validation } from '../api/shapes.ts';
import { counted } from '../core/check-step.ts';
import { type CommandContext, parseAnswer, withNode } from './command-context.ts';
import { EXIT_CODES, type ExitCode } from './command-error.ts';
import { ProgressLine } from './progress.ts';

/** Answers in the founding specification's words. */
export async function runValidate(
  context: CommandContext,
  port: number,
  flags: { readonly json?: boolean },
): Promise<ExitCode> {
  const { terminal } = context;
  const line = new ProgressLine(terminal, { label: 'checking', unit: 'blocks' });
  const text = await withNode(context, port, (client) =>
    client.call('validate', undefined, {
      timeoutMs: Infinity,
      onProgress: (progress) => {
        const { blocks, of } = parseAnswer<{ readonly blocks: number; readonly of: number }>(progress);
        line.show(blocks, of);
      },
    }),
  );
  const { valid, blocks, fault } = parseAnswer<Validation>(text);
  if (flags.json === true) {
    await terminal.print(text);
  } else {
    await terminal.print(valid ? 'is valid.' : 'not valid.');
    terminal.talk(`${counted(blocks, 'block', 'blocks')} of node ${port} ${blocks === 1 ? 'was' : 'were'} checked.`);
    if (fault !== null) {
      terminal.talk(`At height ${fault.height}: ${fault.message} (${fault.code})`);
      terminal.talk('Stop the node and run `cairn fsck` on its data folder to see what is damaged.');
    }
  }
  return valid ? EXIT_CODES.done : EXIT_CODES.refused;
}
