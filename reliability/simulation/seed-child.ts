/** A thread that simulates the networks of the seeds it is sent, one after the other, and answers what came of each. */
import { parentPort } from 'node:worker_threads';
import { assertPresent } from '../../src/core/assert.ts';
import { simulate } from '../../src/simulator/simulation.ts';
import { drawPlan } from '../../src/simulator/swarm.ts';

/** What came of one seed. */
export interface SeedResult {
  readonly seed: number;
  readonly traceHash: string;
  /** Why it broke; undefined: all held. */
  readonly failure: string | undefined;
  readonly nodeHours: number;
  readonly events: number;
  /** How often each invariant was checked. */
  readonly checks: ReadonlyMap<string, number>;
  /** How many blocks the deepest reorganisation undid. */
  readonly deepest: number;
}

const port = assertPresent(parentPort ?? undefined, 'this file is a thread');
port.on('message', async (seed: number) => {
  const { traceHash, failure, nodeHours, events, checks, reorganisations } = await simulate(drawPlan(seed));
  const result: SeedResult = {
    seed,
    traceHash,
    failure: failure?.error.message,
    nodeHours,
    events,
    checks,
    deepest: reorganisations.deepest,
  };
  port.postMessage(result);
});
