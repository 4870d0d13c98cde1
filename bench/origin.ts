/** Where figures come from: which sources, on what machine, when. */
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';

export interface Origin {
  /** `-dirty` is added where files differ from it; null outside a clone. */
  readonly commit: string | null;
  readonly node: string;
  readonly cpu: string;
  readonly platform: string;
  readonly date: string;
}

/** Of what runs here and now. */
export function readOrigin(): Origin {
  return {
    commit: commit(),
    node: process.version,
    cpu: `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} cores`,
    platform: `${process.platform}-${process.arch}`,
    date: new Date().toISOString(),
  };
}

function commit(): string | null {
  const git = (...args: string[]) =>
    execFileSync('git', args, {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    return git('rev-parse', 'HEAD') + (git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '-dirty');
  } catch {
    return null;
  }
}
