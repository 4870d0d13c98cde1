/** A node whose data folder takes no writes, from the start or all of a sudden: it says so, where, and what to do, and changes nothing. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { jsonValue } from '../src/core/json-text.ts';
import { connectProbe, type ProbeClient } from '../src/probe/probe-client.ts';
import { recordFilePath } from '../src/records/record-file.ts';
import { openSqliteStore } from '../src/storage/sqlite-store.ts';
import { CAIRN_MAIN, makeWorld, type Outcome, type World } from './support/cairn-process.ts';
import { TEST_PARAMS } from './support/chain-fixture.ts';
import { freePort } from './support/free-port.ts';
import { atEnd, type Lifetime } from './support/lifetime.ts';
import { ALL_PENDING, NO_CHANGE, pendingEntry } from './support/store-change.ts';

/** Makes the folder that is its first argument read-only for nobody but the command that the others are. */
const ON_READ_ONLY_DISK = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"';
const MOUNTING = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', ON_READ_ONLY_DISK, 'sh'];
/** As a user whom rights bind, even where root runs the tests. */
const WITHOUT_POWER = ['unshare', '--user'];

test('on a read-only disk every command that writes says so, and leaves the store as it is', async (t) => {
  const world = await makeWorld(t);
  const disk = join(world.home, 'disk');
  const data = await makeStore(join(disk, 'data'));
  if (spawnSync(MOUNTING[0] ?? '', [...MOUNTING.slice(1), disk, 'true']).status !== 0) {
    t.skip('this machine lets its users mount nothing');
    return;
  }
  const before = filesIn(data);
  for (const command of ['fsck', 'compact', 'reindex']) {
    const args = [command, data, '--network', world.networkFile];
    assertRefused(await run(world, [...MOUNTING, disk], args), data, 'EROFS');
  }
  assertRefused(await run(world, [...MOUNTING, disk], nodeArgs(world, data)), data, 'EROFS');
  const absent = join(disk, 'new');
  assertRefused(await run(world, [...MOUNTING, disk], nodeArgs(world, absent)), absent, 'EROFS');
  assert.deepEqual(filesIn(data), before);
});

test('without the right to write there, a node says so, and leaves the store as it is', async (t) => {
  const world = await makeWorld(t);
  chmodSync(world.home, 0o755);
  const data = await makeStore(join(world.home, 'data'));
  const locked = join(world.home, 'locked');
  mkdirSync(locked, { mode: 0o555 });
  if (spawnSync('unshare', ['--user', 'sh', '-c', `! touch "$1/x"`, 'sh', locked], { stdio: 'ignore' }).status !== 0) {
    t.skip('this machine lets nobody give up its rights');
    return;
  }
  const before = filesIn(data);
  for (const path of [data, join(data, 'chain.sqlite')]) {
    const { mode } = statSync(path);
    chmodSync(path, 0o555);
    assertRefused(await run(world, WITHOUT_POWER, nodeArgs(world, data)), data, 'EACCES');
    chmodSync(path, mode);
    assert.deepEqual(filesIn(data), before);
  }
  const absent = join(locked, 'new');
  assertRefused(await run(world, WITHOUT_POWER, nodeArgs(world, absent)), absent, 'EACCES');
});

test('a node that may not open its table of records is up without it, and says so wherever it is asked', async (t) => {
  const world = await makeWorld(t);
  const data = await makeStore(join(world.home, 'data'));
  const table = recordFilePath(data);
  writeFileSync(table, '', { mode: 0 });
  if (spawnSync('unshare', ['--user', 'sh', '-c', `! cat "$1"`, 'sh', table], { stdio: 'ignore' }).status !== 0) {
    t.skip('this machine lets nobody give up its rights');
    return;
  }
  const port = await freePort();
  const args = [...nodeArgs(world, data, port), '--records', '--log', 'warn'];
  const [program = '', ...rest] = [...WITHOUT_POWER, process.execPath, CAIRN_MAIN, ...args];
  const child = spawn(program, rest, { env: world.env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = Promise.all([once(child, 'close'), text(child.stderr)]);
  atEnd(t, async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const first = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  assert.ok(first.done !== true, 'it ended before it was ready');

  const status = await run(world, [], ['status', String(port)]);
  assert.match(
    status.stdout,
    /^records +holds nothing \(store-unwritable\): the node's log says more, and it tries again;/m,
  );
  const records = await run(world, [], ['records', String(port)]);
  assert.deepEqual([records.exitCode, records.stdout], [1, '']);
  assert.match(records.stderr, /This node has no table of records just now \(store-unwritable\), and tries again/);
  const validation = await run(world, [], ['validate', String(port)]);
  assert.equal(validation.exitCode, 0, validation.stderr);

  child.kill('SIGTERM');
  const [[exitCode], log] = await ended;
  assert.equal(exitCode, 0);
  const told = log.split('\n').filter((line) => line.includes('the table of records is not there'));
  assert.equal(told.length, 1, log);
  assert.ok(told[0]?.includes(`${table} cannot be written (EACCES`), log);
});

test('a file that cannot be opened is named', async (t) => {
  const world = await makeWorld(t);
  const data = join(world.home, 'data');
  mkdirSync(data);
  symlinkSync(join(world.home, 'nowhere', 'chain.sqlite'), join(data, 'chain.sqlite'));
  const { exitCode, stderr } = await run(world, [], nodeArgs(world, data));
  assert.match(stderr, new RegExp(`^cairn: ${join(data, 'chain.sqlite')}: the file cannot be opened `));
  assert.equal(exitCode, 70);
});

test('a node whose disk turns read-only stops, says why, and has all that it acknowledged', async (t) => {
  const world = await makeWorld(t);
  if (spawnSync('strace', [...TURNING, 'true']).status !== 0) {
    t.skip('this machine lets no process be watched with strace');
    return;
  }
  const data = join(world.home, 'data');
  const port = await freePort();
  const args = nodeArgs(world, data, port);
  const child = spawn('strace', [...TURNING, process.execPath, CAIRN_MAIN, ...args], {
    env: world.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  atEnd(t, () => child.kill('SIGKILL'));
  const ended = Promise.all([once(child, 'close'), text(child.stderr)]);
  const first = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  assert.ok(first.done !== true, 'it ended before it was ready');
  const acknowledged = await appendUntilItFails(t, port);
  const [[exitCode], stderr] = await ended;
  assert.equal(exitCode, 78);
  assert.match(stderr.trimEnd().split('\n').at(-1) ?? '', /^cairn: .*chain\.sqlite cannot be written \(EROFS.*another/);

  const store = await openSqliteStore({ folder: data, params: TEST_PARAMS });
  atEnd(t, () => store.close());
  const { entries } = await store.pending(ALL_PENDING);
  const kept = entries.map(({ id }) => id);
  assert.ok(acknowledged.length > 0);
  assert.deepEqual(kept.slice(0, acknowledged.length), acknowledged);
});

/** Each thread may write so often, which is enough for a start and some entries. */
const WRITES_BEFORE = 300;
/** What the system says from then on. */
const TURNING = [
  ...['-f', '-qq', '-o', '/dev/null', '-e', 'trace=pwrite64,?access,?faccessat'],
  ...['-e', `inject=pwrite64:error=EROFS:when=${WRITES_BEFORE}+`],
  ...['-e', 'inject=?access,?faccessat:error=EROFS'],
];

/** A store with an entry that waits, closed. */
async function makeStore(folder: string): Promise<string> {
  const store = await openSqliteStore({ folder, params: TEST_PARAMS });
  await store.commit({ ...NO_CHANGE, pendingAdded: [pendingEntry('"waits"')] });
  await store.close();
  return folder;
}

function nodeArgs(world: World, data: string, port = 0): string[] {
  const flags = ['--network', world.networkFile, '--data', data, '--mine', 'demand', '--mining-kernel', 'node-crypto'];
  return ['node', String(port), '--json', '--log', 'error', '--listen', '/ip4/127.0.0.1/tcp/0', ...flags];
}

/** Runs `cairn` to its end, by way of `wrapper`. */
async function run(world: World, wrapper: readonly string[], args: readonly string[]): Promise<Outcome> {
  const [program = '', ...rest] = [...wrapper, process.execPath, CAIRN_MAIN, ...args];
  const child = spawn(program, rest, { env: world.env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [[exitCode], stdout, stderr] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { exitCode, stdout, stderr };
}

function assertRefused({ exitCode, stdout, stderr }: Outcome, place: string, reason: string): void {
  assert.equal(exitCode, 78, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, /^cairn: [^\n]+\n$/, 'one line');
  assert.ok(stderr.includes(place) && stderr.includes(`cannot be written (${reason}`), stderr);
  assert.match(stderr, /give this user the right to write there, or use another folder/);
}

/** Every file in `folder`, with its bytes and when they were last written. */
function filesIn(folder: string): unknown {
  return readdirSync(folder).map((name) => {
    const path = join(folder, name);
    return { name, modifiedMs: statSync(path).mtimeMs, bytes: readFileSync(path).toString('hex') };
  });
}

/** The ids of what the node has acknowledged, until it could not any more. */
async function appendUntilItFails(t: Lifetime, port: number): Promise<string[]> {
  const client: ProbeClient = await connectProbe({ host: '127.0.0.1', port });
  atEnd(t, () => client.close());
  const acknowledged: string[] = [];
  try {
    for (let i = 0; ; i++) {
      const answer = JSON.parse(await client.call('append', jsonValue({ entries: [`${i} ${'x'.repeat(20_000)}`] })));
      acknowledged.push(answer.entries[0].id);
    }
  } catch {
    return acknowledged;
  }
}
