/** The commands that stay up, and what they are set up with. */
import type { Command } from 'commander';
import type { ConfigFlags } from './config-command.ts';
import type { GatewayFlags } from './gateway-command.ts';
import type { NetworkFlags } from './network-command.ts';
import type { NodeFlags } from './node-command.ts';
import {
  collector,
  examples,
  jsonOption,
  logOption,
  miningKernelOption,
  miningShareOption,
  parser,
  type Run,
} from './program-parts.ts';
import { FIELD, LISTEN_ADDRESS, LISTEN_PORT, MINING_MODE, NODE_COUNT, PEER_ADDRESS, PORT, TEXT } from './value-kind.ts';

/** `node`, `gateway` and `network`. */
export function addServers(program: Command, run: Run, env: NodeJS.ProcessEnv): void {
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
    .option('--records', 'keep a table of records, to be asked by id, author and time (cairn records)')
    .option(
      '--index <pointer>',
      'a field that records are often asked by, such as /order/total; may stand several times, and keeps the table, too',
      collector(FIELD),
    )
    .option('--full-text', 'index the words in records, too (cairn records --text); keeps the table as well')
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
    .option('--records', 'each node keeps a table of records (cairn records)')
    .option('--index <pointer>', 'a field that records are often asked by; may stand several times', collector(FIELD))
    .option('--full-text', 'index the words in records, too')
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

/** What the program itself is set up with. */
export function addConfig(program: Command, run: Run, env: NodeJS.ProcessEnv): void {
  program
    .command('config')
    .description('print every setting, and where it was made: in the environment or in config.json')
    .option('--schema', 'print the JSON Schema of config.json instead, for an editor')
    .addOption(jsonOption())
    .addHelpText('before', examples('config', 'config --schema > cairn-config.schema.json'))
    .action((flags: ConfigFlags) =>
      run(async (context) => (await import('./config-command.ts')).runConfig(context, env, flags)),
    );
}
