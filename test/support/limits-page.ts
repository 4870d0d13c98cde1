/** The limits in the sources, and the limits that docs/limits.md lists. */
import { isTestCode, type RepositoryFile, withoutComments } from './repository.ts';

/** A limit by the file that has it and its name. */
export interface Limit {
  readonly path: string;
  readonly name: string;
  /** Undefined where what the name stands for is no sum or product of whole numbers. */
  readonly value: number | undefined;
}

/**
 * The constants of the sources that are limits by their name, and all of those in files named `limits.ts`. The rules
 * have theirs in the parameters of the network, so of `src/core` only proofs, signed entries and words are looked at, which come from strangers; those of
 * `src/simulator` are of worlds, not of nodes.
 */
export function findLimits(files: readonly RepositoryFile[]): Limit[] {
  return files
    .filter(({ path }) => LIMITED.test(path) && !isTestCode(path))
    .flatMap(({ path, text }) => {
      const constants = new Map(
        [...withoutComments(text).matchAll(CONSTANT)].map(([, name = '', value = '']) => [name, value]),
      );
      return [...constants.keys()]
        .map((name) => ({ path, name, value: evaluate(name, constants) }))
        .filter(({ name, value }) => LIMIT_NAME.test(name) || (LIMITS_FILE.test(path) && value !== undefined));
    });
}

const LIMITED =
  /^src\/(?:core\/(?:chain-|.*-proof|proof-|receipt|signed-entry|words)|(?!core\/|simulator\/)).*\.(?:ts|js)$/;

/** The rows of the page: under a heading with a path, a table of names and values. */
export function parseLimitsPage(page: string): Limit[] {
  const limits: Limit[] = [];
  let path = '';
  for (const line of page.split('\n')) {
    path = /^### `([^`]+)`$/.exec(line)?.[1] ?? (line.startsWith('#') ? '' : path);
    const [, name, value = ''] = /^\| `([^`]+)` \| ([^|]*) \|/.exec(line) ?? [];
    if (path === '' || name === undefined) continue;
    const digits = value.trim().replaceAll(',', '');
    limits.push({ path, name, value: /^-?\d+$/.test(digits) ? Number(digits) : undefined });
  }
  return limits;
}

/** What sources and page disagree on. */
export function compareLimits(found: readonly Limit[], page: string): string[] {
  const noLimits = parseNoLimits(page);
  const isNone = (limit: Limit) => noLimits.some(({ path, name }) => path === limit.path && name === limit.name);
  const real = new Set(found.filter((limit) => !isNone(limit)).map(spell));
  const listed = new Set(
    parseLimitsPage(page)
      .filter(({ path }) => path.startsWith('src/'))
      .map(spell),
  );
  const all = new Set(found.map(({ path, name }) => `${path} ${name}`));
  return [
    ...[...real.difference(listed)].map((limit) => `the page lacks ${limit}`),
    ...[...listed.difference(real)].map((limit) => `the sources lack ${limit}`),
    ...noLimits.filter(({ path, name }) => !all.has(`${path} ${name}`)).map(({ name }) => `the sources lack ${name}`),
  ];
}

/** Constants whose names look like limits, and that the page says are none: `| PATH | NAMES |` under "No limits". */
function parseNoLimits(page: string): Pick<Limit, 'path' | 'name'>[] {
  const [, section = ''] = page.split('## No limits');
  return [...section.matchAll(/^\| `([^`]+)` \| ([^|]*) \|/gm)].flatMap(([, path = '', names = '']) => {
    return [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => ({ path, name }));
  });
}

function spell({ path, name, value }: Limit): string {
  return `${path} ${name} = ${value ?? 'what cannot be read'}`;
}

/** The value of sums, differences, products and powers of whole numbers and of other constants of the file. */
function evaluate(expression: string, constants: ReadonlyMap<string, string>): number | undefined {
  const text = expression.trim();
  for (const [operator, apply] of OPERATORS) {
    const parts = text.split(operator);
    if (parts.length === 1) continue;
    const values = parts.map((part) => evaluate(part, constants));
    return values.reduce((sum, value) => (sum === undefined || value === undefined ? undefined : apply(sum, value)));
  }
  const constant = constants.get(text);
  if (constant !== undefined) return evaluate(constant, constants);
  return /^-?\d[\d_]*$/.test(text) ? Number(text.replaceAll('_', '')) : undefined;
}

/** Those that bind least come first. */
const OPERATORS: readonly (readonly [string, (one: number, other: number) => number])[] = [
  [' + ', (one, other) => one + other],
  [' - ', (one, other) => one - other],
  [' * ', (one, other) => one * other],
  [' ** ', (one, other) => one ** other],
];
const CONSTANT = /^(?:export )?const ([A-Z][A-Z0-9_]*)(?:: number)? = ([^;]+);/gm;
const LIMIT_NAME = /(?:^|_)(?:MAX|MIN|MS|BYTES|LIMIT|BLOCKS|TARGET|SPARE|SECOND)(?:_MS)?$/;
const LIMITS_FILE = /limits\.ts$/;
