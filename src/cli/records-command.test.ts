/** What `cairn records` prints of what a node finds. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { makeHome, TestNode } from '../../test/support/test-node.ts';
import type { CairnHome } from '../probe/cairn-home.ts';
import { runProgram } from './program.ts';

const ends: (() => unknown)[] = [];
const lifetime = { after: (end: () => unknown) => void ends.unshift(end) };
let home: CairnHome;
let node: TestNode;
before(async () => {
  home = await makeHome(lifetime);
  node = await TestNode.start(lifetime, { home, indexes: ['/n'] });
  const entries = Array.from({ length: 1_200 }, (_, n) => `{"n":${n},"word":"${n % 2 === 0 ? 'even' : 'odd'}"}`);
  await node.mine(`[${entries.join(',')}]`);
  await node.mine('["last"]');
  await node.whenIndexed(2);
});
after(async () => {
  for (const end of ends) await end();
});

const records = (...flags: string[]) => cairn('records', String(node.node.port), ...flags);

async function cairn(...args: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const printed = Promise.all([text(stdout), text(stderr)]);
  const exitCode = await runProgram(args, {
    streams: { stdin: new PassThrough(), stdout, stderr },
    env: { CAIRN_HOME: home.root },
  });
  stdout.end();
  stderr.end();
  const [out, talk] = await printed;
  return { exitCode, lines: out.split('\n').slice(0, -1), talk };
}

test('each record has a line, with its place and the entry', async () => {
  const { exitCode, lines, talk } = await records('--where', '/n=7');
  assert.equal(exitCode, 0);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}1:7 {8}[0-9a-f]{12} {2}\{"n":7,"word":"odd"\}$/);
  assert.equal(talk, '');
});

test('all and a number of them cannot be asked for at once', async () => {
  const { exitCode, lines, talk } = await records('--all', '--limit', '3');
  assert.deepEqual([exitCode, lines, talk], [2, [], 'cairn: --all has no --limit: name one of the two.\n']);
});

test('with --json the lines are the records as the node tells them', async () => {
  const { lines } = await records('--where', '/n>=1198', '--desc', '--json');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).data),
    [
      { n: 1_199, word: 'odd' },
      { n: 1_198, word: 'even' },
    ],
  );
});

test('a hundred are printed unless told, and more of them where that is asked for, over as many pages as it takes', async () => {
  for (const form of [[], ['--json']]) {
    const few = await records('--where', '/word=odd', ...form);
    assert.equal(few.lines.length, 100);
    assert.match(few.talk, /There may be more: ask for a higher --limit/);
  }
  const all = await records('--where', '/word=odd', '--all', '--json');
  assert.deepEqual(
    all.lines.map((line) => JSON.parse(line).index),
    Array.from({ length: 600 }, (_, i) => 2 * i + 1),
  );
  assert.equal((await records('--limit', '1100')).lines.length, 1_100);
  assert.match((await records('--from', '2100-01-01')).talk, /No record passes/);
});

test('an author goes by the name of a key of the home, too', async () => {
  await cairn('keys', 'create', 'ada');
  const { exitCode, talk } = await records('--author', 'ada');
  assert.deepEqual([exitCode, talk], [0, 'No record passes.\n']);
  assert.match((await records('--author', 'bob')).talk, /There is no key "bob"/);
});

for (const { flags, says } of [
  { flags: ['--where', 'n=1'], says: /--where/ },
  {
    flags: ['--where', '/n>>=1'],
    says: /^cairn: --where must have one of = < <= > >= as its operator; a text that begins/,
  },
  { flags: ['--from', 'yesterday'], says: /--from/ },
  { flags: ['--author', 'Ada'], says: /"Ada" is no author: name one as did:key/ },
  { flags: ['--limit', '0'], says: /--limit/ },
]) {
  test(`${flags.join(' ')} is wrong usage`, async () => {
    const { exitCode, lines, talk } = await records(...flags);
    assert.deepEqual([exitCode, lines], [2, []]);
    assert.match(talk, says);
  });
}
