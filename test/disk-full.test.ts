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
import { loadNodeKey } from '../src/network/node-key.ts';
import { connectProbe, type ProbeClient, RpcCallError } from '../src/probe/probe-client.ts';
import { openSqliteStore } from '../src/storage/sqlite-store.ts';
import { makeWorld, type World } from './support/cairn-process.ts';
import { freePort } from './support/free-port.ts';
import { atEnd, type Lifetime } from './support/lifetime.ts';
import { EASY_PARAMS } from './support/test-node.ts';

const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
/** Mounts a small file system that nobody else sees, does with it what its second argument says, and runs the rest. */
const ON_SMALL_DISK = 'mount -t tmpfs -o size=6m tmpfs "$1" && cd "$1" && eval "$2" && shift 2 && exec "$@"';
/** Until nothing more goes in. */
const FILL_UP = '{ cat /dev/zero > filler || true; } 2> /dev/null';
const IN_OWN_MOUNTS = ['--user', '--map-root-user', '--mount'];
const FILLER_BYTES = 4 * 1024 * 1024;
const POLL_MS = 50;

const canMount =
  process.platform === 'linux' &&
  spawnSync('unshare', [...IN_OWN_MOUNTS, 'sh', '-c', ON_SMALL_DISK, 'sh', '/mnt', 'true', 'true']).status === 0;

test('a node whose disk is full refuses what it cannot keep, serves the rest, and goes on when there is room', {
  skip: canMount ? false : 'this machine lets its users mount nothing',
}, async (t) => {
  const { client, disk } = await startOnSmallDisk(t, await makeWorld(t));
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

test('a node that starts with records on a full disk is up without their table, and has it when there is room', {
  skip: canMount ? false : 'this machine lets its users mount nothing',
}, async (t) => {
  const world = await makeWorld(t);
  const used = join(world.home, 'used');
  const store = await openSqliteStore({ folder: used, params: EASY_PARAMS });
  await store.close();
  await loadNodeKey(join(used, 'node.key'));
  const start = { prepare: `cp -R '${used}' data && ${FILL_UP}`, flags: ['--records', '--index', '/n'] };
  const { client, disk } = await startOnSmallDisk(t, world, start);
  const { records } = await statusOf(client);
  assert.equal(records?.indexed_to, -1);
  // SQLite says either, by the file for which there is no room.
  assert.match(records.trouble ?? '', /^store-(full|io)$/);
  await assert.rejects(
    client.call('records'),
    (error) => error instanceof RpcCallError && error.rpc.data.code === 'records-unavailable',
  );
  assert.deepEqual(JSON.parse(await client.call('validate')), { valid: true, blocks: 1, fault: null });
  await rm(join(disk, 'filler'));
  while ((await statusOf(client)).records?.indexed_to !== 0) await delay(POLL_MS);
  assert.deepEqual(JSON.parse(await client.call('records')).records, []);
  assert.equal((await statusOf(client)).records?.trouble, undefined);
});

/** A node whose data are on a file system of 6 MiB; `disk` is where this process finds it. */
async function startOnSmallDisk(
  t: Lifetime,
  world: World,
  { prepare = 'true', flags = [] }: { readonly prepare?: string; readonly flags?: readonly string[] } = {},
): Promise<{ readonly client: ProbeClient; readonly disk: string }> {
  const mountPoint = join(world.home, 'disk');
  await mkdir(mountPoint);
  const port = await freePort();
  const all = [
    '--network',
    world.networkFile,
    '--mining-kernel',
    'node-crypto',
    '--mine',
    'demand',
    '--json',
    ...flags,
  ];
  const node = [process.execPath, MAIN, 'node', String(port), '--data', join(mountPoint, 'data'), ...all];
  const child = spawn('unshare', [...IN_OWN_MOUNTS, 'sh', '-c', ON_SMALL_DISK, 'sh', mountPoint, prepare, ...node], {
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
