/** The commands for records: those that there are, and as they come. */
import type { Command } from 'commander';
import { addFilterFlags } from './filter-flags.ts';
import type { FollowFlags } from './follow-command.ts';
import { examples, jsonOption, parser, type Run } from './program-parts.ts';
import type { RecordsFlags } from './records-command.ts';
import { PORT, RECORD_COUNT } from './value-kind.ts';

/** `records` and `follow`. */
export function addRecords(program: Command, run: Run): void {
  addFilterFlags(
    program
      .command('records')
      .description(
        'print the records with some author, time, word or field, of a node that was started with --records, --full-text or --index',
      )
      .argument('<port>', 'of the node', parser(PORT)),
  )
    .option('--desc', 'the highest first')
    .option('--limit <n>', 'how many at most (100)', parser(RECORD_COUNT))
    .option('--all', 'however many there are')
    .addOption(jsonOption())
    .addHelpText(
      'before',
      examples(
        'records 5001 --where \'/name="svelte"\'',
        "records 5001 --text 'left pad'",
        "records 5001 --from 2026-11-22 --where '/order/total>=20' --json",
        'records 5001 --author did:key:z6Mk… --all',
      ),
    )
    .addHelpText('after', QUERY_NOTE)
    .action((port: number, flags: RecordsFlags) =>
      run(async (context) => (await import('./records-command.ts')).runRecords(context, port, flags)),
    );
  addFilterFlags(
    program
      .command('follow')
      .description('print records as they come, and those that a reorganisation takes back: JSON, one event a line')
      .argument('<port>', 'of the node', parser(PORT))
      .option('--after <cursor>', 'the cursor of an event printed before, or "start" (what is new unless told)')
      .option('--cursor-file <file>', 'go on where the last run ended, which this file remembers')
      .option('--once', 'end when all is printed'),
  )
    .addOption(jsonOption())
    .addHelpText(
      'before',
      examples(
        'follow 5001',
        'follow 5001 --after start --where /kind=order',
        'follow 5001 --once --cursor-file seen.cursor',
      ),
    )
    .addHelpText('after', FOLLOW_NOTE)
    .action((port: number, flags: FollowFlags) =>
      run(async (context) => (await import('./follow-command.ts')).runFollow(context, port, flags)),
    );
}

const QUERY_NOTE = `
Each line has time, place (block:index), the beginning of the id, the ends of the authors' keys, and the entry; with --json it is the
record as the node tells it. A condition that compares a field with an index (cairn node --index) orders the records by that field.`;

const FOLLOW_NOTE = `
An event is {"type":"added" or "removed","cursor":…,"record":…}. The cursor file is written after what it covers was printed: whoever
is killed in between is told some lines again, with the cursors that they had. To miss nothing and take nothing twice, keep the cursor
of the last event with what you made of it, and begin with --after.`;
