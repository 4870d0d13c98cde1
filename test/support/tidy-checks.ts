/** Checks of the repository's text. Each takes files and gives back what is wrong, `path: what`, one for each place. */
import { posix } from 'node:path';
import { isTestCode, type RepositoryFile, withoutComments } from './repository.ts';

/** Sources that have outgrown a file. Tests and contract suites are long lists, and may be. */
export function findLongSources(files: readonly RepositoryFile[]): string[] {
  return files
    .filter(({ path }) => /^(?:src|bench|scripts)\/.*\.(?:ts|svelte|css)$/.test(path) && !isTestCode(path))
    .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > SOURCE_LINES_MAX)
    .map(({ path, lines }) => `${path}: ${lines} lines of at most ${SOURCE_LINES_MAX}; look for the noun inside`);
}

/** Sources that do not begin by saying what they are. Tests are about the file that they stand beside. */
export function findMissingModuleComments(files: readonly RepositoryFile[]): string[] {
  return files
    .filter(({ path }) => /^(?:src|bench|scripts)\/.*\.(?:ts|svelte|css)$/.test(path) && !path.endsWith('.test.ts'))
    .filter(({ path, text }) => !text.startsWith(path.endsWith('.ts') ? '/**' : path.endsWith('.css') ? '/*' : '<!--'))
    .map(({ path }) => `${path}: a file begins with a comment that says what it is`);
}

/** Marks of work that was left for later. */
export function findLeftovers(files: readonly RepositoryFile[]): string[] {
  return findWords(files, new RegExp(`\\b(?:${['FIX', 'TO', 'X'].map((half, i) => half + LATTER[i]).join('|')})\\b`));
}

/** Paths that only exist on the machine of whoever wrote them. Tests may make up a home. */
export function findMachinePaths(files: readonly RepositoryFile[]): string[] {
  return findWords(
    files.filter(({ path }) => !isTestCode(path)),
    /(?<![\w.$}/])\/(?:home|Users|root|work|tmp|mnt|workspace)\/[\w.-]/,
  );
}

/** Files that do not belong into a repository. */
export function findLargeFiles(files: readonly RepositoryFile[]): string[] {
  return files
    .filter(({ path, sizeBytes }) => sizeBytes > FILE_BYTES_MAX && path !== 'package-lock.json')
    .map(({ path, sizeBytes }) => `${path}: ${sizeBytes} bytes of at most ${FILE_BYTES_MAX}`);
}

/** Tests that keep others from running, and tests that do not run without saying why. */
export function findSilencedTests(files: readonly RepositoryFile[]): string[] {
  return files
    .filter(({ path }) => isTestCode(path))
    .flatMap(({ path, text }) => {
      return [...withoutComments(text).matchAll(SILENCED)].map(([found]) => `${path}: ${found}`);
    });
}

/** Links between pages that lead nowhere. */
export function findBrokenLinks(files: readonly RepositoryFile[]): string[] {
  const pages = new Map(files.filter(({ path }) => path.endsWith('.md')).map(({ path, text }) => [path, text]));
  return [...pages].flatMap(([path, text]) => {
    return linksOf(text)
      .filter((link) => !/^[a-z][a-z0-9+.-]*:/.test(link))
      .filter((link) => {
        const [target = '', anchor] = link.split('#');
        const place = target === '' ? path : posix.join(posix.dirname(path), target).replace(/\/$/, '');
        const page = pages.get(place);
        if (anchor !== undefined) return page === undefined || !anchorsOf(page).has(anchor);
        return !files.some((file) => file.path === place || file.path.startsWith(`${place}/`));
      })
      .map((link) => `${path}: ${link}`);
  });
}

function findWords(files: readonly RepositoryFile[], word: RegExp): string[] {
  return files
    .filter(({ path }) => !/^(?:package-lock\.json|vectors\/.*\.json)$/.test(path))
    .flatMap(({ path, text }) => {
      return text.split('\n').flatMap((line, i) => (word.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : []));
    });
}

function linksOf(page: string): string[] {
  const prose = page.replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]*)\)/g)].map(([, link = '']) => link);
}

/** As GitHub makes them from headings. */
function anchorsOf(page: string): Set<string> {
  return new Set(
    [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => {
      return heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-');
    }),
  );
}

const SOURCE_LINES_MAX = 400;
const FILE_BYTES_MAX = 300_000;

/** Halves of words, so that this file does not hold what it looks for. */
const LATTER = ['ME', 'DO', 'XX'];
const SILENCED =
  /\b(?:test|it|describe|suite)\.(?:only|skip|todo)\b|\b(?:only|skip|todo): true\b|\b(?:t|context)\.(?:skip|todo)\(\s*\)/g;
