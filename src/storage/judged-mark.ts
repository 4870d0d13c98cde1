/**
 * By which rules for entries all that a folder holds has been judged.
 *
 * What is stored was judged when it came in. Where the rules have been tightened since, that is not enough: so the folder
 * remembers the rules, and what is older than they are is judged once more.
 */
import { type Database, textAt } from './sqlite-database.ts';

/** What is judged: all entries that wait, or all blocks of the active chain. */
export type JudgedPart = keyof typeof KEYS;

/** Whether the part is known to obey the rules of today. */
export function isJudged(database: Database, part: JudgedPart): boolean {
  const mark = database.statement('SELECT value FROM meta WHERE key = ?').one(KEYS[part]);
  return mark !== undefined && textAt(mark, 0) === ENTRY_RULES;
}

/** Notes that it is; within a transaction. */
export function markJudged(database: Database, part: JudgedPart): void {
  database.statement('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)').run(KEYS[part], ENTRY_RULES);
}

const KEYS = { pending: 'entry_rules', chain: 'chain_rules' } as const;
/** The rules of docs/spec/signatures.md. Whatever makes them narrower gets another number. */
const ENTRY_RULES = '1';
