/** The example of a client in Python, over HTTP, with a real node and gateway. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkReceipt } from '../src/sdk/cairn-ledger.ts';
import { atEnd } from './support/lifetime.ts';
import { SdkWorld } from './support/sdk-world.ts';

const CLIENT = fileURLToPath(new URL('../examples/client.py', import.meta.url));
const skip = spawnSync('python3', ['--version']).error === undefined ? false : 'python3 is not installed';

function start(...args: readonly string[]) {
  return spawn('python3', ['-B', CLIENT, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function run(...args: readonly string[]) {
  const child = start(...args);
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { stdout, stderr, exitCode };
}

test('the client in Python hands in, finds, follows and takes a receipt', { skip }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-client-'));
  atEnd(t, () => rm(folder, { recursive: true, force: true }));
  const world = await SdkWorld.start(t, { isMining: true });

  const appended = await run(world.url, 'append', '{"n":17,"name":"ключ"}');
  assert.equal(appended.exitCode, 0, appended.stderr);
  const { id, height } = JSON.parse(appended.stdout);
  assert.equal(height, 1);
  assert.deepEqual(JSON.parse((await run(world.url, 'append', '{"name":"ключ","n":17}')).stdout).id, id);

  const file = join(folder, 'crate.receipt.json');
  assert.equal((await run(world.url, '--node', String(world.node.node.port), 'receipt', id, file)).exitCode, 0);
  const proven = checkReceipt(await readFile(file));
  assert.deepEqual([proven.id, proven.data], [id, { n: 17, name: 'ключ' }]);

  let found = await run(world.url, 'records', '/n>=17');
  // The table of records is a moment behind.
  while (found.stdout === '' && found.exitCode === 0) found = await run(world.url, 'records', '/n>=17');
  assert.deepEqual(JSON.parse(found.stdout).data, { n: 17, name: 'ключ' });

  const cursorFile = join(folder, 'cursor.txt');
  assert.deepEqual(await firstFollowed(world.url, cursorFile), { type: 'added', data: { n: 17, name: 'ключ' } });
  await world.node.mine('[18]');
  const next = await firstFollowed(world.url, cursorFile);
  // It was ended between what it printed and its cursor, or after both.
  assert.ok([18, 17].includes(Number(next.data.n ?? next.data)));
});

test('what is refused is told by its code, and a gateway that is not there by an exit code of its own', {
  skip,
}, async (t) => {
  const world = await SdkWorld.start(t);
  const refused = await run(world.url, 'receipt', 'f'.repeat(64), 'none.json');
  assert.deepEqual([refused.exitCode, refused.stdout], [1, '']);
  assert.match(refused.stderr, /\(entry-not-in-chain\)\n$/);
  assert.equal((await run('http://127.0.0.1:1', 'append', '1')).exitCode, 69);
  const nobody = await run(world.url, '--node', '1', 'follow', 'none.txt');
  assert.deepEqual([nobody.exitCode, nobody.stdout], [1, ''], 'it does not wait for a node that there never was');
  assert.match(nobody.stderr, /\(node-unknown\)\n$/);
  for (const usage of [['dance'], ['append'], ['append', '{crate:17}'], ['append', 'NaN'], ['append', '"\\ud800"']]) {
    const { exitCode, stderr } = await run(world.url, ...usage);
    assert.equal(exitCode, 2, stderr);
  }
});

/** The first line that it prints; then it is ended. */
async function firstFollowed(url: string, cursorFile: string) {
  const child = start(url, 'follow', cursorFile);
  const ended = once(child, 'close');
  try {
    for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
  return assert.fail('it ended by itself');
}
