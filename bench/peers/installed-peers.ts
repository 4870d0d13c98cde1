/**
 * What others have made, to measure beside it: packages that are no dependencies of the project. They are installed
 * from `package-lock.json` in this folder when a benchmark first asks for them.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Where the packages are, or why they are not there. */
export class Peers {
  /** The folder that has them in its `node_modules`. */
  readonly folder: string | undefined;
  readonly #absence: string;

  constructor(folder: string | undefined, absence = '') {
    this.folder = folder;
    this.#absence = absence;
  }

  /** What `measure` finds with the packages, or the remark that it was left out. */
  async use<Value>(
    measure: (folder: string) => Promise<Value>,
  ): Promise<{ readonly value: Value | undefined; readonly remark: readonly string[] }> {
    if (this.folder === undefined) return { value: undefined, remark: [this.#absence] };
    return { value: await measure(this.folder), remark: [] };
  }
}

/** Installs the packages below `cacheFolder`, if that has not been done. Where it cannot be done, there are none. */
export async function preparePeers(options: {
  readonly cacheFolder: string;
  readonly isWanted: boolean;
}): Promise<Peers> {
  if (!options.isWanted) return new Peers(undefined, 'what others have made was left out');
  const lock = readFileSync(new URL('package-lock.json', import.meta.url));
  // Native code is made for one version of Node.
  const key = createHash('sha256').update(lock).update(process.versions.modules).digest('hex').slice(0, 12);
  const folder = join(options.cacheFolder, `peers-${key}`);
  if (existsSync(folder)) return new Peers(folder);
  mkdirSync(options.cacheFolder, { recursive: true });
  for (const stale of readdirSync(options.cacheFolder).filter((name) => name.startsWith('peers-'))) {
    rmSync(join(options.cacheFolder, stale), { recursive: true });
  }
  const unfinished = join(options.cacheFolder, 'peers-unfinished');
  mkdirSync(unfinished);
  for (const file of ['package.json', 'package-lock.json']) {
    copyFileSync(fileURLToPath(new URL(file, import.meta.url)), join(unfinished, file));
  }
  console.log('installing what others have made, once: it takes a minute or two, because some of it is compiled');
  // Whatever npm would keep in the home folder goes with the installation.
  const scratch = join(unfinished, 'npm');
  try {
    await promisify(execFile)('npm', ['ci', '--no-audit', '--no-fund'], {
      cwd: unfinished,
      env: { ...process.env, npm_config_cache: join(scratch, 'cache'), npm_config_devdir: join(scratch, 'devdir') },
      maxBuffer: NPM_OUTPUT_MAX,
    });
  } catch (error) {
    rmSync(unfinished, { recursive: true });
    const reason =
      error instanceof Error ? (error.message.split('\n').find((line) => line.includes('rror')) ?? '') : '';
    return new Peers(
      undefined,
      `what others have made was left out: it could not be installed, is there a network? (${reason.slice(0, 200)})`,
    );
  }
  rmSync(scratch, { recursive: true, force: true });
  renameSync(unfinished, folder);
  return new Peers(folder);
}

/** The package `name` as installed in `folder`. `isExpected` sees whether it is what the caller will use. */
export function requirePeer<Module>(
  folder: string,
  name: string,
  isExpected: (module: unknown) => module is Module,
): Module {
  const loaded: unknown = createRequire(join(folder, 'package.json'))(name);
  if (!isExpected(loaded)) throw new Error(`The package ${name} is not what was expected.`);
  return loaded;
}

const NPM_OUTPUT_MAX = 64 * 1024 * 1024;
