/** The last hour of a node's chain, and the work in it. */
import type { BlockSummary } from '../api/shapes.ts';
import { jsonValue, type PlainValue } from '../core/json-text.ts';
import type { ProbeClient } from '../probe/probe-client.ts';
import { answeredWithout, parseAnswer } from './command-context.ts';

/** The blocks with a time later than an hour before that of the tip; never the genesis, which took no work. */
export interface ChainHour {
  readonly fromHeight: number;
  readonly toHeight: number;
  /** Of the tip, ISO 8601. */
  readonly time: string;
  /** In which they came: 3,600, or from the first block to the tip on a chain that is younger. At least 1. */
  readonly seconds: number;
  /** The expected number of tries that these blocks took. */
  readonly work: bigint;
}

/**
 * Finds the hour by halving, in about twenty questions for a million blocks: times never decrease along a chain.
 * Undefined where there is nothing but the genesis.
 */
export async function readLastHour(client: Pick<ProbeClient, 'call'>): Promise<ChainHour | undefined> {
  const tip = await summaryOf(client, {});
  if (tip === undefined) throw answeredWithout('a block');
  if (tip.height === 0) return undefined;
  const startMs = Date.parse(tip.time) - HOUR_MS;
  /** The highest block known to be before the hour, or else the genesis. */
  let before = await summaryOf(client, { from: 0 });
  let low = 0;
  let high = tip.height;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const summary = await summaryOf(client, { from: middle });
    // A reorganisation may have shortened the chain since; what is gone was at the tip, so in the hour.
    if (summary?.height === middle && Date.parse(summary.time) <= startMs) {
      before = summary;
      low = middle;
    } else {
      high = middle;
    }
  }
  // The genesis may be much older than the first block.
  const first = low === 0 ? await summaryOf(client, { from: 1 }) : before;
  if (before === undefined || first === undefined) {
    throw answeredWithout('a block');
  }
  const work = BigInt(tip.work) - BigInt(before.work);
  const seconds = Math.min(HOUR_MS, Math.max(1_000, Date.parse(tip.time) - Date.parse(first.time))) / 1_000;
  return { fromHeight: low + 1, toHeight: tip.height, time: tip.time, seconds, work };
}

async function summaryOf(
  client: Pick<ProbeClient, 'call'>,
  place: Readonly<Record<string, PlainValue>>,
): Promise<BlockSummary | undefined> {
  const answer = await client.call('blocks', jsonValue({ ...place, limit: 1 }));
  return parseAnswer<{ readonly blocks: readonly BlockSummary[] }>(answer).blocks[0];
}

const HOUR_MS = 3_600_000;
