/** The command line: how it is put together and ends. Commands stand in groups, and what a command does is in a file of its own. */
import { Command, CommanderError } from 'commander';
import packageFile from '../../package.json' with { type: 'json' };
import { resolveHome } from '../probe/cairn-home.ts';
import type { CommandContext } from './command-context.ts';
import { describeError, EXIT_CODES, type ExitCode, exitCodeOf } from './command-error.ts';
import { addAuthors } from './program-authors.ts';
import { addHelp } from './program-help.ts';
import { addMaintenance } from './program-maintenance.ts';
import { examples, type Run } from './program-parts.ts';
import { addQuestions } from './program-questions.ts';
import { addReceipts } from './program-receipts.ts';
import { addRecords } from './program-records.ts';
import { addConfig, addServers } from './program-servers.ts';
import { addSubmissions } from './program-submissions.ts';
import { addTransfers } from './program-transfers.ts';
import { loadSettings } from './settings.ts';
import { Terminal, type TerminalStreams } from './terminal.ts';
import { describeUsageError } from './usage-text.ts';

/** Runs the command that `args` ask for, and answers with what to exit with. Throws nothing. */
export async function runProgram(
  args: readonly string[],
  host: { readonly streams: TerminalStreams; readonly env: NodeJS.ProcessEnv },
): Promise<ExitCode> {
  const terminal = new Terminal(host.streams);
  const outcome: { exitCode: ExitCode } = { exitCode: EXIT_CODES.done };
  const run = async (command: (context: CommandContext) => Promise<ExitCode>): Promise<void> => {
    const home = resolveHome(host.env);
    outcome.exitCode = await command({ terminal, home, settings: await loadSettings(home, host.env) });
  };
  try {
    await createProgram(run, terminal, host.env).parseAsync(args, { from: 'user' });
    return outcome.exitCode;
  } catch (error) {
    // Commander has said what is wrong already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.done : EXIT_CODES.usage;
    terminal.talk(`${terminal.styleTalk('red', 'cairn:')} ${describeError(error)}`);
    return exitCodeOf(error);
  }
}

/** Commander passes an action what the argument and flag parsers of its command made, so their types are stated there. */
function createProgram(run: Run, terminal: Terminal, env: NodeJS.ProcessEnv): Command {
  // Subcommands take over what is set before they are added.
  const program = new Command('cairn')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.write(text),
      writeErr: (text) => terminal.talk(text.replace(/\n$/, '')),
      outputError: (text, write) => write(`${terminal.styleTalk('red', 'cairn:')} ${describeUsageError(text)}`),
    })
    .description('A decentralised, tamper-evident JSON ledger that several parties share with nobody in charge.')
    .version(packageFile.version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText(
      'before',
      examples('network --demo', 'node 5001', 'mine 5001 \'{"hello":"world"}\'', 'append 5001 events.ndjson'),
    )
    .addHelpText('after', AFTER_HELP);

  addServers(program, run, env);
  addConfig(program, run, env);
  addQuestions(program, run);
  addSubmissions(program, run);
  addTransfers(program, run);
  addReceipts(program, run);
  addRecords(program, run);
  addAuthors(program, run);
  addMaintenance(program, run);
  addHelp(program);
  return program;
}

const AFTER_HELP = `
Environment:
  CAIRN_HOME holds node data, the list of running nodes and config.json; two homes on one machine are two worlds.
  Every setting of config.json can be made in the environment, too, such as CAIRN_MINE=always for "mine".

Exit codes:
  0 done, 1 the answer is no, 2 wrong usage, 69 node not reachable, 70 failure, 78 configuration,
  130 interrupted`;
