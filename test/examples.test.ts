/** The programs in examples/ do what their headings say, with real nodes behind. They use the library as it is built, by the name of the package. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ensureLibrary } from './support/built-library.ts';
import {
  CAIRN_MAIN,
  CairnProcess,
  makeWorld,
  runCairn,
  startNodeProcess,
  type World,
} from './support/cairn-process.ts';
import { freePort } from './support/free-port.ts';

const EXAMPLES = fileURLToPath(new URL('../examples/', import.meta.url));

function startExample(world: World, path: string, args: readonly string[] = []): ChildProcess {
  return spawn(process.execPath, [join(EXAMPLES, path), ...args], {
    env: world.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function runExample(world: World, path: string, args: readonly string[] = []): Promise<string> {
  const child = startExample(world, path, args);
  assert(child.stdout !== null && child.stderr !== null);
  const [[exitCode], stdout, stderr] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ]);
  assert.equal(exitCode, 0, `${path}: ${stderr}`);
  return stdout;
}

before(ensureLibrary);

test('three organisations keep an audit log, and nobody else can write to it', async (t) => {
  const world = await makeWorld(t);
  // Three nodes that each choose among kernels would take longer than all that is shown.
  const env = { ...world.env, CAIRN_MINING_KERNEL: 'node-crypto' };
  const told = await runExample({ ...world, env }, 'audit-log/audit-log.mjs');
  assert.match(told, /an entry that nobody signed: proof-missing/);
  assert.match(told, /an entry with a stranger's signature: writer-unknown/);
  for (const [name, count] of [
    ['airport', 2],
    ['customs', 3],
    ['forwarder', 1],
  ]) {
    assert.match(told, new RegExp(`${name} +${count} of its entries, none left out`));
  }
  assert.equal([...told.matchAll(/checked: id, rules, place, chain/g)].length, 6);
});

test('an example ends when a command that it needs cannot start', async (t) => {
  const world = await makeWorld(t);
  const child = startExample({ ...world, env: { ...world.env, CAIRN_LOG: 'nonsense' } }, 'audit-log/audit-log.mjs');
  assert(child.stderr !== null);
  const [[exitCode], complaint] = await Promise.all([once(child, 'close'), text(child.stderr)]);
  assert.equal(exitCode, 1);
  assert.match(complaint, /cairn node .* has ended before it was ready/);
});

test('the other examples, at one node with a gateway', async (t) => {
  const world = await makeWorld(t);
  const { port } = await startNodeProcess(t, world, ['--index', '/celsius']);
  const gatewayPort = await freePort();
  await CairnProcess.start(t, world, ['gateway', '--port', String(gatewayPort)]);
  const gateway = `http://127.0.0.1:${gatewayPort}`;

  await t.test('files get receipts, by which a changed file is found out', async () => {
    const folder = join(world.home, 'contracts');
    await mkdir(folder);
    await writeFile(join(folder, 'lease.pdf'), 'for ten years');
    await writeFile(join(folder, 'sale.pdf'), Buffer.alloc(3_000_000, 7));
    await runExample(world, 'notarised-files/notarise-folder.mjs', [gateway, folder]);
    assert.deepEqual((await readdir(folder)).sort(), [
      'lease.pdf',
      'lease.pdf.receipt.json',
      'sale.pdf',
      'sale.pdf.receipt.json',
    ]);
    assert.equal(await runExample(world, 'notarised-files/notarise-folder.mjs', [gateway, folder]), '', 'all have one');
    const verify = () =>
      runCairn(world, ['verify', '--network', world.networkFile, join(folder, 'lease.pdf'), join(folder, 'sale.pdf')]);
    const whole = await verify();
    assert.equal(whole.exitCode, 0, whole.stderr);
    await writeFile(join(folder, 'lease.pdf'), 'for two years');
    const changed = await verify();
    assert.equal(changed.exitCode, 1);
    assert.match(changed.stdout, /receipt-file-other/);
  });

  await t.test('lines of a sensor are piped in, and the warm ones found', async () => {
    const sensor = startExample(world, 'sensor-lines/sensor.mjs', ['--count', '2000']);
    const append = spawn(process.execPath, [CAIRN_MAIN, 'append', String(port), '-', '--wait', '--json'], {
      env: world.env,
    });
    assert(sensor.stdout !== null);
    sensor.stdout.pipe(append.stdin);
    const [told] = await Promise.all([text(append.stdout), once(append, 'close')]);
    assert.equal(append.exitCode, 0, told);
    const { tip } = JSON.parse((await runCairn(world, ['status', String(port), '--json'])).stdout);
    const ask = () => runCairn(world, ['records', String(port), '--where', '/celsius>=-14', '--json']);
    let answer = await ask();
    const indexedTo = async () =>
      JSON.parse((await runCairn(world, ['status', String(port), '--json'])).stdout).records.indexed_to;
    while ((await indexedTo()) < tip.height);
    answer = await ask();
    assert.equal(answer.exitCode, 0, answer.stderr);
    const found = answer.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).data);
    assert(found.length > 10 && found.every(({ celsius }) => celsius >= -14), answer.stdout);
  });

  const untilNothingWaits = async () => {
    const pending = async () =>
      JSON.parse((await runCairn(world, ['status', String(port), '--json'])).stdout).pending.count;
    while ((await pending()) > 0);
  };

  await t.test("a shop's consumer that is killed again and again has every order once in the end", async () => {
    const file = join(world.home, 'orders.sqlite');
    const shop = runExample(world, 'web-shop/shop.mjs', [gateway, '40']);
    for (let round = 0; round < 3; round++) {
      const consumer = startExample(world, 'web-shop/consumer.mjs', [gateway, file]);
      assert(consumer.stderr !== null);
      const complaint = text(consumer.stderr);
      // As soon as it has done a little more, somewhere in the midst; or all, where the shop was quicker.
      const enough = Math.min(countEvents(file) + 1, EVENTS);
      while (countEvents(file) < enough && consumer.exitCode === null) await pause(LOOK_MS);
      assert.equal(consumer.exitCode, null, await Promise.race([complaint, '']));
      consumer.kill('SIGKILL');
      await once(consumer, 'close');
    }
    await shop;
    await untilNothingWaits();
    // The first event of all once more, and what is no event of an order.
    const strays = [
      { type: 'shop/order', order: 0, number: 0, event: 'placed', total: 20 },
      { type: 'shop/order', order: 'x' },
    ];
    const handedIn = await fetch(`${gateway}/api/v1/nodes/${port}/entries?repeat=true`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(strays),
    });
    assert.equal(handedIn.status, 202, await handedIn.text());
    await untilNothingWaits();
    const told = await runExample(world, 'web-shop/consumer.mjs', [gateway, file, '--until-idle']);
    const orders = Array.from({ length: 40 }, (_, order) => order).filter((order) => order % 5 !== 4);
    const total = orders.reduce((sum, order) => sum + 20 + ((order * 37) % 80), 0);
    assert.equal(told, `${orders.length} orders were paid: ${total} in all\n`);
    assert.equal(countEvents(file), EVENTS + 1);
  });
});

/** Of 40 orders three each, but of the eight that are not paid. */
const EVENTS = 40 * 3 - 8;
/** Between two looks into the consumer's file. */
const LOOK_MS = 10;

/** 0 while there is no table yet. */
function countEvents(file: string): number {
  try {
    const database = new DatabaseSync(file, { readOnly: true });
    try {
      return Number(Object(database.prepare('SELECT count(*) AS count FROM events').get()).count);
    } finally {
      database.close();
    }
  } catch {
    return 0;
  }
}
