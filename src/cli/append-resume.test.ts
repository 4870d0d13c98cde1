/** An append that was interrupted, however, goes on with `--resume`: no entry is left out, and none is recorded twice. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { idOf, makeHome, runBeside, StrawNode } from './straw-node.fixture.ts';

function append(world: Parameters<typeof runBeside>[0], ...args: readonly string[]) {
  return runBeside(world, 'append', String(world.node.port), ...args);
}

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `${from + i}`);
const lines = (entries: readonly string[]) => entries.map((entry) => `${entry}\n`).join('');

test('a node that goes away in the middle costs nothing and doubles nothing', async (t) => {
  const home = await makeHome(t);
  const file = join(home, 'events.ndjson');
  await writeFile(file, lines(numbers(30_000)));
  const pool = new StrawNode();
  for (const batches of [2, 1, 4]) {
    const node = await pool.start(t);
    pool.failAfter(batches, () => void node.close());
    const outcome = await append({ home, node }, file, '--resume');
    assert.equal(outcome.exitCode, 69);
    assert.match(outcome.talk, /say the same again with --resume/);
    pool.recover();
  }
  const node = await pool.start(t);
  const last = await append({ home, node }, file, '--resume', '--json');
  assert.equal(last.exitCode, 0);
  assert.ok(JSON.parse(last.out).already_pending > 0);
  assert.deepEqual(pool.taken, numbers(30_000));

  const nothing = await append({ home, node }, file, '--resume');
  assert.match(nothing.talk, /Going on after line 30,000/);
  assert.match(nothing.out, /^0 entries/);
  await appendFile(file, lines(numbers(5, 30_000)));
  assert.match((await append({ home, node }, file, '--resume')).out, /^5 entries/);
  assert.deepEqual(pool.taken, numbers(30_005));
});

test('a process that is killed at once goes on as well', async (t) => {
  const home = await makeHome(t);
  const file = join(home, 'events.ndjson');
  await writeFile(file, lines(numbers(30_000)));
  const pool = new StrawNode();
  const node = await pool.start(t);
  const main = join(import.meta.dirname, 'main.ts');
  const env = { ...process.env, CAIRN_HOME: home, CAIRN_NODES: `127.0.0.1:${node.port}` };
  for (const batches of [3, 1]) {
    const child = spawn(process.execPath, [main, 'append', String(node.port), file, '--resume'], {
      env,
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    pool.failAfter(batches, () => child.kill('SIGKILL'));
    assert.deepEqual(await ended, [null, 'SIGKILL']);
    pool.recover();
  }
  assert.equal((await append({ home, node }, file, '--resume')).exitCode, 0);
  assert.deepEqual(pool.taken, numbers(30_000));
});

test('what is signed is signed once, wherever the run that signed it was killed', async (t) => {
  const home = await makeHome(t);
  const file = join(home, 'events.ndjson');
  const count = 5_000;
  await writeFile(file, lines(numbers(count).map((n) => `{"n":${n}}`)));
  const pool = new StrawNode();
  const node = await pool.start(t);
  const env = { ...process.env, CAIRN_HOME: home, CAIRN_NODES: `127.0.0.1:${node.port}` };
  const main = join(import.meta.dirname, 'main.ts');
  const run = (...args: readonly string[]) => spawn(process.execPath, [main, ...args], { env, stdio: 'ignore' });
  assert.deepEqual(await once(run('keys', 'create', 'me'), 'exit'), [0, null]);
  for (const hasJournal of [false, true, true]) {
    const child = run('append', String(node.port), file, '--sign', 'me', '--resume');
    const ended = once(child, 'exit');
    pool.failAfter(1, () => child.kill('SIGKILL'));
    assert.deepEqual(await ended, [null, 'SIGKILL']);
    pool.recover();
    // As if it had been killed before the journal was written, and after the first batch was signed.
    if (!hasJournal) await rm(join(home, 'appends'), { recursive: true });
  }
  const last = await append({ home, node }, file, '--sign', 'me', '--resume');
  assert.equal(last.exitCode, 0, last.talk);
  const signed = pool.taken.map((entry) => JSON.parse(entry));
  assert.deepEqual(
    signed.map(({ n, proof }) => [n, proof.sequence]),
    numbers(count).map((n) => [Number(n), Number(n)]),
  );
});

test('CSV goes on with the keys of its header', async (t) => {
  const home = await makeHome(t);
  const file = join(home, 'readings.csv');
  await writeFile(file, 'b,a\n1,"x\ny"\n2,y\nbad\n3,z\n');
  const pool = new StrawNode();
  const node = await pool.start(t);
  const broken = await append({ home, node }, file);
  assert.equal(broken.exitCode, 1);
  assert.match(broken.talk, /line 5: The record has 1 fields, and the header 2\. \(csv-fields-wrong\)/);
  await writeFile(file, 'b,a\n1,"x\ny"\n2,y\n4,mended\n3,z\n');
  assert.equal((await append({ home, node }, file, '--resume')).exitCode, 0);
  assert.deepEqual(pool.taken, [
    '{"a":"x\\ny","b":"1"}',
    '{"a":"y","b":"2"}',
    '{"a":"mended","b":"4"}',
    '{"a":"z","b":"3"}',
  ]);
});

test('what the node refuses is gone on from when the line is mended', async (t) => {
  const home = await makeHome(t);
  const file = join(home, 'events.ndjson');
  await writeFile(file, lines(['1', '2', '33', '4']));
  const pool = new StrawNode();
  pool.refuses = (entry) => entry === '33';
  const node = await pool.start(t);
  assert.equal((await append({ home, node }, file)).exitCode, 1);
  await writeFile(file, lines(['1', '2', '3', '4']));
  assert.equal((await append({ home, node }, file, '--resume')).exitCode, 0);
  assert.deepEqual(pool.taken, ['1', '2', '3', '4']);
});

test('where the first line is none, there is nothing to go on from', async (t) => {
  const home = await makeHome(t);
  const file = join(home, 'readings.csv');
  await writeFile(file, 'a,b\n1\n');
  const node = await new StrawNode().start(t);
  const { exitCode, talk } = await append({ home, node }, file);
  assert.equal(exitCode, 1);
  assert.match(talk, /line 2: .*\nNothing of it was appended\.\n$/);
  await writeFile(file, 'a,b\n1,2\n3\n');
  assert.match(
    (await append({ home, node }, file)).talk,
    /before line 3 were appended\.\n.*mend the line and say the same/,
  );
});

test('without --resume a file is appended from its beginning', async (t) => {
  const home = await makeHome(t);
  const file = join(home, 'events.ndjson');
  await writeFile(file, lines(['1', '2']));
  const pool = new StrawNode();
  const node = await pool.start(t);
  for (let i = 0; i < 2; i++) assert.equal((await append({ home, node }, file)).exitCode, 0);
  assert.deepEqual(pool.taken, ['1', '2', '1', '2']);
  assert.match((await append({ home, node }, file, '--once')).out, /2 of them waited already/);
  assert.equal(pool.taken.length, 4);
});

test('ids come in the order of the entries', async (t) => {
  const home = await makeHome(t);
  const file = join(home, 'events.ndjson');
  await writeFile(file, '1\n\n2\n');
  const node = await new StrawNode().start(t);
  const plain = await append({ home, node }, file, '--ids');
  assert.equal(plain.out, lines([idOf('1'), idOf('2')]));
  assert.match(plain.talk, /^2 entries waiting for a block$/m);
  const asJson = await append({ home, node }, file, '--ids', '--json');
  const [first, second, summary] = asJson.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(first, { line: 1, id: idOf('1'), status: 'pending' });
  assert.deepEqual(second, { line: 3, id: idOf('2'), status: 'pending' });
  assert.deepEqual(summary, { accepted: 2, pending: 2, already_pending: 0, already_in_blocks: 0 });
});

const CHANGES: readonly { readonly name: string; readonly content: string; readonly says: RegExp }[] = [
  {
    name: 'another beginning',
    content: '1\n7\n3\n4\n',
    says: /up to line 3 is not what was appended.*leave --resume out/,
  },
  { name: 'less in it', content: '1\n2\n', says: /up to line 3 is not what was appended/ },
  { name: 'more on its last line', content: '1\n2\n34\n', says: /line 3 has grown since it was appended/ },
];

for (const { name, content, says } of CHANGES) {
  test(`a file that has ${name} by now is not gone on from`, async (t) => {
    const home = await makeHome(t);
    const file = join(home, 'events.ndjson');
    await writeFile(file, '1\n2\n3');
    const pool = new StrawNode();
    const node = await pool.start(t);
    assert.equal((await append({ home, node }, file)).exitCode, 0);
    await writeFile(file, content);
    const outcome = await append({ home, node }, file, '--resume');
    assert.equal(outcome.exitCode, 1);
    assert.match(outcome.talk, says);
    assert.equal(pool.taken.length, 3);
  });
}

test('a node that knows nothing of what was appended is not gone on at', async (t) => {
  const home = await makeHome(t);
  const file = join(home, 'events.ndjson');
  await writeFile(file, '1\n');
  const node = await new StrawNode().start(t);
  assert.equal((await append({ home, node }, file)).exitCode, 0);
  const other = await new StrawNode().start(t);
  const outcome = await append({ home, node: other }, file, '--resume');
  assert.equal(outcome.exitCode, 1);
  assert.match(outcome.talk, /does not know the last entry/);
});

test('stdin and single values have no place to go on from, flags of CSV are for CSV, and a passphrase is for a key', async (t) => {
  const home = await makeHome(t);
  const node = await new StrawNode().start(t);
  for (const args of [
    ['-', '--resume'],
    ['report.json', '--resume'],
    ['events.ndjson', '--csv-numbers'],
    ['-', '--passphrase-file', 'passphrase'],
  ]) {
    assert.equal((await append({ home, node }, ...args)).exitCode, 2);
  }
});

test('a journal that is damaged is said to be', async (t) => {
  const home = await makeHome(t);
  const file = join(home, 'events.ndjson');
  await writeFile(file, '1\n');
  const node = await new StrawNode().start(t);
  await append({ home, node }, file);
  const [journal = ''] = await readdir(join(home, 'appends'));
  const path = join(home, 'appends', journal);
  const right = await readFile(path, 'utf8');
  for (const wrong of ['', '{}', right.replace('"bytes":2', '"bytes":-2')]) {
    await writeFile(path, wrong);
    const outcome = await append({ home, node }, file, '--resume');
    assert.equal(outcome.exitCode, 78);
    assert.match(outcome.talk, /it is no journal of an append, or a damaged one/);
  }
});
