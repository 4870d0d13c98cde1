/** What a long chain costs where it lies: opening it, finding things in it, and its bytes on disk. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { assert, assertPresent } from '../../src/core/assert.ts';
import { HEADER_BYTES } from '../../src/core/header.ts';
import type { Figure, Measurement } from '../measurement.ts';
import { firstMessage, MeteredNode } from '../metered-node.ts';
import type { BenchWorld } from './bench-world.ts';
import { SCALE_PARAMS, type ScaleChain } from './scale-chain.ts';
import type { StoreChildSettings, StoreReport } from './store-child.ts';

/** The store alone, in a new process each time, and a whole node. The files have been read before: they are in memory. */
export async function open(world: BenchWorld): Promise<Measurement> {
  const chain = await world.singles();
  const openings: StoreReport[] = [];
  const starts: { readonly ms: number; readonly rssBytes: number }[] = [];
  for (let i = 0; i < world.sizes.openings; i++) {
    openings.push(await useStore({ folder: chain.folder, lookups: 0 }));
    const startMs = performance.now();
    const options = { home: world.newFolder(), params: SCALE_PARAMS, dataFolder: chain.folder, withMiner: false };
    const node = await MeteredNode.start(options);
    const ms = performance.now() - startMs;
    starts.push({ ms, rssBytes: (await node.meter()).rssPeakBytes });
    await node.stop();
  }
  return {
    name: `open a chain of ${chain.blocks} blocks, median of ${world.sizes.openings}`,
    figures: [
      {
        name: 'store open and ready',
        value: median(openings.map(({ openMs }) => openMs)),
        unit: 'ms',
        aim: 500,
        better: 'less',
        expected: 60,
      },
      { name: 'store, slowest time', value: Math.max(...openings.map(({ openMs }) => openMs)), unit: 'ms' },
      {
        name: 'process with the store, resident',
        value: median(openings.map(({ rssBytes }) => rssBytes)) / 1e6,
        unit: 'MB',
        expected: 90,
      },
      {
        name: 'whole node, from its start until it answers',
        value: median(starts.map(({ ms }) => ms)),
        unit: 'ms',
        expected: 900,
      },
      {
        name: 'whole node, resident',
        value: median(starts.map(({ rssBytes }) => rssBytes)) / 1e6,
        unit: 'MB',
        aim: 200,
        better: 'less',
        expected: 150,
      },
    ],
  };
}

/** Blocks and entries at random, one after the other unless told, whole and checked. */
export async function lookups(world: BenchWorld): Promise<Measurement> {
  const [singles, batches] = [await world.singles(), await world.batches()];
  const figures: Figure[] = [];
  for (const [chain, expected] of [
    [singles, { byHeight: 25_000, byHash: 20_000, byHashAtOnce: 25_000, entries: 10_000 }],
    [batches, { byHeight: 400, byHash: 400, byHashAtOnce: 450, entries: 300 }],
  ] as const) {
    const { perSecond, rssPeakBytes } = await useStore({ folder: chain.folder, lookups: world.sizes.lookups });
    const rates = assertPresent(perSecond, 'lookups were asked for');
    const where = `of ${chain.blocks} blocks of ${chain.entriesPerBlock}`;
    figures.push(
      { name: `blocks by height, ${where}`, value: rates.byHeight, unit: 'blocks/s', expected: expected.byHeight },
      { name: `blocks by hash, ${where}`, value: rates.byHash, unit: 'blocks/s', expected: expected.byHash },
      {
        name: `blocks by hash, 32 at once, ${where}`,
        value: rates.byHashAtOnce,
        unit: 'blocks/s',
        expected: expected.byHashAtOnce,
      },
      { name: `places of entries, ${where}`, value: rates.entries, unit: 'entries/s', expected: expected.entries },
      { name: `resident, ${where}`, value: rssPeakBytes / 1e6, unit: 'MB' },
    );
  }
  return { name: `look up at random, ${world.sizes.lookups} of each`, figures };
}

/** What lies in the data folder, as against what was put in. */
export async function disk(world: BenchWorld): Promise<Measurement> {
  const figures = [await world.singles(), await world.batches()].flatMap((chain): Figure[] => {
    const bytes = folderBytes(chain.folder);
    const name = `${chain.blocks} blocks of ${chain.entriesPerBlock}`;
    const bare = chain.bodyBytes + chain.blocks * HEADER_BYTES;
    return [
      { name: `${name}, on disk`, value: bytes / 1e6, unit: 'MB' },
      {
        name: `${name}, per byte of data`,
        value: bytes / chain.bodyBytes,
        unit: 'x',
        expected: expectedOverhead(chain),
      },
      { name: `${name}, per byte of headers and data`, value: bytes / bare, unit: 'x' },
      { name: `${name}, when it was built`, value: chain.builtPerSecond * chain.entriesPerBlock, unit: 'entries/s' },
    ];
  });
  return { name: 'bytes on disk', figures };
}

/** Of a block of 300 bytes, header, hash, work, history nodes and indexes are more than the data. */
function expectedOverhead(chain: ScaleChain): number {
  return chain.entriesPerBlock === 1 ? 2.2 : 1.1;
}

async function useStore(settings: StoreChildSettings): Promise<StoreReport> {
  const child = fork(new URL('store-child.ts', import.meta.url), [JSON.stringify(settings)]);
  const exited = once(child, 'exit');
  const report = await firstMessage(child);
  assert(isReport(report), 'a store tells how it did');
  await exited;
  return report;
}

function folderBytes(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

function median(values: readonly number[]): number {
  return assertPresent([...values].sort((a, b) => a - b)[values.length >> 1], 'something was measured');
}

function isReport(message: unknown): message is StoreReport {
  return typeof message === 'object' && message !== null && 'openMs' in message;
}
