/**
 * The mutants that no test can notice, because they do the same, each with the reason: `docs/reliability/mutants.md`. A
 * mutant is known by its file, its line and its change, and stands there as often as there are alike.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../rule-files.ts';
import type { Mutant } from './mutants.ts';

/** The page, from the root of the repository. */
export const PAGE = 'docs/reliability/mutants.md';

/** Of `mutants`, those that are not explained; and the explanations on the page that are left over. */
export function sortExplained(
  mutants: readonly Mutant[],
  page: string,
): { readonly explained: Mutant[]; readonly unexplained: Mutant[]; readonly leftOver: string[] } {
  const items = new Map<string, number>();
  for (const line of page.split('\n')) {
    if (ITEM.test(line)) items.set(line, (items.get(line) ?? 0) + 1);
  }
  const explained: Mutant[] = [];
  const unexplained: Mutant[] = [];
  for (const mutant of mutants) {
    const item = formatItem(mutant);
    const left = items.get(item) ?? 0;
    (left > 0 ? explained : unexplained).push(mutant);
    items.set(item, left - 1);
  }
  return { explained, unexplained, leftOver: [...items].filter(([, left]) => left > 0).map(([item]) => item) };
}

/** As the page has a mutant: a line of a list. */
export function formatItem({ path, line, change }: Mutant): string {
  return `- ${inCode(path)}: ${inCode(line)} · ${inCode(change)}`;
}

export function readPage(): string {
  return readFileSync(join(ROOT, PAGE), 'utf8');
}

/** As Markdown has code, also where there are backticks in it. */
function inCode(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

const ITEM = /^- `src\/[^`]+`: /;
