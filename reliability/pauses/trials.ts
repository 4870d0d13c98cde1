/** What a system does to processes beside killing them: stops and wakes them, asks them to end, and takes their helpers. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { assert } from '../../src/core/assert.ts';
import { jsonValue } from '../../src/core/json-text.ts';
import type { ProbeClient } from '../../src/probe/probe-client.ts';
import type { Random } from '../../src/simulator/random.ts';
import { checkStore } from '../../src/storage/fsck.ts';
import type { World } from '../../test/support/cairn-process.ts';
import { freePort } from '../../test/support/free-port.ts';
import type { Lifetime } from '../../test/support/lifetime.ts';
import { statusWhen } from '../../test/support/test-node.ts';
import { appendOn, EntrySource, listenOn, mineOne, untilGone } from '../kill/loads.ts';
import { Promises } from '../kill/promises.ts';
import { CALM_PARAMS, childrenOf, NodeProcess, type NodeProcessOptions, processState } from '../node-process.ts';

export interface TrialContext {
  readonly lifetime: Lifetime;
  readonly world: World;
  readonly random: Random;
  /** How long a stopped node sleeps, ms. */
  readonly sleepMs: number;
}

export interface PauseTrial {
  readonly name: string;
  /** Resolves with how long the node took for what is asked of it, ms; rejects where something is wrong. */
  run(context: TrialContext): Promise<number>;
}

export const PAUSE_TRIALS: readonly PauseTrial[] = [
  { name: 'asleep while the chain grows, it catches up, and nobody is angry with it', run: sleepAndCatchUp },
  { name: 'asked by SIGTERM under load, it ends in order', run: (context) => endInOrder(context, 'SIGTERM') },
  { name: 'asked by SIGINT under load, it ends in order', run: (context) => endInOrder(context, 'SIGINT') },
  { name: 'asked twice, it ends at once', run: endAtOnce },
  { name: 'with a miner that hangs it works on, and mines when the miner wakes or is killed', run: outliveMiner },
  { name: 'with a miner that hangs it ends in order, and leaves no process behind', run: endWithHungMiner },
  { name: 'killed, it leaves no process behind', run: leaveNoMiner },
  { name: 'of four that want one folder one gets it, and the next one when that is killed', run: shareNoFolder },
  { name: 'out of memory, it ends with an error, and has kept what it acknowledged', run: runOutOfMemory },
];

async function sleepAndCatchUp({ lifetime, world, random, sleepMs }: TrialContext): Promise<number> {
  const listenPort = await freePort();
  const awake = await startNode({ lifetime, world, random }, { listenPort });
  const sleeper = await startNode({ lifetime, world, random }, { peers: [`/ip4/127.0.0.1/tcp/${listenPort}`] });
  await statusWhen(sleeper.client, ({ peers }) => peers === 1);
  sleeper.node.signal('SIGSTOP');
  const sinceMs = performance.now();
  let height = 0;
  while (performance.now() - sinceMs < sleepMs) {
    ({ height } = await mineOne(awake.client, awake.entries));
    await delay(random.integer(1, 100));
  }
  sleeper.node.signal('SIGCONT');
  const wokenMs = performance.now();
  await statusWhen(sleeper.client, ({ tip }) => tip.height >= height);
  const tookMs = performance.now() - wokenMs;
  for (const { client } of [awake, sleeper]) {
    const { peers } = JSON.parse(await client.call('peers'));
    assert(peers.length === 1 && peers[0].score === 0, `the other one is in its eyes: ${JSON.stringify(peers)}`);
  }
  assertQuiet(awake.node);
  assertQuiet(sleeper.node);
  return tookMs;
}

async function endInOrder(context: TrialContext, signal: 'SIGTERM' | 'SIGINT'): Promise<number> {
  const busy = await startBusyNode(context);
  await delay(context.random.integer(50, 500));
  const askedMs = performance.now();
  busy.node.signal(signal);
  const exitCode = await busy.node.exited;
  const tookMs = performance.now() - askedMs;
  await busy.load;
  assert(exitCode === 0, `it ended with ${exitCode}: ${busy.node.stderr}`);
  const listed = readdirSync(join(context.world.home, busy.name, 'running'));
  assert(listed.length === 0, `it is still on the list of running nodes: ${listed.join(', ')}`);
  await checkKept(context, busy);
  return tookMs;
}

async function endAtOnce(context: TrialContext): Promise<number> {
  const busy = await startBusyNode(context);
  const miner = await startMiner(context, busy);
  // It waits for the miner to end, and so has not ended when it is asked again.
  process.kill(miner, 'SIGSTOP');
  busy.node.signal('SIGTERM');
  await delay(SECOND_SIGNAL_MS);
  assert(!busy.node.hasExited, 'it waits for its miner');
  const askedMs = performance.now();
  busy.node.signal('SIGTERM');
  const exitCode = await busy.node.exited;
  const tookMs = performance.now() - askedMs;
  wakeOrEnd(miner, 'SIGCONT');
  await busy.load;
  assert(exitCode === 143, `it ended with ${exitCode}: ${busy.node.stderr}`);
  await untilEnded(miner);
  await checkKept(context, busy);
  return tookMs;
}

async function outliveMiner(context: TrialContext): Promise<number> {
  const started = await startNode(context);
  const { client, entries } = started;
  let slowestMs = 0;
  for (const waking of ['SIGCONT', 'SIGKILL'] as const) {
    const miner = await startMiner(context, started);
    process.kill(miner, 'SIGSTOP');
    const mining = mineOne(client, entries);
    mining.catch(() => undefined);
    // Calls are answered in any order: these come while that one waits.
    const { entry, id } = entries.next();
    const askedMs = performance.now();
    await client.call('append', jsonValue({ entries: [entry] }));
    await client.call('entry', jsonValue({ id }));
    slowestMs = Math.max(slowestMs, performance.now() - askedMs);
    const { mining: state } = JSON.parse(await client.call('status'));
    assert(state.searching, 'it is searching, for all it knows');
    process.kill(miner, waking);
    await mining;
  }
  return slowestMs;
}

async function endWithHungMiner(context: TrialContext): Promise<number> {
  const started = await startNode(context);
  const miner = await startMiner(context, started);
  process.kill(miner, 'SIGSTOP');
  const askedMs = performance.now();
  started.node.signal('SIGTERM');
  const exitCode = await started.node.exited;
  const tookMs = performance.now() - askedMs;
  assert(exitCode === 0, `it ended with ${exitCode}: ${started.node.stderr}`);
  assert(hasEnded(miner), 'its miner has ended, too');
  return tookMs;
}

async function leaveNoMiner(context: TrialContext): Promise<number> {
  const started = await startNode(context);
  const miner = await startMiner(context, started);
  await started.node.kill();
  const killedMs = performance.now();
  await untilEnded(miner);
  return performance.now() - killedMs;
}

async function shareNoFolder(context: TrialContext): Promise<number> {
  const { lifetime, world } = context;
  const name = nextName();
  const rivals = await Promise.all(Array.from({ length: 4 }, () => NodeProcess.spawn(lifetime, world, { name })));
  const outcomes = await Promise.all(
    rivals.map((rival) =>
      rival.untilReady().then(
        () => true,
        () => false,
      ),
    ),
  );
  const winner = rivals.find((_, i) => outcomes[i] === true);
  assert(
    winner !== undefined && outcomes.filter(Boolean).length === 1,
    `of four, these are up: ${outcomes.join(', ')}`,
  );
  for (const loser of rivals.filter((rival) => rival !== winner)) {
    assert((await loser.exited) !== 0, 'the others end with an error');
    assert(loser.stderr.includes(loser.folder), `they say what they did not get: ${loser.stderr}`);
  }
  await winner.kill();
  const heir = await NodeProcess.spawn(lifetime, world, { name });
  const tookMs = await heir.untilReady();
  await heir.kill();
  return tookMs;
}

async function runOutOfMemory(context: TrialContext): Promise<number> {
  // Small entries, because it is their objects that take up the heap, not their bytes.
  const flood = { nodeFlags: [`--max-old-space-size=${SMALL_HEAP_MB}`], textMax: 10, batchMax: 1_000 };
  const busy = await startBusyNode(context, flood);
  const startedMs = performance.now();
  // What ends the load is the end of the node, or it fails.
  await busy.load;
  const exitCode = await busy.node.exited;
  const tookMs = performance.now() - startedMs;
  assert(exitCode !== 0, 'it does not claim to have ended in order');
  assert(/heap/i.test(busy.node.stderr), `it ended for want of memory: ${busy.node.stderr.slice(0, 2_000)}`);
  assert(busy.promises.entryCount > 0, 'it has acknowledged something before');
  await checkKept(context, busy);
  return tookMs;
}

interface StartedNode {
  readonly name: string;
  readonly node: NodeProcess;
  readonly client: ProbeClient;
  readonly entries: EntrySource;
}

async function startNode(
  { lifetime, world, random }: Pick<TrialContext, 'lifetime' | 'world' | 'random'>,
  options: Omit<NodeProcessOptions, 'name'> = {},
  textMax?: number,
): Promise<StartedNode> {
  const name = nextName();
  const node = await NodeProcess.spawn(lifetime, world, { name, ...options });
  await node.untilReady();
  const entries = new EntrySource(name, random.stream('entries'), textMax);
  return { name, node, client: await node.connect(lifetime), entries };
}

interface BusyNode extends StartedNode {
  readonly promises: Promises;
  /** Over when the node is. */
  readonly load: Promise<void>;
}

/** A node into which entries come without end. */
async function startBusyNode(
  context: TrialContext,
  options: { readonly nodeFlags?: readonly string[]; readonly textMax?: number; readonly batchMax?: number } = {},
): Promise<BusyNode> {
  const { nodeFlags = [], textMax, batchMax = 20 } = options;
  const started = await startNode(context, { nodeFlags }, textMax);
  const { client, entries } = started;
  const promises = new Promises();
  const random = context.random.stream('appending');
  const load = untilGone(
    Promise.all([listenOn(client, promises), appendOn(client, { entries, random, promises, batchMax })]),
  );
  load.catch(() => undefined);
  return { ...started, promises, load };
}

/** Starts the node again, which has ended, and looks for what it had promised; its store is whole. */
async function checkKept({ lifetime, world }: TrialContext, busy: BusyNode): Promise<void> {
  const node = await NodeProcess.spawn(lifetime, world, { name: busy.name });
  await node.untilReady();
  const client = await node.connect(lifetime);
  await busy.promises.allBlocks(client);
  await busy.promises.allEntries(client);
  node.signal('SIGTERM');
  await node.exited;
  const { problems } = await checkStore({ folder: node.folder, params: CALM_PARAMS });
  assert(problems.length === 0, `fsck: ${JSON.stringify(problems)}`);
}

/** Has the node mine, for which it starts a process, and finds that one. */
async function startMiner({ lifetime }: TrialContext, { client, node, entries }: StartedNode): Promise<number> {
  await mineOne(client, entries);
  const [miner] = childrenOf(node.pid);
  assert(miner !== undefined, 'a node mines in a process of its own');
  // One that is asleep would stay.
  lifetime.after(() => wakeOrEnd(miner, 'SIGKILL'));
  return miner;
}

function wakeOrEnd(pid: number, signal: 'SIGCONT' | 'SIGKILL'): void {
  if (!hasEnded(pid)) process.kill(pid, signal);
}

async function untilEnded(pid: number): Promise<void> {
  const deadlineMs = performance.now() + END_MS_MAX;
  while (!hasEnded(pid)) {
    assert(performance.now() < deadlineMs, `process ${pid} is still there`);
    await delay(10);
  }
}

/** Gone, or only kept by whoever has to hear of its end. */
function hasEnded(pid: number): boolean {
  return !existsSync(`/proc/${pid}`) || processState(pid) === 'Z';
}

function assertQuiet(node: NodeProcess): void {
  const errors = node.stderr.split('\n').filter((line) => /^\{"level":[56]0,|^cairn: /.test(line));
  assert(errors.length === 0, `it logged ${errors.join('\n')}`);
}

function nextName(): string {
  return `paused-${++names}`;
}

let names = 0;

/** A second signal right after the first may be the same one, by another way. */
const SECOND_SIGNAL_MS = 400;
const END_MS_MAX = 10_000;
/** Enough to start with, and not for thousands of entries. */
const SMALL_HEAP_MB = 34;
