/** What is told of a failure of real processes: what broke, where the files are that it left, and how to have it again. */
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { World } from '../test/support/cairn-process.ts';

/** Keeps a copy of `world`, which would be deleted, and says all that somebody needs who looks into it. */
export function describeFailure(failure: {
  readonly what: string;
  readonly error: unknown;
  readonly world: World;
  /** The command that does the same. */
  readonly again: string;
}): string {
  const { what, error, world, again } = failure;
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const kept = mkdtempSync(join(tmpdir(), 'cairn-broken-'));
  cpSync(world.home, kept, { recursive: true });
  return `${what}: ${reason}\n  its files are kept in ${kept}; again: ${again}`;
}
