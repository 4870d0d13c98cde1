/** What `cairn entry` says of an entry, by what its node answers. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { ALICE, signedEntry } from '../../test/support/signers.ts';
import { startGateway } from '../gateway/canned-node.fixture.ts';
import { runProgram } from './program.ts';

const ID = 'ab'.repeat(32);
const HASH = 'cd'.repeat(32);
const PLACE = { height: 1_234, hash: HASH, index: 2, depth: 1 };
const SINCE = '2026-11-23T05:12:00.000Z';

/** What the command makes of the node's answer `view`; without one the node has no such entry. */
async function entry(t: TestContext, view: string | undefined, ...flags: readonly string[]) {
  const { node, home, stop } = await startGateway();
  t.after(stop);
  node.ledger.entry = view;
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const exitCode = await runProgram(['entry', String(node.port), ID, ...flags], {
    streams: { stdin: new PassThrough(), stdout, stderr },
    env: { CAIRN_HOME: home.root },
  });
  stdout.end();
  stderr.end();
  return { exitCode, lines: (await text(stdout)).trimEnd().split('\n'), talk: await text(stderr) };
}

const view = (members: object, data?: string) =>
  `${JSON.stringify({ id: ID, places: [], indexed_to: 9, ...members }).slice(0, -1)}${data === undefined ? '' : `,"data":${data}`}}`;

test('an entry in blocks is told with every place, its authors and its data as they stand there', async (t) => {
  const signed = Buffer.from(signedEntry('{"n":1.5,"z":0}', { created: '2026-11-23T05:12:00Z' }).bytes).toString();
  const places = [PLACE, { ...PLACE, height: 1_235, depth: 0 }];
  const { exitCode, lines } = await entry(t, view({ status: 'in-block', places }, signed));
  assert.equal(exitCode, 0);
  assert.deepEqual(lines, [
    `entry      ${ID}`,
    'status     in-block: it is on record, 2 times',
    `place      block 1,234 ${HASH}, entry 2, 1 block on top`,
    `place      block 1,235 ${HASH}, entry 2, 0 blocks on top`,
    `signed by  ${ALICE.author}, sequence 0, at 2026-11-23T05:12:00Z`,
    `data       ${signed}`,
  ]);
});

test('one that waits is told with since when, and why it waits again', async (t) => {
  const pending = await entry(t, view({ status: 'pending', since: SINCE }, '{"a":1}'));
  assert.deepEqual(
    [pending.exitCode, ...pending.lines.slice(1)],
    [0, 'status     pending: it waits for a block, durable at this node', `since      ${SINCE}`, 'data       {"a":1}'],
  );
  const returned = await entry(t, view({ status: 'returned' }, '1'));
  assert.match(returned.lines[1] ?? '', /^status {5}returned: its block was abandoned/);
});

test('one that was refused says why, and exits with 1', async (t) => {
  const refused = { status: 'refused', since: SINCE, reason: 'proof-missing', message: 'Sign it first.' };
  const { exitCode, lines } = await entry(t, view(refused));
  assert.equal(exitCode, 1);
  assert.deepEqual(lines.slice(1), ['status     refused: Sign it first. (proof-missing)', `at         ${SINCE}`]);
});

test('with --json the answer is passed on as it came, and an unknown entry is no answer', async (t) => {
  const answer = view({ status: 'pending' }, '{"__proto__":1.50}');
  const { exitCode, lines } = await entry(t, answer, '--json');
  assert.deepEqual([exitCode, lines], [0, [answer]]);
  const unknown = await entry(t, undefined);
  assert.equal(unknown.exitCode, 1);
  assert.match(unknown.talk, /Not here\./);
});
