/** The commands that ask a node something. */
import type { Command } from 'commander';
import { addQuestion, examples, type JsonFlag, jsonOption, parser, type Run } from './program-parts.ts';
import { ENTRY_ID, PORT } from './value-kind.ts';

/** `status`, `chain`, `entry`, `validate`, `peers` and `shutdown`. */
export function addQuestions(program: Command, run: Run): void {
  addQuestion(program, 'status', 'print what a node is, has and does').action((port: number, flags: JsonFlag) =>
    run(async (context) => (await import('./status-command.ts')).runStatus(context, port, flags)),
  );
  addQuestion(program, 'chain', "print a node's chain as a JSON array").action((port: number) =>
    run(async (context) => (await import('./chain-command.ts')).runChain(context, port)),
  );
  program
    .command('entry')
    .description('print what has become of an entry: in a block, pending, returned or refused')
    .argument('<port>', 'of the node', parser(PORT))
    .argument('<id>', 'of the entry: 64 hex digits, as append --ids and the explorer tell it', parser(ENTRY_ID))
    .addOption(jsonOption())
    .addHelpText('before', examples('entry 5001 "$id"'))
    .action((port: number, id: string, flags: JsonFlag) =>
      run(async (context) => (await import('./entry-command.ts')).runEntry(context, port, id, flags)),
    );
  addQuestion(program, 'validate', 'have a node check its whole chain; exits with 1 where it is not valid').action(
    (port: number, flags: JsonFlag) =>
      run(async (context) => (await import('./validate-command.ts')).runValidate(context, port, flags)),
  );
  addQuestion(program, 'peers', 'print whom a node is connected to').action((port: number, flags: JsonFlag) =>
    run(async (context) => (await import('./peers-command.ts')).runPeers(context, port, flags)),
  );
  addQuestion(program, 'shutdown', 'stop a node in order').action((port: number, flags: JsonFlag) =>
    run(async (context) => (await import('./shutdown-command.ts')).runShutdown(context, port, flags)),
  );
}
