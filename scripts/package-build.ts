/**
 * How the package is built (docs/decisions/0031-emitted-package.md): sources as JavaScript, since Node strips no types below
 * `node_modules`, into `dist/lib`, which is laid out as the root of the repository is. So everything finds everything where
 * it finds it here, and a `package.json` of its own there says what `#host` is.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assert } from '../src/core/assert.ts';

/** Where the built package stands, beside `bin`. */
export const LIBRARY_OUT = fileURLToPath(new URL('../dist/lib/', import.meta.url));

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** Builds the package aside and puts it in its place whole. The explorer has to be built before. */
export async function buildLibrary(): Promise<void> {
  const parent = dirname(LIBRARY_OUT);
  await mkdir(parent, { recursive: true });
  const making = await mkdtemp(join(parent, 'making-'));
  try {
    const made = join(making, 'made');
    const project = join(making, 'tsconfig.json');
    await writeFile(
      project,
      JSON.stringify({ extends: join(ROOT, 'tsconfig.package.json'), files: await findEntries() }),
    );
    await compile(project, made);
    await compile(join(ROOT, 'tsconfig.sdk.json'), made);
    await nameThreads(made);
    await writeFile(join(made, 'package.json'), await describeLibrary());
    await writeFile(join(made, 'package-lock.json'), await shortenLock());
    await cp(join(ROOT, 'dist/explorer'), join(made, 'dist/explorer'), { recursive: true });
    await rename(LIBRARY_OUT, join(making, 'old')).catch(() => undefined);
    await rename(made, LIBRARY_OUT);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

async function compile(project: string, outDir: string): Promise<void> {
  const args = [join(ROOT, 'node_modules/@typescript/native/bin/tsc'), '-p', project, '--outDir', outDir];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const [exitCode] = await once(child, 'close');
  if (exitCode !== 0) throw new Error(`${project} does not compile`);
}

/** What the package begins with: the program, the library, each host, and what runs in a thread or a process of its own. */
async function findEntries(): Promise<string[]> {
  const entries = new Set(ENTRIES.map((path) => join(ROOT, path)));
  for (const path of globSync('src/**/*.ts', { cwd: ROOT, exclude: NOT_PACKED })) {
    const text = await readFile(join(ROOT, path), 'utf8');
    for (const [, address = ''] of text.matchAll(THREAD_ADDRESS)) entries.add(join(ROOT, dirname(path), address));
  }
  return [...entries];
}

/** Compilers change the names of files in imports, and not in the addresses of threads and processes. */
async function nameThreads(folder: string): Promise<void> {
  for (const name of await readdir(folder, { recursive: true })) {
    if (!name.endsWith('.js')) continue;
    const path = join(folder, name);
    const text = await readFile(path, 'utf8');
    const named = text.replaceAll(THREAD_ADDRESS, (address) => address.replace(/\.ts'/, ".js'"));
    assert(!SOURCE_NAME.test(named), `${name} names a source, which is not in the package`);
    if (named !== text) await writeFile(path, named);
  }
}

/** What Node, bundlers and our own code read of a package.json: the nearest one. */
async function describeLibrary(): Promise<string> {
  const { name, version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const imports = {
    '#host': {
      types: './src/core/host.d.ts',
      node: './src/host/host-node.js',
      default: './src/host/host-portable.js',
    },
  };
  return `${JSON.stringify({ name, version, type: 'module', sideEffects: false, imports }, null, 2)}\n`;
}

/** Of the lock file what the demonstration records: the packages that ours is made of. */
async function shortenLock(): Promise<string> {
  const lock: { readonly packages: Readonly<Record<string, LockedPackage>> } = JSON.parse(
    await readFile(join(ROOT, 'package-lock.json'), 'utf8'),
  );
  const packages = Object.entries(lock.packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path, { version, integrity }]) => [path, { version, integrity }]);
  return `${JSON.stringify({ packages: Object.fromEntries(packages) })}\n`;
}

interface LockedPackage {
  readonly version: string;
  readonly integrity: string;
  readonly dev?: boolean;
}

const ENTRIES = [
  'src/cli/main.ts',
  'src/cli/compile-cache.ts',
  'src/host/host-node.ts',
  'src/host/host-portable.ts',
  'src/sdk/cairn-ledger.ts',
];
const NOT_PACKED = ['src/explorer/**', 'src/simulator/**', '**/*.test.ts', '**/*.contract.ts', '**/*.fixture.ts'];
const THREAD_ADDRESS = /\bnew URL\('([^']+\.ts)', import\.meta\.url\)/g;
const SOURCE_NAME = /['"`][./][^'"`\n]*\.ts['"`]/;
