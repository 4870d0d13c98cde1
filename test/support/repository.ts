/** The files of this repository, as the checks of `test/tidy.test.ts` read them. */
import { isUtf8 } from 'node:buffer';
import { globSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** One file. Checks take lists of these, so that a test can hand them a bad sample. */
export interface RepositoryFile {
  /** From the root, with `/`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Empty where the file is not UTF-8, as a picture. */
  readonly text: string;
}

/** Every file but what git ignores and git itself. */
export function readRepository(): RepositoryFile[] {
  const paths = globSync('**/*', { cwd: ROOT, exclude: (path) => IGNORED.test(path) });
  return (
    [...paths, ...globSync('.*/*', { cwd: ROOT, exclude: (path) => IGNORED.test(path) })]
      .map((path) => ({
        path: path.replaceAll('\\', '/'),
        stats: statSync(`${ROOT}${path}`, { throwIfNoEntry: false }),
      }))
      // What a tool has put there for a moment may be gone.
      .flatMap(({ path, stats }) =>
        stats?.isFile() === true ? [{ path, sizeBytes: stats.size, text: readText(`${ROOT}${path}`) }] : [],
      )
  );
}

/** The file at `path`, which has to be there. */
export function fileAt(files: readonly RepositoryFile[], path: string): RepositoryFile {
  const file = files.find((candidate) => candidate.path === path);
  if (file === undefined) throw new Error(`${path} is missing`);
  return file;
}

/** A file for tests of the checks. */
export function sampleFile(path: string, text: string): RepositoryFile {
  return { path, text, sizeBytes: Buffer.byteLength(text) };
}

/** Whether `path` is code that only tests run. */
export function isTestCode(path: string): boolean {
  return /\.(?:test|contract|fixture)\.ts$/.test(path) || path.startsWith('test/');
}

/** `text` of a source with its comments taken out; what is left stays on its line. */
export function withoutComments(text: string): string {
  const blank = (comment: string) => comment.replaceAll(/[^\n]/g, '');
  return text.replaceAll(/^[ \t]*\/\*[\s\S]*?\*\//gm, blank).replaceAll(/(?<=^|\s)\/\/ .*$/gm, blank);
}

function readText(path: string): string {
  const bytes = readFileSync(path);
  return isUtf8(bytes) ? bytes.toString('utf8') : '';
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** As .gitignore has it. */
const IGNORED = /(?:^|[\\/])(?:node_modules|\.git|coverage|dist)$|\.log$/;
