/** The commands that give a node something. */
import type { Command } from 'commander';
import type { AppendFlags } from './append-command.ts';
import type { MineFlags } from './mine-command.ts';
import { examples, jsonOption, parser, type Run } from './program-parts.ts';
import { KEY_NAME, PORT, SEPARATOR } from './value-kind.ts';

/** `mine` and `append`. */
export function addSubmissions(program: Command, run: Run): void {
  program
    .command('mine')
    .description('have a node mine a JSON value into a block, and print the block')
    .argument('<port>', 'of the node', parser(PORT))
    .argument('<json>', 'the value, or - for stdin')
    .option('--sign <key>', 'sign each entry of it with this key of the home (`cairn keys`)', parser(KEY_NAME))
    .option('--passphrase-file <file>', 'holds the passphrase of that key')
    .addOption(jsonOption())
    .addHelpText('before', examples('mine 5001 \'{"hello":"world"}\'', 'mine 5001 - --sign alice < event.json'))
    .action((port: number, json: string, flags: MineFlags) =>
      run(async (context) => (await import('./mine-command.ts')).runMine(context, port, json, flags)),
    );
  program
    .command('append')
    .description('append entries, which then wait for a block; stops at the first line that is none')
    .argument('<port>', 'of the node', parser(PORT))
    .argument(
      '[file]',
      'one JSON value a line; CSV, where the name ends in .csv or .tsv; one JSON value, where it ends in .json; - for stdin',
      '-',
    )
    .option('--sign <key>', 'sign each entry with this key of the home (`cairn keys`)', parser(KEY_NAME))
    .option('--passphrase-file <file>', 'holds the passphrase of that key')
    .option('--resume', 'go on where an earlier run of the same file has stopped, with no entry twice')
    .option('--once', 'leave it at that where an entry waits or is in the chain already')
    .option('--wait', 'end when all are in blocks')
    .option('--ids', 'print the id of each entry, in order; with --json its line and status, too')
    .option('--csv', 'read CSV: the first record names the keys, and values are strings')
    .option('--csv-numbers', 'in CSV, take for a number what is spelt as one')
    .option('--csv-separator <character>', 'in CSV, what is between two fields (a comma)', parser(SEPARATOR))
    .addOption(jsonOption())
    .addHelpText(
      'before',
      examples(
        'append 5001 events.ndjson',
        'append 5001 events.ndjson --resume',
        'append 5001 readings.csv --csv-numbers',
        'tail -f events.ndjson | cairn append 5001',
        'append 5001 --wait report.json',
      ),
    )
    .action((port: number, file: string, flags: AppendFlags) =>
      run(async (context) => (await import('./append-command.ts')).runAppend(context, port, file, flags)),
    );
}
