/** What is left of a kernel's speed in a whole miner, and what a second thread adds. */
import { TARGET_MAX } from '../src/core/target.ts';
import { type Clock, type Comparison, type Expectation, PROCESSOR_CLOCK, type Variant } from './harness.ts';
import { MeteredMiner, type MinerSort, THREADED_MINER } from './metered-miner.ts';
import { bareSearch, expectationOf, type NamedKernel } from './nonce-search.ts';

/** Two threads beside one, all with `kernel`, on a header for which there is no nonce. */
export function twoThreads({ name }: NamedKernel, clock: Clock): Comparison {
  const { expectedPerSecond = 0 } = expectationOf(name);
  const threadCounts = [1, 2];
  const miners = threadCounts.map((threads) => new MeteredMiner(THREADED_MINER, { kernel: name, threads }));
  return {
    name: `search with 1 and with 2 threads of ${name}, by ${clock.name}`,
    unit: 'nonces',
    variants: miners.map((miner, i) => {
      const threads = threadCounts[i] ?? 0;
      return metered({
        name: threads === 1 ? '1 thread' : `${threads} threads`,
        expectedPerSecond: threads * expectedPerSecond,
        ...(threads === 1 ? {} : { aim: 1.9 }),
        miner,
        clock,
        threads,
        work: (isEnough) => miner.search(HARD, isEnough),
      });
    }),
    baselines: [{ name: 'one thread', variants: ['1 thread'] }],
    close: async () => {
      for (const miner of miners) await miner.close();
    },
  };
}

/**
 * A miner of one thread beside its bare kernel. The miner is given a new job whenever it reports, which it does every 250
 * ms, and two in between that it finds a nonce for; what it tries for a job that was given up does not count.
 */
export function wholeMiner(
  kernel: NamedKernel,
  options: { readonly sort: MinerSort; readonly clock: Clock },
): Comparison {
  const { sort, clock } = options;
  const { expectedPerSecond = 0 } = expectationOf(kernel.name);
  const miner = new MeteredMiner(sort, { kernel: kernel.name, threads: 1 });
  return {
    name: `search through a whole miner, ${sort.name}, by ${clock.name}`,
    unit: 'nonces',
    variants: [
      metered({
        name: `a miner with ${kernel.name}`,
        expectedPerSecond: 0.95 * expectedPerSecond,
        aim: 0.9,
        miner,
        clock,
        threads: 1,
        work: async (isEnough) => {
          let hashes = 0;
          do {
            hashes += await miner.search(HARD, () => true);
            for (let i = 0; i < 2; i++) hashes += await miner.search(EASY, () => false);
          } while (!isEnough());
          return hashes;
        },
      }),
      bareSearch({ ...kernel.kernel, name: BARE }, RANGE_NONCES, { clock, expectedPerSecond }),
    ],
    baselines: [{ name: 'the bare kernel', variants: [BARE] }],
    close: () => miner.close(),
  };
}

/** How many nonces `work` tries a second: by processor time, in a second of each of its threads. */
function metered(
  options: Expectation & {
    readonly name: string;
    readonly miner: MeteredMiner;
    readonly clock: Clock;
    readonly threads: number;
    readonly work: (isEnough: () => boolean) => Promise<number>;
  },
): Variant {
  const { miner, clock, threads, work, ...told } = options;
  return {
    ...told,
    measure: async (durationMs) => {
      const startMs = clock.nowMs();
      const hashes = await work(() => clock.nowMs() - startMs >= durationMs);
      const elapsedMs = clock.nowMs() - startMs;
      miner.rest();
      return (1000 * hashes * (clock === PROCESSOR_CLOCK ? threads : 1)) / elapsedMs;
    },
  };
}

/** Met by nothing. */
const HARD = 1n;
/** Met by one nonce in a million. */
const EASY = TARGET_MAX >> 20n;
/** As many as a miner tries before it looks up, or fewer. */
const RANGE_NONCES = 2 ** 16;
const BARE = 'its kernel alone';
