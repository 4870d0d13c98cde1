/** The lifetime of one run of a part: what was started in it ends with it, the last first. */
import { endAll, type Lifetime } from '../test/support/lifetime.ts';

/** Calls `work` with a lifetime that is over when it has come to its end, one way or the other. */
export async function withLifetime<Result>(work: (lifetime: Lifetime) => Promise<Result>): Promise<Result> {
  const ends: (() => unknown)[] = [];
  try {
    return await work({ after: (end) => ends.push(end) });
  } finally {
    await endAll(ends);
  }
}
