/**
 * Who has less work than he claims, and shows a light client the rest as if it were done: he knows how positions are drawn, leaves out what
 * is best for him, and makes tip after tip until one draws nothing of it (docs/spec/chain-proof.md#what-a-proof-is-worth).
 */
import { assert, assertPresent } from '../../src/core/assert.ts';
import { drawPositions } from '../../src/core/chain-draws.ts';
import { verifyChainProof } from '../../src/core/chain-proof.ts';
import { proveChain } from '../../src/core/chain-prover.ts';
import { type Hash, hashBytes } from '../../src/core/hash.ts';
import { createParams } from '../../src/core/params.ts';
import { bestOmission } from '../../test/support/miss-bound.ts';
import { WrittenChain } from '../../test/support/written-chain.ts';

/** How many of the tips that a forger made were not found out. */
export interface Attempts {
  readonly tips: number;
  readonly passed: number;
}

/** The share of the work after the fork that somebody with this share of all work has done when he claims as much as the others have. */
export function doneShare(percent: number): number {
  return percent / (100 - percent);
}

/** So many tips over a chain of a million blocks, whose positions are drawn as they are for a real one. */
export function forgeDraws(done: number, tips: number, seed: number): Attempts {
  const tailWork = Math.floor(WORK / 2_000);
  const forger = new Forger(done, WORK);
  let passed = 0;
  for (let i = 0; i < tips; i++) {
    const chain = { tip: tipOf(seed, i), work: BigInt(WORK), sampledWork: BigInt(WORK - tailWork) };
    const positions = assertPresent(drawPositions(chain), 'the tail is heavy enough');
    // The last position before the tail is always opened: he has done that block.
    if (positions.slice(0, -1).every((position) => forger.isDone(Number(position)))) passed++;
  }
  return { tips, passed };
}

/** So many tips over a real chain of 2,600 headers of which he has not done all, each with its proof, which is judged. */
export function forgeProofs(done: number, tips: number, seed: number): Attempts {
  const forger = new Forger(done, BLOCK_WORK * (HEIGHT + 1));
  const chain = new WrittenChain(PARAMS).growTo(HEIGHT - 1, (height) => ({
    label: `${seed}`,
    isWorked: height >= HEIGHT - 513 || forger.isDone(BLOCK_WORK * height),
  }));
  let passed = 0;
  for (let i = 0; i < tips; i++) {
    const proof = proveChain(chain.withTip({ label: `tip ${seed} ${i}` }));
    const proven = verifyChainProof(assertPresent(proof, 'the tail is heavy enough'), PARAMS);
    if (proven.ok) passed++;
    else assert(proven.fault.code === 'chain-proof-header-invalid', `${proven.fault.code}: only work is missing`);
  }
  return { tips, passed };
}

/** What is done of a chain with this work. */
class Forger {
  readonly #work: number;
  readonly #shared: number;
  readonly #level: number;

  constructor(done: number, work: number) {
    const { shared, level } = bestOmission(done);
    this.#work = work;
    this.#shared = shared;
    this.#level = level;
  }

  /** Whether the work at a position is done. He forks in the first band after the genesis. */
  isDone(position: number): boolean {
    const left = (this.#work - position) / this.#work;
    const band = Math.floor(-32 * Math.log2(left));
    const top = 2 ** (-band / 32);
    const width = top * (1 - 2 ** (-1 / 32));
    // How far into the band it is, of that width; what is before the fork comes first.
    const into = (top - left) / width;
    const filled = Math.min(1, this.#level * (FIRST_WIDTH / width));
    return band === 0 ? into < Math.max(this.#shared, filled) : into < filled;
  }
}

function tipOf(seed: number, i: number): Hash {
  return hashBytes(new TextEncoder().encode(`forged ${seed} ${i}`));
}

/** One hash in 16 meets the easiest target, and all blocks have it. */
const PARAMS = createParams({ name: 'forged', targetLimit: 0x200fffff });
const BLOCK_WORK = 16;
const HEIGHT = 2_600;
const WORK = 2 ** 45;
const FIRST_WIDTH = 1 - 2 ** (-1 / 32);
