/**
 * A node that is killed at any moment while it follows a better branch at depth: whatever the moment, its folder holds one
 * of the two branches whole and every entry that was acknowledged, and in the end it follows the better one.
 */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Hash } from '../../src/core/hash.ts';
import { jsonValue } from '../../src/core/json-text.ts';
import { connectProbe, type ProbeClient } from '../../src/probe/probe-client.ts';
import { Random } from '../../src/simulator/random.ts';
import { checkStore } from '../../src/storage/fsck.ts';
import { openSqliteStore } from '../../src/storage/sqlite-store.ts';
import { CairnProcess, makeWorld, type World } from './cairn-process.ts';
import { TEST_PARAMS } from './chain-fixture.ts';
import { type BranchSize, buildDeepBranches, type DeepBranches } from './deep-branches.ts';
import { freePort } from './free-port.ts';
import { atEnd } from './lifetime.ts';
import { ALL_PENDING } from './store-change.ts';
import { statusWhen } from './test-node.ts';

export interface ReorganisationTest extends BranchSize {
  readonly kills: number;
  readonly seed: number;
  /** What the node may hold resident at most. */
  readonly residentBytesMax: number;
}

export async function testDeepReorganisation(t: TestContext, test: ReorganisationTest): Promise<void> {
  const world = await makeWorld(t);
  const folderOf = (name: string): string => join(world.home, name);
  const branches = await buildDeepBranches({ old: folderOf('old'), better: folderOf('better') }, test);
  const appended = await appendSome(t, world, branches);
  await startNode(t, world, branches.better.folder);

  const whole = await followWhole(t, world, branches, folderOf('undisturbed'));
  t.diagnostic(`undisturbed: ${whole.tookMs.toFixed(0)} ms, ${(whole.residentBytes / 1e6).toFixed(0)} MB resident`);
  assert.ok(whole.residentBytes <= test.residentBytesMax, `${whole.residentBytes} bytes were resident`);
  assert.equal(await checkFolder(folderOf('undisturbed'), branches, appended), 'better');

  const random = new Random(test.seed);
  const found: string[] = [];
  const folder = folderOf('killed');
  for (let kill = 0; kill < test.kills; kill++) {
    // Each part of the time gets its share of kills, the last ones with it, where the branches are switched.
    const afterMs = (whole.tookMs * (kill + random.fraction())) / test.kills;
    rmSync(folder, { recursive: true, force: true });
    cpSync(branches.old.folder, folder, { recursive: true });
    const victim = await startNode(t, world, folder);
    await delay(afterMs);
    victim.process.process.kill('SIGKILL');
    await victim.process.exited;
    const followed = await checkFolder(folder, branches, appended);
    found.push(`${followed} after ${afterMs.toFixed(0)} ms`);
  }
  t.diagnostic(`killed: ${found.join(', ')}`);
  const survivor = await startNode(t, world, folder);
  await statusWhen(survivor.client, ({ tip }) => tip.hash === branches.better.tip);
  await survivor.stop();
  assert.equal(await checkFolder(folder, branches, appended), 'better');
}

/** Has a node that stands on the old branch acknowledge entries that are in no block. */
async function appendSome(t: TestContext, world: World, branches: DeepBranches): Promise<Set<Hash>> {
  const node = await startNode(t, world, branches.old.folder);
  const entries = Array.from({ length: APPENDED }, (_, i) => ({ appended: i }));
  const answer: { entries: { id: Hash }[] } = JSON.parse(await node.client.call('append', jsonValue({ entries })));
  await node.stop();
  return new Set(answer.entries.map(({ id }) => id));
}

/** What following takes when nobody interferes, from the moment the node is up. */
async function followWhole(
  t: TestContext,
  world: World,
  branches: DeepBranches,
  folder: string,
): Promise<{ readonly tookMs: number; readonly residentBytes: number }> {
  cpSync(branches.old.folder, folder, { recursive: true });
  const node = await startNode(t, world, folder);
  const startMs = performance.now();
  await statusWhen(node.client, ({ tip }) => tip.hash === branches.better.tip);
  const tookMs = performance.now() - startMs;
  const residentBytes = mostResident(node.process.process.pid);
  await node.stop();
  return { tookMs, residentBytes };
}

/** Which branch the folder holds, once it is sure that it holds it whole, and every entry that was acknowledged. */
async function checkFolder(
  folder: string,
  branches: DeepBranches,
  appended: ReadonlySet<Hash>,
): Promise<'old' | 'better'> {
  const store = await openSqliteStore({ folder, params: TEST_PARAMS });
  const { window, pending } = await store.load({ windowLength: 1, milestoneInterval: 1_000_000, pending: ALL_PENDING });
  await store.close();
  const tip = window.at(-1)?.hash;
  const waiting = new Set(pending.entries.map(({ id }) => id));
  const isOld = tip === branches.old.tip;
  assert.ok(isOld || tip === branches.better.tip, `the tip is ${tip}, which ends neither branch`);
  const acknowledged = isOld ? appended : appended.union(branches.onlyOld);
  const lost = acknowledged.difference(waiting);
  assert.equal(lost.size, 0, `on the ${isOld ? 'old' : 'better'} branch ${lost.size} acknowledged entries are lost`);
  const { problems } = await checkStore({ folder, params: TEST_PARAMS });
  assert.deepEqual(problems, []);
  return isOld ? 'old' : 'better';
}

interface RunningNode {
  readonly process: CairnProcess;
  readonly client: ProbeClient;
  stop(): Promise<void>;
}

async function startNode(t: TestContext, world: World, folder: string): Promise<RunningNode> {
  const port = await freePort();
  const flags = [
    '--network',
    world.networkFile,
    '--mining-kernel',
    'node-crypto',
    '--mine',
    'demand',
    '--data',
    folder,
  ];
  const process = await CairnProcess.start(t, world, ['node', String(port), ...flags]);
  const client = await connectProbe({ host: '127.0.0.1', port });
  atEnd(t, () => client.close());
  return {
    process,
    client,
    stop: async () => {
      client.close();
      process.process.kill('SIGTERM');
      await process.exited;
    },
  };
}

/** The most memory that the process has had resident; unknown is none. */
function mostResident(pid: number | undefined): number {
  if (process.platform !== 'linux') return 0;
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

const APPENDED = 50;
