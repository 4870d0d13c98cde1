/**
 * Judges the entries that wait in a folder that was written before the rules for entries were as they are now.
 *
 * What waits was judged when it came in, so that nobody judges it again when it is mined. Where the rules have been tightened since,
 * that is not enough: a block with such an entry would be refused by everybody else. The folder remembers by which rules
 * all that waits in it has been judged, so this is done once for each.
 */
import { checkEntryRules } from '../core/entry-rules.ts';
import { hashLeaf } from '../core/merkle.ts';
import type { NetworkParams } from '../core/params.ts';
import { hashAt } from './block-table.ts';
import type { BrokenEntry } from './chain-store.ts';
import { isJudged, markJudged } from './judged-mark.ts';
import { bytesAt, type Database, integerAt } from './sqlite-database.ts';

/** Takes the pending entries away that break a rule of the network, in one transaction, and gives them back. */
export function takeOutBroken(database: Database, params: NetworkParams): readonly BrokenEntry[] {
  if (isJudged(database, 'pending')) return [];
  return database.transaction(() => {
    const broken: (BrokenEntry & { readonly seq: number })[] = [];
    for (const row of database.statement('SELECT seq, id, bytes FROM pending ORDER BY seq').each()) {
      const [seq, id, bytes] = [integerAt(row, 0), hashAt(row, 1), bytesAt(row, 2)];
      // Damage is not what is looked for here: whoever reads the entry will say so.
      if (hashLeaf(bytes) !== id) continue;
      const checked = checkEntryRules(bytes, id, params);
      if (!checked.ok) broken.push({ seq, id, code: checked.fault.code });
    }
    const remove = database.statement('DELETE FROM pending WHERE seq = ?');
    for (const { seq } of broken) remove.run(seq);
    markJudged(database, 'pending');
    return broken.map(({ id, code }) => ({ id, code }));
  });
}
