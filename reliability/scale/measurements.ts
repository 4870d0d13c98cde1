/** What the scale report is made of: which networks are measured, and what came of them. */
import type { Origin } from '../../bench/origin.ts';
import { type BlockKind, measureSpread, type NetworkSpread } from './block-spread.ts';
import { type Division, measureDivision } from './division.ts';
import { measureStaleRate, type StaleRate } from './stale-blocks.ts';

export interface Measurements {
  readonly seed: number;
  /** Of the latest run; undefined where nothing was measured yet. */
  readonly origin?: Origin;
  readonly spreads: readonly NetworkSpread[];
  readonly staleRates: readonly StaleRate[];
  readonly divisions: readonly Division[];
}

export const SECTIONS = ['spreads', 'staleRates', 'divisions'] as const;
export type Section = (typeof SECTIONS)[number];

export interface MeasureOptions {
  readonly seed: number;
  /** No network has more nodes. */
  readonly nodesMax: number;
  readonly tell: (line: string) => void;
  /** Given what has been measured of the section so far, after each network. */
  readonly keep: (measured: Partial<Measurements>) => void;
}

/** Measures one section in all its networks, the small ones first. */
export async function measure(section: Section, { seed, nodesMax, tell, keep }: MeasureOptions): Promise<void> {
  const fits = ({ nodes }: { readonly nodes: number }) => nodes <= nodesMax;
  switch (section) {
    case 'spreads': {
      const spreads: NetworkSpread[] = [];
      for (const plan of SPREADS.filter(fits)) {
        spreads.push(await measureSpread({ seed, ...plan }, tell));
        keep({ spreads });
      }
      return;
    }
    case 'staleRates': {
      const staleRates: StaleRate[] = [];
      for (const plan of STALE_RATES.filter(fits)) {
        const rate = await measureStaleRate({ seed, ...plan });
        tell(`${rate.nodes} nodes, a block every ${rate.blockInterval} s: ${rate.stale} of ${rate.found} in vain`);
        staleRates.push(rate);
        keep({ staleRates });
      }
      return;
    }
    case 'divisions': {
      const divisions: Division[] = [];
      for (const plan of DIVISIONS.filter(fits)) {
        const division = await measureDivision({ seed, ...plan });
        tell(`${division.nodes} nodes, apart for ${division.apartMs} ms: agreed after ${division.agreedMs} ms`);
        divisions.push(division);
        keep({ divisions });
      }
      return;
    }
  }
}

function kinds(blocks: {
  readonly small: number;
  readonly medium: number;
  readonly mediumKnown: number;
  readonly large: number;
  readonly largeKnown: number;
}): BlockKind[] {
  const all: BlockKind[] = [
    { name: 'one entry', entries: 1, areKnown: false, blocks: blocks.small },
    { name: '100 kB, pending everywhere', entries: 350, areKnown: true, blocks: blocks.mediumKnown },
    { name: '100 kB, new to all', entries: 350, areKnown: false, blocks: blocks.medium },
    { name: '1 MB, pending everywhere', entries: 3_600, areKnown: true, blocks: blocks.largeKnown },
    { name: '1 MB, new to all', entries: 3_600, areKnown: false, blocks: blocks.large },
  ];
  return all.filter((kind) => kind.blocks > 0);
}

// Of ten thousand nodes each with its own pool, more than a few entries do not fit into memory.
const SPREADS = [
  { nodes: 100, entries: 20, kinds: kinds({ small: 30, medium: 10, mediumKnown: 5, large: 5, largeKnown: 2 }) },
  { nodes: 1_000, entries: 10, kinds: kinds({ small: 12, medium: 4, mediumKnown: 2, large: 1, largeKnown: 0 }) },
  { nodes: 10_000, entries: 2, kinds: kinds({ small: 5, medium: 1, mediumKnown: 0, large: 0, largeKnown: 0 }) },
];

const STALE_RATES = [
  { nodes: 100, blockInterval: 1, blocks: 400 },
  { nodes: 100, blockInterval: 2, blocks: 400 },
  { nodes: 100, blockInterval: 5, blocks: 400 },
  { nodes: 100, blockInterval: 10, blocks: 400 },
  { nodes: 100, blockInterval: 20, blocks: 300 },
  { nodes: 100, blockInterval: 40, blocks: 200 },
  { nodes: 1_000, blockInterval: 2, blocks: 100 },
  { nodes: 1_000, blockInterval: 5, blocks: 80 },
  { nodes: 1_000, blockInterval: 10, blocks: 80 },
];

const APART_MS = 240_000;
const DIVISIONS = [100, 1_000, 10_000].map((nodes) => ({ nodes, apartMs: APART_MS }));
