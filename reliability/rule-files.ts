/** The files that coverage and mutants are about: the rules, the parsers of what strangers send and ask for, and their tests. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The root of the repository, as a folder; the paths below are from there. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Every source of `src/core`. */
export const RULES: readonly string[] = readdirSync(`${ROOT}src/core`)
  .filter((name) => name.endsWith('.ts') && !/\.(?:test|contract|d)\.ts$/.test(name))
  .sort()
  .map((name) => `src/core/${name}`);

/** What reads peers' bytes outside of it. */
export const PARSERS: readonly string[] = ['entry-batch', 'frame', 'message', 'message-fields'].map(
  (name) => `src/protocol/${name}.ts`,
);

/** What reads questions for records: filters, cursors, and what they are made of. */
export const QUESTIONS: readonly string[] = [
  ...['iso-time', 'json-pointer', 'record-cursor', 'record-filter', 'record-filter-text', 'record-text'].map(
    (name) => `src/api/${name}.ts`,
  ),
  'src/records/search-cursor.ts',
];

/** The tests beside these, and those of the frozen vectors. */
export const RULE_TESTS: readonly string[] = [
  ...readdirSync(`${ROOT}src/core`)
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .map((name) => `src/core/${name}`),
  ...['entry-batch', 'frame', 'message'].map((name) => `src/protocol/${name}.test.ts`),
  ...QUESTIONS.map((path) => path.replace('.ts', '.test.ts')),
  'test/vectors.test.ts',
  'test/signature-vectors.test.ts',
];
