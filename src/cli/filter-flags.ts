/** The flags that say which records are meant (docs/spec/records.md#filter-as-text). */
import type { Command } from 'commander';
import type { RecordFilter } from '../api/record-filter.ts';
import { type FilterTexts, parseFilterTexts } from '../api/record-filter-text.ts';
import type { CairnHome } from '../probe/cairn-home.ts';
import { findAuthor } from './author-name.ts';
import { CommandError, EXIT_CODES } from './command-error.ts';

/** The flags of a filter, which every command that chooses among records takes. */
export function addFilterFlags(command: Command): Command {
  return command
    .option('--author <author>', AUTHOR_MEANING)
    .option('--id <id>', 'records of this entry')
    .option('--from <time>', 'records of blocks from this time on, such as 2026-11-22 or 2026-11-22T13:37:00Z')
    .option('--to <time>', 'records of blocks before this time')
    .option('--text <words>', TEXT_MEANING)
    .option('--where <condition>', WHERE_MEANING, (condition: string, conditions: readonly string[] = []) => [
      ...conditions,
      condition,
    ]);
}

/** What `--text` means. */
export const TEXT_MEANING = "records in whose strings all of these words stand, such as 'left pad'";

/** What `--where` means. */
export const WHERE_MEANING =
  "records with a field like this, such as '/order/total>=20', by one of = < <= > >=; several must all hold";

/** What `--author` means. */
export const AUTHOR_MEANING = 'records that this author has signed: did:key:z6Mk…, or the name of a key of yours';

/**
 * The filter that the flags make. `names` are flags that have other names than the members of a filter. Throws a `CommandError` where they
 * make none.
 */
export async function filterOfFlags(
  home: CairnHome,
  { author, id, from, to, text, where }: FilterTexts,
  names: { readonly [parameter in string]?: string } = {},
): Promise<RecordFilter> {
  const did = author === undefined ? undefined : await findAuthor(home, author);
  const filter = parseFilterTexts({ author: did, id, from, to, text, where });
  if (filter.ok) return filter.value;
  const { code, parameter, reason } = filter.fault;
  throw new CommandError(EXIT_CODES.usage, code, `--${names[parameter] ?? parameter} ${reason}.`);
}
