/**
 * A node to measure, in a process of its own with an IPC channel: `bench-node.ts SETTINGS`. Says its port when it is
 * up, tells how it does when asked, and stops when the channel closes.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pino } from 'pino';
import { assert, assertPresent } from '../src/core/assert.ts';
import { parseParams } from '../src/core/params.ts';
import { startNode } from '../src/node/node.ts';
import { resolveHome } from '../src/probe/cairn-home.ts';
import type { BenchNodeSettings, NodeMeter } from './metered-node.ts';

const settings: BenchNodeSettings = JSON.parse(assertPresent(process.argv[2], 'settings are given'));
const params = parseParams(settings.params);
assert(params.ok, 'the parameters are well formed');

const node = await startNode({
  home: resolveHome({ CAIRN_HOME: settings.home }),
  port: 0,
  dataFolder: settings.dataFolder,
  params: params.value,
  peers: [],
  listen: ['/ip4/127.0.0.1/tcp/0'],
  miningMode: settings.miningMode,
  miningShare: 0.5,
  // What is measured is not the mining, and this one needs no time to be chosen.
  miningKernel: 'node-crypto',
  indexes: settings.indexes,
  logger: pino({ level: 'silent' }),
});

/** How often the event loop is asked whether it is free. */
const RESOLUTION_MS = 10;
const SAMPLING_MS = 50;

let rssPeak = process.memoryUsage.rss();
let cpuStart = process.cpuUsage();
const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delays.enable();
setInterval(sampleMemory, SAMPLING_MS).unref();

process.on('message', (question) => {
  sampleMemory();
  if (question === 'reset') {
    delays.reset();
    rssPeak = process.memoryUsage.rss();
    cpuStart = process.cpuUsage();
  }
  process.send?.(meter());
});
process.once('disconnect', () => void node.stop());
process.send?.({ port: node.port });
await node.stopped;

function sampleMemory(): void {
  rssPeak = Math.max(rssPeak, process.memoryUsage.rss());
}

function meter(): NodeMeter {
  const { user, system } = process.cpuUsage(cpuStart);
  // What is recorded is the time from one question to the next: an idle loop shows the resolution.
  const delay = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  return {
    rssBytes: process.memoryUsage.rss(),
    rssPeakBytes: rssPeak,
    processorMs: (user + system) / 1000,
    loopDelayMs: { p50: delay(delays.percentile(50)), p99: delay(delays.percentile(99)), max: delay(delays.max) },
  };
}
