/** The command line: its commands, flags and help. What a command does is in a file of its own. */
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import packageFile from '../../package.json' with { type: 'json' };
import { KERNEL_NAMES } from '../mining/kernel-name.ts';
import { resolveHome } from '../probe/cairn-home.ts';
import type { AppendFlags } from './append-command.ts';
import type { BenchFlags } from './bench-command.ts';
import type { CommandContext } from './command-context.ts';
import { describeError, EXIT_CODES, type ExitCode, exitCodeOf } from './command-error.ts';
import type { ExportFlags } from './export-command.ts';
import type { GatewayFlags } from './gateway-command.ts';
import type { MaintenanceFlags } from './maintenance-commands.ts';
import type { NetworkFlags } from './network-command.ts';
import type { NodeFlags } from './node-command.ts';
import { loadSettings } from './settings.ts';
import { Terminal, type TerminalStreams } from './terminal.ts';
import {
  ENTRY_ID,
  HEIGHT,
  LISTEN_ADDRESS,
  LISTEN_PORT,
  LOG_LEVEL,
  MINING_KERNEL,
  MINING_MODE,
  NODE_COUNT,
  PEER_ADDRESS,
  PERCENT,
  PORT,
  TEXT,
  type ValueKind,
} from './value-kind.ts';
import type { VerifyFlags } from './verify-command.ts';

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

type Run = (command: (context: CommandContext) => Promise<ExitCode>) => Promise<void>;

interface JsonFlag {
  readonly json?: boolean;
}

/** Commander passes an action what the argument and flag parsers of its command made, so their types are stated there. */
function createProgram(run: Run, terminal: Terminal, env: NodeJS.ProcessEnv): Command {
  // Subcommands take over what is set before they are added.
  const program = new Command('cairn')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.write(text),
      writeErr: (text) => terminal.talk(text.trimEnd()),
      outputError: (text, write) => write(`${terminal.styleTalk('red', 'cairn:')} ${text.replace(/^error: /, '')}`),
    })
    .showHelpAfterError('Run `cairn --help`, or `cairn <command> --help`, to see what there is.')
    .description('A decentralised, tamper-evident JSON ledger that several parties share with nobody in charge.')
    .version(packageFile.version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText(
      'before',
      examples('network --demo', 'node 5001', 'mine 5001 \'{"hello":"world"}\'', 'append 5001 events.ndjson'),
    )
    .addHelpText('after', AFTER_HELP);

  addServers(program, run, env);
  addQuestions(program, run);
  addSubmissions(program, run);
  addTransfers(program, run);
  addReceipts(program, run);

  program
    .command('fsck')
    .description('check a data folder that no node has open')
    .argument('<dir>', 'the folder, or the port whose folder it is')
    .option('--network <file>', 'the parameter file of its network')
    .addOption(jsonOption())
    .addHelpText('before', examples('fsck 5001', 'fsck ~/cairn-data'))
    .action((folder: string, flags: JsonFlag & { readonly network?: string }) =>
      run(async (context) => (await import('./fsck-command.ts')).runFsck(context, folder, flags)),
    );
  addMaintenance(program, run);
  program
    .command('bench')
    .description(
      'measure what this machine would do as a miner, and what rewriting the last hour of a chain would take',
    )
    .addArgument(new Argument('<what>', 'what is measured').choices(['mining']))
    .option('--node <port>', 'the node whose chain is asked about (the first one that runs)', parser(PORT))
    .addOption(miningShareOption())
    .addOption(jsonOption())
    .addHelpText('before', examples('bench mining', 'bench mining --node 5001 --mining-share 50'))
    .action((_what: string, flags: BenchFlags) =>
      run(async (context) => (await import('./bench-command.ts')).runBenchMining(context, flags)),
    );
  return program;
}

/** The commands for what is proved to people who run no node. */
function addReceipts(program: Command, run: Run): void {
  program
    .command('receipt')
    .description('write a file that proves, to anybody and without asking anybody, that an entry is on record')
    .argument('<port>', 'of the node', parser(PORT))
    .argument('<id>', 'of the entry: 64 hex digits, as the explorer and HTTP tell it', parser(ENTRY_ID))
    .argument('[file]', 'named by the id unless told; - for stdout')
    .addOption(jsonOption())
    .addHelpText('before', examples('receipt 5001 "$id"', 'receipt 5001 "$id" order-17.receipt.json'))
    .action((port: number, id: string, file: string | undefined, flags: JsonFlag) =>
      run(async (context) => (await import('./receipt-command.ts')).runReceipt(context, port, id, { file, ...flags })),
    );
  program
    .command('verify')
    .description('check receipts, offline: exits with 1 where one does not prove what it says')
    .argument('<file...>', 'receipts; - for stdin')
    .option('--network <file>', 'the parameter file of the network that they must be of')
    .option('--genesis <hash>', 'the genesis of that network, in its place')
    .option('--steps', 'print each thing that was checked')
    .addOption(jsonOption())
    .addHelpText('before', examples('verify order-17.receipt.json', 'verify --steps *.receipt.json'))
    .action((files: readonly string[], flags: VerifyFlags) =>
      run(async (context) => (await import('./verify-command.ts')).runVerify(context, files, flags)),
    );
}

/** The commands for a data folder that no node has open. */
function addMaintenance(program: Command, run: Run): void {
  const add = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .argument('<dir>', 'the folder, or the port whose folder it is')
      .option('--network <file>', 'the parameter file of its network')
      .addOption(jsonOption())
      .addHelpText('before', examples(`${name} 5001`, `${name} ~/cairn-data`));
  add('compact', 'give room that a data folder no longer needs back to the disk').action(
    (folder: string, flags: MaintenanceFlags) =>
      run(async (context) => (await import('./maintenance-commands.ts')).runCompact(context, folder, flags)),
  );
  add('reindex', 'make anew what follows from the blocks of a data folder: keys, works, history, indexes').action(
    (folder: string, flags: MaintenanceFlags) =>
      run(async (context) => (await import('./maintenance-commands.ts')).runReindex(context, folder, flags)),
  );
}

/** The commands that carry a whole chain. */
function addTransfers(program: Command, run: Run): void {
  program
    .command('export')
    .description("write a node's chain into a file or to stdout, of any length: as a JSON array, or one block a line")
    .argument('<port>', 'of the node', parser(PORT))
    .argument('[file]', 'replaced when all is written; - for stdout', '-')
    .option(
      '--ndjson',
      'one block a line, as for a file whose name ends in .ndjson; for chains over 9,999,999,999 bytes',
    )
    .option('--from <height>', 'the first block, one block a line', parser(HEIGHT))
    .option('--to <height>', 'the last block, one block a line', parser(HEIGHT))
    .addOption(jsonOption())
    .addHelpText(
      'before',
      examples(
        'export 5001 chain.json',
        'export 5001 chain.ndjson',
        'export 5001 --from 1000 --to 1999 | gzip > part.gz',
      ),
    )
    .action((port: number, file: string, flags: ExportFlags) =>
      run(async (context) => (await import('./export-command.ts')).runExport(context, port, file, flags)),
    );
  program
    .command('import')
    .description('offer a node a chain, as export writes it; exits with 1 where the node does not take it')
    .argument('<port>', 'of the node', parser(PORT))
    .argument('[file]', 'a JSON array of blocks, or one block a line, from the genesis on; - for stdin', '-')
    .addOption(jsonOption())
    .addHelpText('before', examples('import 5001 chain.ndjson', 'export 5001 - | cairn import 5002'))
    .action((port: number, file: string, flags: JsonFlag) =>
      run(async (context) => (await import('./import-command.ts')).runImport(context, port, file, flags)),
    );
  program
    .command('backup')
    .description('have a running node copy its store into a new file, while it goes on')
    .argument('<port>', 'of the node', parser(PORT))
    .argument('<file>', 'on the machine of the node, which writes it; it must not be there yet')
    .addOption(jsonOption())
    .addHelpText('before', examples('backup 5001 ~/backups/chain-monday.sqlite'))
    .action((port: number, file: string, flags: JsonFlag) =>
      run(async (context) => (await import('./backup-command.ts')).runBackup(context, port, file, flags)),
    );
}

/** The commands that stay up. */
function addServers(program: Command, run: Run, env: NodeJS.ProcessEnv): void {
  program
    .command('node')
    .description('run a node')
    .argument('<port>', 'the port of its probe socket, by which it is known on this machine', parser(LISTEN_PORT))
    .option('--data <dir>', 'where it keeps its data (a folder in the home, named by the port)')
    .option('--peer <addr>', 'a peer to keep in touch with; may stand several times', collector(PEER_ADDRESS))
    .option('--listen <addr>', 'where peers reach it; may stand several times', collector(LISTEN_ADDRESS))
    .option(
      '--mine <when>',
      'demand (when asked to), entries (while some wait; the default) or always',
      parser(MINING_MODE),
    )
    .option('--network <file>', 'the parameter file of the network to join')
    .addOption(miningShareOption())
    .addOption(miningKernelOption())
    .option('--host <host>', 'where its probe socket listens; whoever reaches it may stop the node', parser(TEXT))
    .addOption(logOption('info'))
    .addOption(jsonOption())
    .addHelpText(
      'before',
      examples('node 5001', 'node 5001 --listen /ip4/0.0.0.0/tcp/4001 --peer /ip4/192.0.2.7/tcp/4001'),
    )
    .action((port: number, flags: NodeFlags) =>
      run(async (context) => (await import('./node-command.ts')).runNode(context, port, flags)),
    );
  program
    .command('gateway')
    .description('run the HTTP interface to the nodes of this machine')
    .option('--port <port>', 'where it listens (8080)', parser(LISTEN_PORT))
    .option('--host <host>', 'where it listens (127.0.0.1); beyond loopback it needs a token', parser(TEXT))
    .option('--token-file <file>', 'holds the token that whatever changes state must carry')
    .addOption(logOption('warn'))
    .addOption(jsonOption())
    .addHelpText('before', examples('gateway', 'gateway --port 8081', 'gateway --host 0.0.0.0 --token-file token.txt'))
    .action((flags: GatewayFlags) =>
      run(async (context) => (await import('./gateway-command.ts')).runGateway(context, flags)),
    );
  program
    .command('network')
    .description('run several nodes and a gateway in this terminal')
    .option('--nodes <n>', 'how many nodes (3)', parser(NODE_COUNT))
    .option('--base-port <port>', 'the port of the first node (5001); the others follow', parser(PORT))
    .option('--gateway-port <port>', 'where the gateway listens (8080)', parser(PORT))
    .addOption(miningShareOption('; all nodes together'))
    .addOption(miningKernelOption())
    .option('--demo', 'record the packages that this program is built from, where the chain is new')
    .option('--verbose', 'show all of the log, not only warnings')
    .addOption(jsonOption())
    .addHelpText(
      'before',
      examples('network', 'network --demo', 'network --nodes 5 --base-port 6001 --gateway-port 8081'),
    )
    .action((flags: NetworkFlags) =>
      run(async (context) => (await import('./network-command.ts')).runNetwork(context, env, flags)),
    );
}

/** The commands that ask a node something. */
function addQuestions(program: Command, run: Run): void {
  addQuestion(program, 'status', 'print what a node is, has and does').action((port: number, flags: JsonFlag) =>
    run(async (context) => (await import('./status-command.ts')).runStatus(context, port, flags)),
  );
  addQuestion(program, 'chain', "print a node's chain as a JSON array").action((port: number) =>
    run(async (context) => (await import('./chain-command.ts')).runChain(context, port)),
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

function addQuestion(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .argument('<port>', 'of the node', parser(PORT))
    .addOption(jsonOption())
    .addHelpText('before', examples(`${name} 5001`));
}

/** The commands that give a node something. */
function addSubmissions(program: Command, run: Run): void {
  program
    .command('mine')
    .description('have a node mine a JSON value into a block, and print the block')
    .argument('<port>', 'of the node', parser(PORT))
    .argument('<json>', 'the value, or - for stdin')
    .addOption(jsonOption())
    .addHelpText('before', examples('mine 5001 \'{"hello":"world"}\'', 'mine 5001 - < event.json'))
    .action((port: number, json: string, flags: JsonFlag) =>
      run(async (context) => (await import('./mine-command.ts')).runMine(context, port, json, flags)),
    );
  program
    .command('append')
    .description('append entries, which then wait for a block; stops at the first line that is none')
    .argument('<port>', 'of the node', parser(PORT))
    .argument('[file]', 'one JSON value a line, or - for stdin; a file whose name ends in .json is one value', '-')
    .option('--wait', 'end when all are in blocks')
    .addOption(jsonOption())
    .addHelpText(
      'before',
      examples(
        'append 5001 events.ndjson',
        'tail -f events.ndjson | cairn append 5001',
        'append 5001 --wait report.json',
      ),
    )
    .action((port: number, file: string, flags: AppendFlags) =>
      run(async (context) => (await import('./append-command.ts')).runAppend(context, port, file, flags)),
    );
}

function jsonOption(): Option {
  return new Option('--json', 'print JSON');
}

function miningShareOption(note = ''): Option {
  return new Option(
    '--mining-share <percent>',
    `how much of the machine may mine (100: every core, at low priority)${note}`,
  ).argParser(parser(PERCENT));
}

function miningKernelOption(): Option {
  return new Option(
    '--mining-kernel <name>',
    `what tries the nonces: auto (the fastest that passes its test; the default), ${KERNEL_NAMES.join(', ')}`,
  ).argParser(parser(MINING_KERNEL));
}

function logOption(level: string): Option {
  return new Option('--log <level>', `debug, info, warn or error (${level})`).argParser(parser(LOG_LEVEL));
}

function parser<Value>(kind: ValueKind<Value>): (text: string) => Value {
  return (text) => {
    const value = kind.parse(text);
    if (value === undefined) throw new InvalidArgumentError(`It must be ${kind.expected}.`);
    return value;
  };
}

/** For a flag that may stand several times. */
function collector<Value>(kind: ValueKind<Value>): (text: string, values?: readonly Value[]) => readonly Value[] {
  const parse = parser(kind);
  return (text, values = []) => [...values, parse(text)];
}

function examples(...lines: readonly string[]): string {
  return `Examples:\n${lines.map((line) => `  ${/^[a-z]+ .*\| cairn /.test(line) ? line : `cairn ${line}`}`).join('\n')}\n`;
}

const AFTER_HELP = `
Environment:
  CAIRN_HOME holds node data, the list of running nodes and config.json; two homes on one machine are two worlds.
  Every setting of config.json can be made in the environment, too, such as CAIRN_MINE=always for "mine".

Exit codes:
  0 done, 1 the answer is no, 2 wrong usage, 69 node not reachable, 70 failure, 78 configuration,
  130 interrupted`;
