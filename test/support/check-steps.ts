/** What a check has found, made up, and what is told of it, as one line a step. */
import type { ChainProofReport } from '../../src/core/chain-proof.ts';
import type { CheckStep } from '../../src/core/check-step.ts';
import { type ChainPoint, genesisPoint } from '../../src/core/validation.ts';
import { TEST_PARAMS } from './chain-fixture.ts';

/** Of a chain that was proved by headers that chance drew. */
export const REPORT: ChainProofReport = {
  height: 1_012,
  work: 62_000n,
  proofBytes: 90_000,
  headersOpened: 700,
  subtrees: 100,
  draws: 60,
  drawnHeights: [],
  tailHeaders: 512,
  tailWork: 20_000n,
};

/** A place in a chain, on 22 November 2026, of which nothing else holds. */
export function pointAt(height: number, work: bigint): ChainPoint {
  const genesis = genesisPoint(TEST_PARAMS);
  return { ...genesis, header: { ...genesis.header, height, timestamp: 1_795_305_600 }, work };
}

/** `code, Title: Text. fact=value (kind), …` of each step, all of which have passed. */
export function toldOf(steps: readonly CheckStep[]): string[] {
  return steps.map(({ code, outcome, title, text, facts }) => {
    if (outcome !== 'passed') throw new Error(`${code} has ${outcome}`);
    return `${code}, ${title}: ${text} ${facts.map(({ name, value, kind }) => `${name}=${value} (${kind})`).join(', ')}`;
  });
}
