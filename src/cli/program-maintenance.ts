/** The commands for what lies on disk, and for the machine. */
import { Argument, type Command } from 'commander';
import type { BenchFlags } from './bench-command.ts';
import type { MaintenanceFlags } from './maintenance-commands.ts';
import { examples, type JsonFlag, jsonOption, miningShareOption, parser, type Run } from './program-parts.ts';
import { PORT } from './value-kind.ts';

/** `fsck`, `compact` and `reindex` of a data folder that no node has open, and `bench`. */
export function addMaintenance(program: Command, run: Run): void {
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
}
