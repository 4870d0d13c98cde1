/** The explorer as `npm run build` leaves it, built anew where its sources have changed since. */
import { globSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { buildExplorer, EXPLORER_OUT } from '../../scripts/explorer-build.ts';

/** Makes sure of it. Of several processes that find it missing, one builds and the others wait. */
export async function ensureExplorer(): Promise<void> {
  if (isFresh()) return;
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  // A lock that cannot outlive whoever holds it.
  const lock = new DatabaseSync(join(ROOT, 'dist', 'explorer.lock'), { timeout: BUILD_MS_MAX });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    if (!isFresh()) await buildExplorer();
  } finally {
    lock.close();
  }
}

function isFresh(): boolean {
  const built = statSync(join(EXPLORER_OUT, 'index.html'), { throwIfNoEntry: false });
  if (built === undefined) return false;
  return globSync(SOURCES, { cwd: ROOT }).every((path) => statSync(join(ROOT, path)).mtimeMs < built.mtimeMs);
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SOURCES = [
  'src/{explorer,core,protocol,api,network,host,codegen}/**/*.{ts,js,svelte,css,svg,html,woff2}',
  'scripts/explorer-build.ts',
];
const BUILD_MS_MAX = 60_000;
