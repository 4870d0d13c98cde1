/** Simulates seeds on every processor. */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { SeedResult } from './seed-child.ts';

/**
 * Simulates the seeds that `next` gives, as many at once as there are processors, until it gives none. `done` hears of
 * each, in no order. Rejects where a thread breaks.
 */
export async function simulateSeeds(next: () => number | undefined, done: (result: SeedResult) => void): Promise<void> {
  const threads = Array.from({ length: availableParallelism() }, () => new Worker(CHILD));
  try {
    await Promise.all(
      threads.map(async (thread) => {
        for (let seed = next(); seed !== undefined; seed = next()) {
          const answer = once(thread, 'message');
          thread.postMessage(seed);
          const [result]: SeedResult[] = await answer;
          if (result !== undefined) done(result);
        }
      }),
    );
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

const CHILD = new URL('seed-child.ts', import.meta.url);
