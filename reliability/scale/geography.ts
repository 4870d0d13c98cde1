/**
 * Where simulated nodes stand, how long a message takes between two places, and how fast a node there sends.
 *
 * The figures are those that SimBlock uses for 2019 (Aoki et al., "SimBlock: A Blockchain Network Simulator", 2019;
 * https://github.com/dsg-titech/simblock/blob/1c0e8996c63ec907e3b1edf17b69174bb8ee411c/simulator/src/main/java/simblock/settings/NetworkConfiguration.java):
 * where Bitcoin's nodes were, and mean latencies and uplinks of households there. Today's lines are faster.
 */
import { assertPresent } from '../../src/core/assert.ts';
import type { Random } from '../../src/simulator/random.ts';

export interface Region {
  readonly name: string;
  /** Of all nodes. */
  readonly share: number;
  readonly uplinkBitsPerSecond: number;
  /** From here to each region in their order, one way, ms. */
  readonly latenciesMs: readonly number[];
}

export const REGIONS: readonly Region[] = [
  {
    name: 'North America',
    share: 0.3316,
    uplinkBitsPerSecond: 19_200_000,
    latenciesMs: [32, 124, 184, 198, 151, 189],
  },
  { name: 'Europe', share: 0.4998, uplinkBitsPerSecond: 20_700_000, latenciesMs: [124, 11, 227, 237, 252, 294] },
  { name: 'South America', share: 0.009, uplinkBitsPerSecond: 5_800_000, latenciesMs: [184, 227, 88, 325, 301, 322] },
  { name: 'Asia', share: 0.1177, uplinkBitsPerSecond: 15_700_000, latenciesMs: [198, 237, 325, 85, 58, 198] },
  { name: 'Japan', share: 0.0224, uplinkBitsPerSecond: 10_200_000, latenciesMs: [151, 252, 301, 58, 12, 126] },
  { name: 'Australia', share: 0.0195, uplinkBitsPerSecond: 11_300_000, latenciesMs: [189, 294, 322, 198, 126, 16] },
];

/** A region by chance, each as often as nodes stand there. */
export function drawRegion(random: Random): Region {
  let left = random.fraction();
  for (const region of REGIONS) {
    left -= region.share;
    if (left < 0) return region;
  }
  return assertPresent(REGIONS[0], 'there are regions');
}

/** How long a message takes from one region to another, ms: the mean between the two, a fifth less to half more. */
export function drawLatencyMs(from: Region, to: Region, random: Random): number {
  const meanMs = assertPresent(from.latenciesMs[REGIONS.indexOf(to)], 'every region is a known one');
  return meanMs * (0.8 + 0.7 * random.fraction() ** 2);
}
