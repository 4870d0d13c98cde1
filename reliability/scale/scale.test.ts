/** A small fixed run of what the scale report measures: a hundred nodes instead of ten thousand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { carryEncoded } from '../../src/simulator/carrier.ts';
import type { World } from '../../src/simulator/world.ts';
import { createMemoryStore } from '../../src/storage/memory-store.ts';
import { type BlockKind, measureSpread } from './block-spread.ts';
import { measureDivision } from './division.ts';
import type { Measurements } from './measurements.ts';
import { drawPlots } from './plots.ts';
import { formatReport } from './scale-report.ts';
import { beginMining, createScaleWorld } from './scale-world.ts';
import { expectedStaleShare, measureStaleRate } from './stale-blocks.ts';
import { quantile, reachedMs } from './watch.ts';

const SEED = 20261122;
const KNOWN: BlockKind = { name: 'known', entries: 350, areKnown: true, blocks: 2 };
const NEW: BlockKind = { name: 'new', entries: 350, areKnown: false, blocks: 2 };

test('nodes that share their blocks and carry messages as they are do what nodes do that have all of their own', async () => {
  const light = await history();
  const heavy = await history({ carry: carryEncoded, createStore: createMemoryStore });
  assert.deepEqual(light, heavy);
});

test('one seed gives one history of a network, and another seed another', async () => {
  const options = { seed: SEED, nodes: 20, blockInterval: 2, blocks: 20 };
  assert.deepEqual(await measureStaleRate(options), await measureStaleRate(options));
  assert.notDeepEqual(await measureStaleRate(options), await measureStaleRate({ ...options, seed: SEED + 1 }));
});

test('a block reaches all of a hundred nodes within seconds, and sooner and for less where its entries are pending', async () => {
  const { blocks, peersPerNode, entryBytesPerNode } = await measureSpread(
    { seed: SEED, nodes: 100, kinds: [KNOWN, NEW], entries: 2 },
    () => undefined,
  );
  const [known, unknown] = blocks;
  assert.ok(known !== undefined && unknown !== undefined);
  assert.ok(peersPerNode >= 14 && peersPerNode <= 20, `${peersPerNode} peers`);
  for (const { halfMs, nineTenthsMs, nearlyAllMs } of blocks) {
    assert.ok(halfMs > 100 && halfMs <= nineTenthsMs && nineTenthsMs <= nearlyAllMs && nearlyAllMs < 3_000);
  }
  assert.ok(known.halfMs < unknown.halfMs);
  const sent = (block: typeof known) => block.bytesPerNode.reduce((sum, { bytes }) => sum + bytes, 0);
  // Every node but one has to be sent it, and hardly any is sent it twice.
  assert.ok(sent(unknown) > 0.99 * unknown.bodyBytes && sent(unknown) < 1.3 * unknown.bodyBytes);
  assert.ok(sent(known) < unknown.bodyBytes / 2);
  assert.ok(entryBytesPerNode > 280 && entryBytesPerNode < 6 * 280, `${entryBytesPerNode} bytes`);
});

test('about as many blocks are found in vain as the time that they are on their way lets expect', async () => {
  const rate = await measureStaleRate({ seed: SEED, nodes: 50, blockInterval: 2, blocks: 150 });
  assert.ok(Math.abs(rate.intervalSeconds - 2) < 0.5, `a block every ${rate.intervalSeconds} s`);
  const share = rate.stale / rate.found;
  assert.ok(Math.abs(share - expectedStaleShare(rate)) < 0.1, `${share}, expected ${expectedStaleShare(rate)}`);
});

test('halves of a network that were apart so long that each has filled its places find each other again', async () => {
  const division = await measureDivision({ seed: SEED, nodes: 60, apartMs: 240_000 });
  assert.ok(Math.min(...division.heights) > 3, 'each half went on');
  assert.ok(division.agreedMs !== undefined && division.agreedMs < 70_000, `agreed after ${division.agreedMs} ms`);
  assert.equal(division.deepest, Math.min(...division.heights));
});

test('how soon a block reached a share of the nodes is told by the last of them', () => {
  const spread = { height: 1, foundMs: 1_000, joinedMs: [1_010, 1_200, 1_300, 1_900] };
  assert.deepEqual(
    [0.25, 0.5, 0.51, 1].map((share) => reachedMs(spread, share, 4)),
    [10, 200, 300, 900],
  );
  assert.equal(reachedMs(spread, 0.9, 5), undefined, 'one of five lacks it');
  assert.equal(quantile([3, 1, 2], 0.5), 2);
});

test('the report has a plot for each section, in light and dark, and no figure that is none', async () => {
  const tell = () => undefined;
  const measurements: Measurements = {
    seed: SEED,
    spreads: [await measureSpread({ seed: SEED, nodes: 20, kinds: [NEW], entries: 1 }, tell)],
    staleRates: [await measureStaleRate({ seed: SEED, nodes: 20, blockInterval: 5, blocks: 20 })],
    divisions: [await measureDivision({ seed: SEED, nodes: 20, apartMs: 20_000 })],
  };
  const report = formatReport(measurements);
  const plots = drawPlots(measurements);
  assert.equal(plots.length, 8);
  for (const { name, svg } of plots) {
    assert.match(report, new RegExp(`plots/${name}\\.svg`));
    assert.match(svg, /^<svg [\s\S]*<\/svg>\n$/);
    assert.doesNotMatch(svg, /NaN|undefined/);
  }
  assert.doesNotMatch(report, /NaN|undefined|never/);
});

/** What became of a small network in a few minutes: every chain, and how much happened. */
async function history(heavy?: Parameters<typeof createScaleWorld>[0]['heavy']) {
  const world: World = await createScaleWorld({
    seed: SEED,
    nodes: 12,
    blockInterval: 2,
    miningMode: 'always',
    ...(heavy === undefined ? {} : { heavy }),
  });
  beginMining(world);
  world.submit(world.node(3), '{"a":1}', '[true,"ä"]');
  await world.run(30_000);
  world.partition(world.nodes.slice(0, 6));
  await world.run(30_000);
  world.heal();
  await world.run(60_000);
  const chains = await Promise.all(world.nodes.map(({ disk }) => disk.kept.activeHashes(0, 1_000)));
  return { chains, events: world.eventCount };
}
