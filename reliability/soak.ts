/**
 * Nodes under a steady load for a long time, with callers that come and go: what they hold of memory, files and sockets in
 * the end is what they held once they had warmed up.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { assert } from '../src/core/assert.ts';
import { jsonValue } from '../src/core/json-text.ts';
import { connectProbe, type ProbeClient } from '../src/probe/probe-client.ts';
import { Random } from '../src/simulator/random.ts';
import type { World } from '../test/support/cairn-process.ts';
import { freePort } from '../test/support/free-port.ts';
import type { Lifetime } from '../test/support/lifetime.ts';
import { describeFailure } from './failure.ts';
import { EntrySource, mineOne } from './kill/loads.ts';
import { Promises } from './kill/promises.ts';
import { withLifetime } from './lifetime.ts';
import { makeCalmWorld, NodeProcess, openFiles } from './node-process.ts';
import { commandFor, type Outcome, type Part } from './part.ts';

export const soak: Part = {
  name: 'soak',
  about: 'nodes under a steady load, with callers that come and go: memory and handles stay as they are',
  run: (effort, tell) => {
    const seconds = (effort.column === 'nightly' ? NIGHT_S : PULL_REQUEST_S) * effort.share;
    return soakNodes({ seconds, seed: effort.seed, again: commandFor('soak', effort), tell });
  },
};

export interface SoakOptions {
  readonly seconds: number;
  readonly seed: number;
  /** The command that does the same. */
  readonly again: string;
  readonly tell: (line: string) => void;
}

export function soakNodes(options: SoakOptions): Promise<Outcome> {
  return withLifetime(async (lifetime) => {
    const world = await makeCalmWorld(lifetime);
    try {
      return await soakIn(lifetime, world, options);
    } catch (error) {
      return { figures: [], failures: [describeFailure({ what: 'soak', error, world, again: options.again })] };
    }
  });
}

/** What a node's process holds. */
interface Sample {
  readonly residentBytes: number;
  readonly handles: number;
}

async function soakIn(lifetime: Lifetime, world: World, { seconds, seed, tell }: SoakOptions): Promise<Outcome> {
  const nodes = await startPair(lifetime, world);
  const random = new Random(seed);
  const entries = new EntrySource('soak', random.stream('entries'));
  const promises = new Promises();
  const samples: Sample[][] = [];
  const startMs = performance.now();
  let visits = 0;
  for (let round = 1; round <= ROUNDS; round++) {
    const untilMs = startMs + (1_000 * seconds * round) / ROUNDS;
    do {
      await visit(random.pick(nodes), { random, entries, promises });
      visits++;
      await delay(random.integer(1, 40));
    } while (performance.now() < untilMs);
    // Sockets of callers that have just gone are closed within moments.
    await delay(SETTLING_MS);
    samples.push(nodes.map(sampleOf));
    const held = nodes
      .map(sampleOf)
      .map((one) => `${megabytes(one.residentBytes).toFixed(0)} MB, ${one.handles} handles`);
    if (round % TELLING_ROUNDS === 0) tell(`${visits} visits, ${promises.entryCount} entries: ${held.join('; ')}`);
  }
  for (const node of nodes) {
    const client = await connectProbe({ host: '127.0.0.1', port: node.port });
    await promises.allEntries(client);
    client.close();
    assert(!node.hasExited && !/^\{"level":[56]0,|^cairn: /m.test(node.stderr), `it logged ${node.stderr}`);
  }
  const warm = averageOf(samples.slice(WARM_UP_ROUNDS, WARM_UP_ROUNDS + COMPARED_ROUNDS).flat());
  const end = averageOf(samples.slice(-COMPARED_ROUNDS).flat());
  const handleGrowth = end.handles - warm.handles;
  return {
    figures: [
      { name: 'under load', value: seconds, unit: 's' },
      { name: 'callers that came and went', value: visits, unit: 'callers' },
      { name: 'entries appended', value: promises.entryCount, unit: 'entries' },
      { name: 'resident at the end', value: megabytes(end.residentBytes), unit: 'MB' },
      {
        name: 'more than when warm',
        value: 100 * (end.residentBytes / warm.residentBytes - 1),
        unit: '%',
        // In less time V8 has not even filled the heap that it allows itself, and nothing is warm.
        ...(seconds >= JUDGED_S_MIN ? { aim: { atMost: 5 } } : {}),
      },
      { name: 'more handles than when warm', value: handleGrowth, unit: 'handles', aim: { atMost: HANDLES_MORE_MAX } },
    ],
    failures: handleGrowth > HANDLES_MORE_MAX ? [`${handleGrowth} handles were opened and not closed`] : [],
  };
}

/** Two nodes, connected. */
async function startPair(lifetime: Lifetime, world: World): Promise<readonly NodeProcess[]> {
  const listenPort = await freePort();
  const first = await NodeProcess.spawn(lifetime, world, { name: 'first-of-two', listenPort });
  await first.untilReady();
  const peers = [`/ip4/127.0.0.1/tcp/${listenPort}`];
  const second = await NodeProcess.spawn(lifetime, world, { name: 'second-of-two', peers });
  await second.untilReady();
  return [first, second];
}

/** One caller: it comes, does some of what callers do, and goes, in the middle of an answer now and then. */
async function visit(
  node: NodeProcess,
  { random, entries, promises }: { random: Random; entries: EntrySource; promises: Promises },
): Promise<void> {
  const client = await connectProbe({ host: '127.0.0.1', port: node.port });
  try {
    const batch = Array.from({ length: random.integer(1, 5) }, () => entries.next());
    await client.call('append', jsonValue({ entries: batch.map(({ entry }) => entry) }));
    for (const { id } of batch) promises.entryAcknowledged(id);
    await Promise.all(batch.map(({ id }) => client.call('entry', jsonValue({ id }))));
    await Promise.all([client.call('status'), client.call('blocks'), client.call('peers'), client.call('pending')]);
    if (random.chance(MINING_SHARE)) await mineOne(client, entries, WAITING_MAX);
    if (random.chance(0.2)) await hearOneEvent(client);
    if (random.chance(0.05)) await breakOff(client);
  } finally {
    client.close();
  }
}

async function hearOneEvent(client: ProbeClient): Promise<void> {
  const subscribed = Promise.withResolvers<void>();
  const events = client.events({ onSubscribed: subscribed.resolve })[Symbol.asyncIterator]();
  const heard = events.next();
  heard.catch(() => undefined);
  await subscribed.promise;
  await events.return?.();
}

/** Begins to read the chain, and does not read on. */
async function breakOff(client: ProbeClient): Promise<void> {
  for await (const bytes of (await client.stream('chain')).chunks) {
    assert(bytes.length > 0, 'a piece has bytes');
    return;
  }
}

function sampleOf({ pid }: NodeProcess): Sample {
  const handles = openFiles(pid).length;
  if (handles === 0) return { residentBytes: 0, handles };
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return { residentBytes: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024, handles };
}

function averageOf(samples: readonly Sample[]): Sample {
  const mean = (of: (sample: Sample) => number) => samples.reduce((sum, one) => sum + of(one), 0) / samples.length;
  return {
    residentBytes: mean(({ residentBytes }) => residentBytes),
    handles: Math.round(mean(({ handles }) => handles)),
  };
}

function megabytes(bytes: number): number {
  return bytes / 1e6;
}

const PULL_REQUEST_S = 40;
const NIGHT_S = 8 * 3_600;
/** How long a run takes at least to tell growth from warming up. */
const JUDGED_S_MIN = 300;
const ROUNDS = 24;
/** An hour of eight. */
const WARM_UP_ROUNDS = 3;
const COMPARED_ROUNDS = 3;
const TELLING_ROUNDS = 6;
const SETTLING_MS = 100;
const MINING_SHARE = 0.05;
const WAITING_MAX = 1_000;
/** A file of SQLite or a socket to the other node may just be open or not. */
const HANDLES_MORE_MAX = 4;
