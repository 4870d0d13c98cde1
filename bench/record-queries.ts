/**
 * `records`: a node that keeps a table of records beside one that keeps none. What it costs to append, how soon a record is in the
 * table, and how long answers take while blocks come.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { assert, assertPresent } from '../src/core/assert.ts';
import { type JsonText, jsonArray, jsonObject } from '../src/core/json-text.ts';
import { createParams } from '../src/core/params.ts';
import { RpcCallError } from '../src/probe/probe-client.ts';
import type { Figure, Measurement } from './measurement.ts';
import { firstMessage, MeteredNode, meterFigures } from './metered-node.ts';
import type { AskerOrder } from './record-asker.ts';
import { originEvent } from './records.ts';

/** How many records there are; a part each. */
export const RECORDS_PARTS = ['100000', '1000000'];

/** Measures each size that is asked for. */
export async function* recordQueries(options: {
  readonly isQuick: boolean;
  readonly parts: readonly string[];
}): AsyncGenerator<Measurement> {
  const sizes = options.isQuick ? ['2000'] : options.parts.length > 0 ? options.parts : RECORDS_PARTS;
  for (const size of sizes) yield await measure(Number(size), options.isQuick ? 20 : 1_000);
}

/**
 * Expected: the table takes a core for 15 us a record, at low priority and behind everything else, so that appending, which has
 * three processes on two cores, keeps 80 % of its speed; an answer takes 1 ms, and one for which 150 records are looked at in vain 3 ms.
 */
async function measure(count: number, questions: number): Promise<Measurement> {
  const home = await mkdtemp(join(tmpdir(), 'cairn-bench-'));
  const start = (dataFolder: string, indexes?: readonly string[]): Promise<MeteredNode> =>
    MeteredNode.start({ home, dataFolder: join(home, dataFolder), params: PARAMS, miningMode: 'entries', indexes });
  try {
    const plain = await start('plain');
    await plain.reset();
    const without = await appended(plain, count);
    const plainMeter = await plain.meter();
    await plain.stop();

    const node = await start('indexed', INDEXES);
    await node.reset();
    const startMs = performance.now();
    const withTable = await appended(node, count);
    await whenIndexed(node);
    const indexedMs = performance.now() - startMs;
    const tableMeter = await node.meter();
    const atRest = await askAll(node, count, questions, 'at rest');
    const asked = await askWhileBlocksCome(node, count, questions);
    const meter = await node.meter();
    await node.stop();
    const ratio = withTable / without;
    return {
      name: `${count} records of 300 bytes, indexes on ${INDEXES.join(', ')}`,
      figures: [
        { name: 'append without a table', value: without, unit: 'entries/s' },
        { name: 'append with the table', value: withTable, unit: 'entries/s' },
        { name: 'append with the table, of what it is without', value: 100 * ratio, unit: '%', aim: 70, expected: 80 },
        {
          name: 'from the first entry until all are in the table',
          value: (1000 * count) / indexedMs,
          unit: 'entries/s',
        },
        {
          name: 'processor time that the table takes, of each record',
          value: (1000 * Math.max(0, tableMeter.processorMs - plainMeter.processorMs)) / count,
          unit: 'us',
          expected: 15,
        },
        ...atRest,
        ...asked,
        ...meterFigures('the node with the table', meter),
      ],
    };
  } finally {
    await rm(home, { recursive: true });
  }
}

/** Entries a second until the last one is in a stored block. */
async function appended(node: MeteredNode, count: number): Promise<number> {
  const startMs = performance.now();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const first = next;
      next = Math.min(count, first + BATCH_ENTRIES);
      await append(node, first, next - first);
    }
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, lane));
  while ((await node.status()).pending.count > 0) await delay(POLL_MS);
  return (1000 * count) / (performance.now() - startMs);
}

async function append(node: MeteredNode, first: number, count: number): Promise<void> {
  const entries = Array.from({ length: count }, (_, i) => JSON.stringify(originEvent(first + i)) as JsonText);
  const params = jsonObject({ entries: jsonArray(entries) });
  // Where more comes than is mined, whoever appends has to wait, as `cairn append` does.
  for (;;) {
    try {
      await node.call('append', params);
      return;
    } catch (error) {
      if (!(error instanceof RpcCallError && error.rpc.data.code === 'pool-full')) throw error;
      await delay(GROWTH_MS);
    }
  }
}

async function whenIndexed(node: MeteredNode): Promise<void> {
  for (;;) {
    const { records, tip } = await node.status();
    if (assertPresent(records ?? undefined, 'the node keeps a table').indexed_to >= tip.height) return;
    await delay(POLL_MS);
  }
}

/** The same while a hundred entries join five times a second. */
async function askWhileBlocksCome(node: MeteredNode, count: number, times: number): Promise<Figure[]> {
  const stop = new AbortController();
  let extra = count;
  const growing = (async () => {
    while (!stop.signal.aborted) {
      await append(node, extra, GROWTH_ENTRIES);
      extra += GROWTH_ENTRIES;
      await delay(GROWTH_MS);
    }
  })();
  const figures = await askAll(node, count, times, 'while blocks come');
  stop.abort();
  await growing;
  return figures;
}

/** In a process of its own, whose memory is nobody's but its own: this one has made all the entries. */
async function askAll(node: MeteredNode, count: number, times: number, when: string): Promise<Figure[]> {
  const order: AskerOrder = { port: (await node.status()).port, count, times };
  const child = fork(new URL('record-asker.ts', import.meta.url), [JSON.stringify(order)]);
  const exited = once(child, 'exit');
  const answers = await firstMessage(child);
  assert(Array.isArray(answers), 'it tells how long each answer took');
  const latencies = new Map<string, number[]>(answers);
  await exited;
  const all = [...latencies.values()].flat();
  return [
    { name: `an answer ${when}, median`, value: percentile(all, 0.5), unit: 'ms', expected: 1 },
    { name: `an answer ${when}, 99 of 100 within`, value: percentile(all, 0.99), unit: 'ms', aim: 10, better: 'less' },
    ...[...latencies].map(
      ([what, ms]): Figure => ({ name: `${what}, ${when}, 99 of 100 within`, value: percentile(ms, 0.99), unit: 'ms' }),
    ),
  ];
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/** One of a thousand values, one of a million, and one that each record has for itself. */
const INDEXES = ['/actor', '/size', '/time'];
/** Every other nonce is a block, however many are found a second: what is measured is not the mining. */
const PARAMS = createParams({ name: 'bench', targetLimit: 0x207fffff, halfLife: 31_536_000 });
const BATCH_ENTRIES = 1_000;
const CALLS_AT_ONCE = 4;
const GROWTH_MS = 200;
const GROWTH_ENTRIES = 100;
const POLL_MS = 5;
