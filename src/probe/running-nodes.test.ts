import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { atEnd } from '../../test/support/lifetime.ts';
import { type CairnHome, resolveHome } from './cairn-home.ts';
import { ownIdentity } from './process-identity.ts';
import {
  findRunning,
  type JoiningNode,
  joinList,
  listRunning,
  type RunningNode,
  watchRunning,
} from './running-nodes.ts';

const NODE: JoiningNode = {
  port: 5001,
  host: '127.0.0.1',
  started: '2026-01-01T00:00:00.000Z',
  peer_addresses: ['/ip4/127.0.0.1/tcp/4001'],
};

test('a node is on the list while it runs, with its process', async (t) => {
  const home = await makeHome(t);
  assert.deepEqual(await listRunning(home), []);
  const second = await joinList(home, { ...NODE, port: 5002 });
  const first = await joinList(home, NODE);
  const entry: RunningNode = { ...NODE, ...(await ownIdentity()) };
  assert.deepEqual(await listRunning(home), [entry, { ...entry, port: 5002 }]);
  assert.deepEqual(await findRunning(home, 5001), entry);
  assert.equal(await findRunning(home, 5003), undefined);
  await first.leave();
  assert.deepEqual(await listRunning(home), [{ ...entry, port: 5002 }]);
  await second.leave();
  assert.deepEqual(await readdir(home.runningFolder), []);
});

test('the list and its entries are for their user alone', { skip: process.platform === 'win32' }, async (t) => {
  const home = await makeHome(t);
  await joinList(home, NODE);
  assert.equal((await stat(home.root)).mode & 0o777, 0o700);
  assert.equal((await stat(home.runningFolder)).mode & 0o777, 0o700);
  assert.equal((await stat(join(home.runningFolder, '5001.json'))).mode & 0o777, 0o600);
});

test('a port whose node runs is refused, in this home only', async (t) => {
  const home = await makeHome(t);
  await joinList(home, NODE);
  await assert.rejects(joinList(home, NODE), { code: 'port-in-use', message: /port 5001 already \(process \d+\)/ });
  assert.deepEqual(await readdir(home.runningFolder), ['5001.json']);
  await joinList(await makeHome(t), NODE);
});

test('of many that join at once over a dead entry, with others who look at the list, one does', async (t) => {
  for (let round = 0; round < 20; round++) {
    const home = await makeHome(t);
    await putEntry(home, 5001, { ...NODE, pid: NO_PROCESS, process_start: null });
    const lists = Array.from({ length: 10 }, () => listRunning(home));
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => joinList(home, NODE)));
    await Promise.all(lists);
    const codes = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? 'joined' : outcome.reason.code));
    assert.deepEqual(codes.sort(), ['joined', ...Array(19).fill('port-in-use')]);
    assert.deepEqual(await readdir(home.runningFolder), ['5001.json']);
  }
});

test('an entry whose process is gone is dropped, and does not keep the port', async (t) => {
  const home = await makeHome(t);
  await putEntry(home, 5001, { ...NODE, pid: NO_PROCESS, process_start: 1 });
  await putEntry(home, 5002, { ...NODE, port: 5002, pid: NO_PROCESS, process_start: null });
  assert.deepEqual(await listRunning(home), []);
  assert.deepEqual(await readdir(home.runningFolder), []);
  await putEntry(home, 5001, { ...NODE, pid: NO_PROCESS, process_start: 1 });
  await joinList(home, NODE);
  assert.equal((await findRunning(home, 5001))?.pid, process.pid);
});

test('a process that took over the number of a dead one is not taken for it', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const home = await makeHome(t);
  const own = await ownIdentity();
  assert.ok(own.process_start !== null);
  await putEntry(home, 5001, { ...NODE, ...own, process_start: own.process_start - 1 });
  assert.deepEqual(await listRunning(home), []);
});

test('a process that was killed and that nobody has waited for is gone', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const home = await makeHome(t);
  // A shell that has a child and then becomes a program that waits for none.
  const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
  atEnd(t, () => parent.kill());
  const [output] = await once(parent.stdout, 'data');
  const pid = Number(String(output).trim());
  const readStat = (of: number | undefined) => readFile(`/proc/${of}/stat`, 'latin1');
  while (!(await readStat(parent.pid)).includes('(sleep)')) await new Promise(setImmediate);
  process.kill(pid, 'SIGKILL');
  while (!(await readStat(pid)).includes(') Z ')) await new Promise(setImmediate);
  const start = Number((await readStat(pid)).split(') ')[1]?.split(' ')[19]);
  await putEntry(home, 5001, { ...NODE, pid, process_start: start });
  assert.deepEqual(await listRunning(home), []);
});

const MALFORMED: readonly [name: string, content: string | Uint8Array][] = [
  ['empty', ''],
  ['torn', '{"port":5001,"host":"127.0.'],
  ['no object', '[]'],
  ['null', 'null'],
  ['without a process', JSON.stringify(NODE)],
  ['of another port', JSON.stringify({ ...NODE, port: 5002, pid: process.pid, process_start: null })],
  ['with a process number that means all', JSON.stringify({ ...NODE, pid: -1, process_start: null })],
  ['with a fraction for a process', JSON.stringify({ ...NODE, pid: 1.5, process_start: null })],
  ['with a time that is none', JSON.stringify({ ...NODE, started: 'now', pid: process.pid, process_start: null })],
  [
    'with an address that is none',
    JSON.stringify({ ...NODE, peer_addresses: [1], pid: process.pid, process_start: null }),
  ],
  ['binary', Uint8Array.of(0xff, 0x00, 0xfe)],
  ['over 64 KiB', JSON.stringify({ ...NODE, pid: process.pid, process_start: null }).padEnd(65_537)],
];

for (const [name, content] of MALFORMED) {
  test(`a file that is ${name} is taken away and breaks nothing`, async (t) => {
    const home = await makeHome(t);
    await mkdir(home.runningFolder, { recursive: true });
    await writeFile(join(home.runningFolder, '5001.json'), content);
    const other = { ...NODE, port: 5002 };
    await joinList(home, other);
    assert.deepEqual(
      (await listRunning(home)).map((node) => node.port),
      [5002],
    );
    assert.deepEqual(await readdir(home.runningFolder), ['5002.json']);
  });
}

test('what is no entry by its name is left alone, and what is no file does not hold anybody up', async (t) => {
  const home = await makeHome(t);
  await mkdir(join(home.runningFolder, '5001.json'), { recursive: true });
  await writeFile(join(home.runningFolder, 'notes.txt'), 'mine');
  await writeFile(join(home.runningFolder, '0.json'), '');
  assert.deepEqual(await listRunning(home), []);
  assert.deepEqual((await readdir(home.runningFolder)).sort(), ['0.json', '5001.json', 'notes.txt']);
  await assert.rejects(joinList(home, NODE), { code: 'entry-blocked' });
  assert.equal((await readdir(home.runningFolder)).length, 3);
});

test('what a process left behind that died while it joined is taken away, and what a live one writes is not', async (t) => {
  const home = await makeHome(t);
  await mkdir(home.runningFolder, { recursive: true });
  const draft = (pid: number) => `.5001.${pid}.00000000-0000-4000-8000-000000000000.tmp`;
  await writeFile(join(home.runningFolder, draft(NO_PROCESS)), '{');
  await writeFile(join(home.runningFolder, draft(process.pid)), '{');
  assert.deepEqual(await listRunning(home), []);
  assert.deepEqual(await readdir(home.runningFolder), [draft(process.pid)]);
});

test('who leaves takes no entry away but its own', async (t) => {
  const home = await makeHome(t);
  const first = await joinList(home, NODE);
  await first.leave();
  await joinList(home, { ...NODE, host: '127.0.0.2' });
  // Another time than that of the first one, whose number the new file may have, even where the clock of files ticks slowly.
  await utimes(join(home.runningFolder, '5001.json'), 0, 0);
  await first.leave();
  assert.equal((await findRunning(home, 5001))?.host, '127.0.0.2');
});

test('who watches hears of nodes that come and go, until it has enough', async (t) => {
  const home = await makeHome(t);
  const watching = new AbortController();
  let changed = Promise.withResolvers<void>();
  const onChange = () => changed.resolve();
  await watchRunning(home, onChange, { signal: watching.signal });
  const ports: number[][] = [];
  const listAfterChange = async (length: number) => {
    for (;;) {
      await changed.promise;
      changed = Promise.withResolvers();
      const nodes = await listRunning(home);
      if (nodes.length === length) return nodes.map((node) => node.port);
    }
  };
  const joined = await joinList(home, NODE);
  ports.push(await listAfterChange(1));
  await joined.leave();
  ports.push(await listAfterChange(0));
  assert.deepEqual(ports, [[5001], []]);
  // A watcher that went on would keep this test from ending.
  watching.abort();
});

async function makeHome(t: TestContext): Promise<CairnHome> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-running-'));
  atEnd(t, () => rm(folder, { recursive: true }));
  return resolveHome({ CAIRN_HOME: join(folder, 'home') });
}

async function putEntry(home: CairnHome, port: number, entry: RunningNode): Promise<void> {
  await mkdir(home.runningFolder, { recursive: true });
  await writeFile(join(home.runningFolder, `${port}.json`), JSON.stringify(entry));
}

/** A number that no process has: systems count up to far less. */
const NO_PROCESS = 2_147_483_647;
