/** What tests need built, by however many processes they run in. */
import { globSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ROOT } from '../../scripts/package-build.ts';

export interface Building {
  /** The name of its lock. */
  readonly name: string;
  /** The file that is there, and later than all sources, where it has been built from them. */
  readonly result: string;
  /** Patterns of paths below the root of the repository. */
  readonly sources: readonly string[];
  readonly build: () => Promise<void>;
}

/** Builds it where its sources have changed since. Of several processes that find it missing, one builds and the others wait. */
export async function buildOnce(building: Building): Promise<void> {
  if (isFresh(building)) return;
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  // A lock that cannot outlive whoever holds it.
  const lock = new DatabaseSync(join(ROOT, 'dist', `${building.name}.lock`), { timeout: BUILD_MS_MAX });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    if (!isFresh(building)) await building.build();
  } finally {
    lock.close();
  }
}

function isFresh({ result, sources }: Building): boolean {
  const built = statSync(result, { throwIfNoEntry: false });
  if (built === undefined) return false;
  return globSync(sources, { cwd: ROOT }).every((path) => statSync(join(ROOT, path)).mtimeMs < built.mtimeMs);
}

const BUILD_MS_MAX = 300_000;
