/** A node on a disk that fills up, a real one: it goes on without recording, loses nothing, and recovers by itself. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { NodeStatus } from '../src/api/shapes.ts';
import { jsonValue } from '../src/core/json-text.ts';
import { connectProbe, type ProbeClient, RpcCallError } from '../src/probe/probe-client.ts';
import { makeWorld } from './support/cairn-process.ts';
import { freePort } from './support/free-port.ts';
import { atEnd, type Lifetime } from './support/lifetime.ts';

const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
/** Mounts a small file system that nobody else sees, and runs the rest of its arguments. */
const ON_SMALL_DISK = 'mount -t tmpfs -o size=6m tmpfs "$1" && shift && exec "$@"';
const IN_OWN_MOUNTS = ['--user', '--map-root-user', '--mount'];
const FILLER_BYTES = 4 * 1024 * 1024;
const POLL_MS = 50;

const canMount =
  process.platform === 'linux' &&
  spawnSync('unshare', [...IN_OWN_MOUNTS, 'sh', '-c', ON_SMALL_DISK, 'sh', '/mnt', 'true']).status === 0;

test('a node whose disk is full refuses what it cannot keep, serves the rest, and goes on when there is room', {
  skip: canMount ? false : 'this machine lets its users mount nothing',
}, async (t) => {
  const { client, disk } = await startOnSmallDisk(t);
  const filler = join(disk, 'filler');
  await writeFile(filler, new Uint8Array(FILLER_BYTES));
  const acknowledged: string[] = [];
  let refusal: unknown;
  for (let i = 0; refusal === undefined; i++) {
    try {
      acknowledged.push(await append(client, `${i} ${'x'.repeat(60_000)}`));
    } catch (error) {
      refusal = error;
    }
  }
  assert.ok(refusal instanceof RpcCallError && refusal.rpc.data.code === 'store-full', String(refusal));
  assert.ok(acknowledged.length > 0);
  await assert.rejects(client.call('mine', jsonValue({ data: 1 })), /no room/);
  const full = await statusOf(client);
  assert.equal(typeof full.disk_full_s, 'number');
  assert.equal(full.pending.count, acknowledged.length, 'what was refused is not kept');
  assert.deepEqual(JSON.parse(await client.call('validate')), { valid: true, blocks: 1, fault: null });
  for (const id of acknowledged)
    assert.equal(JSON.parse(await client.call('entry', jsonValue({ id }))).status, 'pending');

  await rm(filler);
  while ((await statusOf(client)).disk_full_s !== null) await delay(POLL_MS);
  await append(client, 'room again');
  await client.call('mine', jsonValue({ data: acknowledged }));
  assert.equal((await statusOf(client)).pending.count, acknowledged.length + 1);
  for (const id of acknowledged) assert.equal(JSON.parse(await client.call('entry', jsonValue({ id }))).id, id);
  assert.equal(JSON.parse(await client.call('validate')).valid, true);
});

/** A node whose data are on a file system of 6 MiB; `disk` is where this process finds it. */
async function startOnSmallDisk(t: Lifetime): Promise<{ readonly client: ProbeClient; readonly disk: string }> {
  const world = await makeWorld(t);
  const mountPoint = join(world.home, 'disk');
  await mkdir(mountPoint);
  const port = await freePort();
  const flags = ['--network', world.networkFile, '--mining-kernel', 'node-crypto', '--mine', 'demand', '--json'];
  const node = [process.execPath, MAIN, 'node', String(port), '--data', join(mountPoint, 'data'), ...flags];
  const child = spawn('unshare', [...IN_OWN_MOUNTS, 'sh', '-c', ON_SMALL_DISK, 'sh', mountPoint, ...node], {
    env: world.env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = once(child, 'close');
  atEnd(t, async () => {
    child.kill('SIGTERM');
    await exited;
  });
  await isReady(child);
  const client = await connectProbe({ host: '127.0.0.1', port });
  atEnd(t, () => client.close());
  return { client, disk: join(`/proc/${child.pid}/root`, mountPoint) };
}

async function isReady({ stdout }: ChildProcess): Promise<void> {
  assert.ok(stdout);
  const first = await createInterface({ input: stdout })[Symbol.asyncIterator]().next();
  assert.ok(first.done !== true, 'it ended before it was ready');
}

async function statusOf(client: ProbeClient): Promise<NodeStatus> {
  return JSON.parse(await client.call('status'));
}

/** The id of the entry, once the node has acknowledged it. */
async function append(client: ProbeClient, entry: string): Promise<string> {
  const { entries } = JSON.parse(await client.call('append', jsonValue({ entries: [entry] })));
  return entries[0].id;
}
