/** The commands that carry a whole chain, or parts of it. */
import type { Command } from 'commander';
import type { ExportFlags } from './export-command.ts';
import { AUTHOR_MEANING, TEXT_MEANING, WHERE_MEANING } from './filter-flags.ts';
import { collector, examples, type JsonFlag, jsonOption, parser, type Run } from './program-parts.ts';
import { FIELD, HEIGHT, PORT, TEXT } from './value-kind.ts';

/** `export`, `import` and `backup`. */
export function addTransfers(program: Command, run: Run): void {
  program
    .command('export')
    .description(
      "write a node's chain, or part of it, into a file or to stdout: as JSON, with what proves it, or as a table of records",
    )
    .argument('<port>', 'of the node', parser(PORT))
    .argument('[file]', 'replaced when all is written; - for stdout', '-')
    .option(
      '--ndjson',
      'one block a line, as for a file whose name ends in .ndjson; for chains over 9,999,999,999 bytes',
    )
    .option('--from <height>', 'the first block; without --proof and --sqlite, one block a line', parser(HEIGHT))
    .option('--to <height>', 'the last block', parser(HEIGHT))
    .option('--sqlite', 'the records as a table, for any SQLite tool: `SELECT * FROM records`')
    .option('--author <author>', `with --sqlite, ${AUTHOR_MEANING}`)
    .option('--since <time>', 'with --sqlite, records of blocks from this time on, such as 2026-11-22')
    .option('--before <time>', 'with --sqlite, records of blocks before this time')
    .option('--text <words>', `with --sqlite, ${TEXT_MEANING}`)
    .option('--where <condition>', `with --sqlite, ${WHERE_MEANING}`, collector(TEXT))
    .option('--index <pointer>', 'with --sqlite, a field to index; may stand several times', collector(FIELD))
    .option('--full-text', 'with --sqlite, an index of the words, too: the table `words`')
    .option('--proof', 'an archive: the blocks with what proves them, for `cairn verify` and `cairn import`')
    .addOption(jsonOption())
    .addHelpText(
      'before',
      examples(
        'export 5001 chain.json',
        'export 5001 chain.ndjson',
        'export 5001 --from 1000 --to 1999 | gzip > part.gz',
        'export 5001 --from 1000 --to 1999 --proof part.archive',
        'export 5001 --sqlite orders.sqlite --where \'/kind="order"\' --index /customer',
      ),
    )
    .action((port: number, file: string, flags: ExportFlags) =>
      run(async (context) => (await import('./export-command.ts')).runExport(context, port, file, flags)),
    );
  program
    .command('import')
    .description('offer a node a chain, as export writes it; exits with 1 where the node does not take it')
    .argument('<port>', 'of the node', parser(PORT))
    .argument(
      '[file]',
      'a JSON array of blocks, or one block a line, from the genesis on; an archive, where the node has the block before it; - for stdin',
      '-',
    )
    .addOption(jsonOption())
    .addHelpText(
      'before',
      examples('import 5001 chain.ndjson', 'cairn export 5001 | cairn import 5002', 'import 5001 part.archive'),
    )
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
