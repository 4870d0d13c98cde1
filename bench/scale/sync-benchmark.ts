/** How fast a newcomer is in sync with one peer: both are real nodes in processes of their own, over libp2p on loopback. */
import { setTimeout as delay } from 'node:timers/promises';
import { jsonValue } from '../../src/core/json-text.ts';
import type { Figure, Measurement } from '../measurement.ts';
import { MeteredNode, meterFigures } from '../metered-node.ts';
import { measureHsdSync } from '../peers/hsd-sync.ts';
import { measureHypercoreReplication } from '../peers/hypercore-replication.ts';
import type { BenchWorld } from './bench-world.ts';
import { SCALE_PARAMS, type ScaleChain } from './scale-chain.ts';

/** Blocks of one entry each. Beside it: a full node of the bitcoin family, with blocks that hold no transaction but one. */
export async function syncBlocks(world: BenchWorld): Promise<Measurement> {
  const chain = await world.singles();
  const synced = await sync(world, chain);
  const { value: peer, remark } = await (await world.peers()).use((folder) => {
    return measureHsdSync({ installed: folder, folder: world.newFolder(), blocks: world.sizes.peerBlocks });
  });
  const rate = synced.heightReached / synced.seconds;
  return {
    name: `sync ${chain.blocks} blocks of one entry from a peer, checked and durable`,
    figures: [
      { name: 'a node', value: rate, unit: 'blocks/s', aim: 10_000, expected: 12_000 },
      ...(peer === undefined
        ? []
        : [
            { name: `hsd, ${world.sizes.peerBlocks} empty blocks`, value: peer, unit: 'blocks/s', expected: 350 },
            { name: 'a node / hsd', value: rate / peer, unit: 'x', expected: 30 },
          ]),
      ...synced.figures,
    ],
    remarks: [...synced.remarks, ...remark],
  };
}

/** As many entries, many to a block. Beside it: the replication of a log that is signed by one writer. */
export async function syncEntries(world: BenchWorld): Promise<Measurement> {
  const chain = await world.batches();
  const synced = await sync(world, chain);
  const { value: peer, remark } = await (await world.peers()).use((folder) => {
    return measureHypercoreReplication({
      installed: folder,
      folder: world.newFolder(),
      records: world.sizes.peerRecords,
    });
  });
  const rate = (synced.heightReached * chain.entriesPerBlock) / synced.seconds;
  return {
    name: `sync ${chain.blocks} blocks of ${chain.entriesPerBlock} entries from a peer, checked and durable`,
    figures: [
      { name: 'a node', value: rate, unit: 'entries/s', aim: 100_000, expected: 120_000 },
      { name: 'a node', value: (rate * chain.bodyBytes) / (chain.blocks * chain.entriesPerBlock) / 1e6, unit: 'MB/s' },
      ...(peer === undefined
        ? []
        : [
            { name: `Hypercore, ${world.sizes.peerRecords} records`, value: peer, unit: 'entries/s', expected: 4_000 },
            { name: 'a node / Hypercore', value: rate / peer, unit: 'x', expected: 25 },
          ]),
      ...synced.figures,
    ],
    remarks: [...synced.remarks, ...remark],
  };
}

interface Synced {
  readonly heightReached: number;
  readonly seconds: number;
  readonly figures: readonly Figure[];
  readonly remarks: readonly string[];
}

/** From the word that connects the newcomer until its tip is the peer's, or until the time is up. */
async function sync(world: BenchWorld, chain: ScaleChain): Promise<Synced> {
  // Each in a home of its own: they would else find each other before they are asked to.
  const options = { params: SCALE_PARAMS, withMiner: world.sizes.awaitsMiners };
  const [peer, newcomer] = await Promise.all([
    MeteredNode.start({ ...options, home: world.newFolder(), dataFolder: chain.folder }),
    MeteredNode.start({ ...options, home: world.newFolder() }),
  ]);
  const address = await peer.address();
  await Promise.all([peer.reset(), newcomer.reset()]);
  const startMs = performance.now();
  await newcomer.call('connect', jsonValue({ address }));
  let status = await newcomer.status();
  /** What memory it held when it had come a quarter of the way. */
  let quarterBytes: number | undefined;
  while (status.tip.hash !== chain.tip && performance.now() - startMs < SYNC_MS_MAX) {
    await delay(chain.blocks > SHORT_CHAIN_BLOCKS ? POLL_MS : SHORT_POLL_MS);
    status = await newcomer.status();
    if (status.tip.height >= chain.blocks / 4) quarterBytes ??= (await newcomer.meter()).rssPeakBytes;
  }
  const seconds = (performance.now() - startMs) / 1000;
  const [newcomerMeter, peerMeter] = await Promise.all([newcomer.meter(), peer.meter()]);
  await Promise.all([newcomer.stop(), peer.stop()]);
  const isDone = status.tip.hash === chain.tip;
  return {
    heightReached: status.tip.height,
    seconds,
    figures: [
      { name: 'time', value: seconds, unit: 's' },
      ...meterFigures('newcomer', newcomerMeter),
      ...(quarterBytes === undefined
        ? []
        : [
            {
              name: 'newcomer, resident memory at most, by a quarter of the way',
              value: quarterBytes / 1e6,
              unit: 'MB',
            },
          ]),
      ...meterFigures('peer', peerMeter),
    ],
    remarks: isDone ? [] : [`after ${Math.round(seconds)} s the newcomer was given up at height ${status.tip.height}`],
  };
}

const SYNC_MS_MAX = 240_000;
/** The asking is work for the node that is measured. */
const POLL_MS = 100;
const SHORT_POLL_MS = 10;
const SHORT_CHAIN_BLOCKS = 50_000;
