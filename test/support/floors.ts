/**
 * The floors of the house: which folder may import what.
 *
 * The tables of ARCHITECTURE.md are the allow-list itself. What the sources import is held against them, and so are the
 * rules that the linter has in biome.json.
 */
import { posix } from 'node:path';
import { isTestCode, type RepositoryFile, withoutComments } from './repository.ts';

/** A folder of `src`, with what may be imported there beside the folder itself. */
export interface Floor {
  readonly folder: string;
  /** Folders (`core`), single files (`protocol/frame.ts`), `#host`, or `node:*`. */
  readonly imports: readonly string[];
  /** Packages, by name. */
  readonly packages: readonly string[];
}

/** The floors as the page has them: its table of folders, and its table of dependencies. */
export function parseFloors(page: string): Floor[] {
  const dependencies = parseDependencies(page);
  return tableRows(page, ['Floor', 'Folder', 'Owns', 'Does not own', 'Imports']).map((cells) => {
    const folder = codeSpans(cells[1] ?? '')[0]?.replace(/^src\//, '') ?? '';
    const packages = dependencies.filter(({ folders }) => folders.includes(folder)).map(({ name }) => name);
    return { folder, imports: codeSpans(cells[4] ?? ''), packages };
  });
}

/** The packages that the page names, each with the folders of `src` that may import it. */
export function parseDependencies(page: string): { readonly name: string; readonly folders: readonly string[] }[] {
  return tableRows(page, ['Package', 'Where', 'What for']).flatMap(([names = '', where = '']) => {
    const folders = codeSpans(where).map((path) => path.replace(/^src\//, '').replace(/\/.*$/, ''));
    return codeSpans(names).map((name) => ({ name, folders }));
  });
}

/** Imports of `files` that no floor allows. `developmentPackages` may be used in tests. */
export function findFloorBreaches(
  files: readonly RepositoryFile[],
  floors: readonly Floor[],
  developmentPackages: readonly string[],
): string[] {
  const breaches: string[] = [];
  for (const { path, text } of files) {
    const [, folder] = /^src\/([^/]+)\/.*\.(?:ts|js|svelte)$/.exec(path) ?? [];
    if (folder === undefined) continue;
    const floor = floors.find((candidate) => candidate.folder === folder);
    if (floor === undefined) {
      breaches.push(`${path}: the folder has no row in the table of floors`);
      continue;
    }
    for (const specifier of importSpecifiers(text)) {
      const isAllowed = allows(floor, path, specifier) || (isTestCode(path) && isForTests(path, specifier));
      if (!isAllowed) breaches.push(`${path}: ${specifier}`);
    }
  }
  return breaches;

  function isForTests(path: string, specifier: string): boolean {
    if (specifier.startsWith('.')) return !placeOf(path, specifier).startsWith('src/');
    if (specifier === '#host' || specifier.startsWith('node:')) return true;
    return developmentPackages.includes(packageOf(specifier));
  }
}

/** Everything that `text` imports, re-exports or loads, as it is spelt there. */
export function importSpecifiers(text: string): string[] {
  const source = withoutComments(text);
  const forms = [
    /^(?:import|export)\s+(?:type\s+)?(?:[\w$]+\s*,\s*)?(?:\{[^}]*\}|\*(?:\s+as\s+[\w$]+)?|[\w$]+)\s+from\s+['"]([^'"]+)['"]/gm,
    /^import\s+['"]([^'"]+)['"]/gm,
    /\bimport\(\s*['"]([^'"]+)['"]/g,
    /\bnew URL\(\s*['"](\.[^'"]*\.[tj]s)['"],\s*import\.meta\.url/g,
  ];
  return forms.flatMap((form) => [...source.matchAll(form)].map(([, specifier = '']) => specifier));
}

/** The overrides of biome.json that say the same to the linter. `paths` are those of all files. */
export function lintOverrides(floors: readonly Floor[], paths: readonly string[]): object[] {
  return floors.map(({ folder, imports, packages }) => {
    const inner = foldersIn(`src/${folder}/`, paths);
    const allowed = [
      ...imports.flatMap((place) => {
        if (place === '#host') return place;
        if (place === 'node:*') return [place, 'node:*/**'];
        if (place === 'package.json') return '../../package.json';
        const path = place.includes('.') ? place : `${place}/**`;
        return inner.length === 0 ? `../${path}` : [`../${path}`, `../../${path}`];
      }),
      // From a folder within: what stands beside it.
      ...(inner.length === 0 ? [] : ['../*.ts', ...inner.map((name) => `../${name}/**`)]),
      ...packages.flatMap((name) => [name, `${name}/**`]),
    ];
    return {
      includes: [`src/${folder}/**`, '!**/*.test.ts', '!**/*.contract.ts', '!**/*.fixture.ts'],
      linter: {
        rules: {
          style: {
            noRestrictedImports: {
              level: 'error',
              options: {
                patterns: [
                  {
                    group: ['**', './**', ...allowed].map((pattern, i) => (i === 0 ? pattern : `!${pattern}`)),
                    message: `ARCHITECTURE.md says what src/${folder} may import.`,
                  },
                ],
              },
            },
          },
        },
      },
    };
  });
}

/** Names in the sources of the pure floors that reach for a clock, chance, a log or the world. */
export function findImpurities(files: readonly RepositoryFile[]): string[] {
  return files
    .filter(({ path }) => /^src\/(?:core|protocol|api)\/.*\.ts$/.test(path) && !isTestCode(path))
    .flatMap(({ path, text }) => {
      return [...withoutComments(text).matchAll(IMPURE)].map(([name]) => `${path}: ${name}`);
    });
}

function allows(floor: Floor, path: string, specifier: string): boolean {
  if (specifier.startsWith('node:')) return floor.imports.includes('node:*');
  if (specifier === '#host') return floor.imports.includes('#host');
  if (!specifier.startsWith('.')) return floor.packages.includes(packageOf(specifier));
  const inside = placeOf(path, specifier).replace(/^src\//, '');
  return [floor.folder, ...floor.imports].some((place) => inside === place || inside.startsWith(`${place}/`));
}

/** What a relative `specifier` in the file `path` names, from the root. */
function placeOf(path: string, specifier: string): string {
  return posix.join(posix.dirname(path), specifier);
}

/** The names of the folders that stand in the folder `parent`, sorted, as far as there are sources in them. */
function foldersIn(parent: string, paths: readonly string[]): string[] {
  const sources = paths.filter((path) => path.startsWith(parent) && /\.(?:ts|svelte|css)$/.test(path));
  const names = sources.map((path) => path.slice(parent.length).split('/')).filter((steps) => steps.length > 1);
  return [...new Set(names.map(([name = '']) => name))].sort();
}

/** `@scope/name/file.js` is of the package `@scope/name`. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The cells of the rows of the table with these headings. */
function tableRows(page: string, headings: readonly string[]): string[][] {
  const lines = page.split('\n');
  const start = lines.indexOf(`| ${headings.join(' | ')} |`);
  if (start < 0) throw new Error(`there is no table with the headings ${headings.join(', ')}`);
  const rows: string[][] = [];
  for (const line of lines.slice(start + 2)) {
    if (!line.startsWith('|')) break;
    rows.push(
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
  }
  return rows;
}

function codeSpans(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

const IMPURE =
  /\b(?:Date\b|Math\.random\b|performance\b|console\b|process\b|setTimeout\b|setInterval\b|setImmediate\b|queueMicrotask\b|async\b|await\b|crypto\b)/g;
