/** What `cairn verify` says of receipts, with no node anywhere. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { receiptOf } from '../../test/support/receipt-fixture.ts';
import { encodeParams } from '../core/params.ts';
import { encodeReceipt, RECEIPT_BYTES_MAX } from '../core/receipt.ts';
import { createGenesis, genesisPoint } from '../core/validation.ts';
import { runProgram } from './program.ts';

const folder = await mkdtemp(join(tmpdir(), 'cairn-verify-'));
after(() => rm(folder, { recursive: true, force: true }));

const CHAIN = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 8, (height) =>
  bodyOf(`{"height":${height}}`, '"turned \u202eback"'),
);
const GENESIS = createGenesis(TEST_PARAMS).hash;
const inFolder = (name: string) => join(folder, name);
const right = encodeReceipt(receiptOf(TEST_PARAMS, CHAIN, 3, 0));
await writeFile(inFolder('network.json'), encodeParams(TEST_PARAMS));
await writeFile(inFolder('right.json'), right);
await writeFile(inFolder('turned.json'), encodeReceipt(receiptOf(TEST_PARAMS, CHAIN, 3, 1)));
await writeFile(inFolder('changed.json'), Buffer.from(right).toString().replace('{"height":3}', '{"height":4}'));
await writeFile(inFolder('large.json'), Buffer.alloc(2 * RECEIPT_BYTES_MAX, ' '));

async function verify(args: readonly string[], stdin = new PassThrough()) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  stdin.end();
  const exitCode = await runProgram(['verify', ...args], {
    streams: { stdin, stdout, stderr },
    env: { CAIRN_HOME: folder },
  });
  stdout.end();
  stderr.end();
  return { exitCode, out: await text(stdout), talk: await text(stderr) };
}

test('a receipt that holds is told of with its entry, its place and the work on top', async () => {
  const { exitCode, out } = await verify(['--genesis', GENESIS, inFolder('right.json')]);
  assert.equal(exitCode, 0);
  assert.match(out, /right\.json: on record\.\n/);
  assert.match(out, /entry {4}\{"height":3\}\n/);
  assert.match(out, /block {4}3 of \d\d\/\d\d\/2026, \d\d:\d\d:\d\d UTC\n/);
  assert.match(out, /place {4}entry 1 of 2\n/);
  assert.match(out, /on top {3}5 blocks, \d+ hash tries expected\n/);
  assert.match(out, new RegExp(`network {2}test, genesis ${GENESIS}\n$`));
});

test('each step is told to who asks for it', async () => {
  const { out } = await verify(['--steps', '--network', inFolder('network.json'), inFolder('right.json')]);
  for (const title of ['The entry', 'In the block', 'In the chain', 'The chain', 'Work on top']) {
    assert.match(out, new RegExp(`\n {2}${title}: .+\\.\n`));
  }
});

test('as JSON there is one line for each file', async () => {
  const files = [inFolder('right.json'), inFolder('changed.json')];
  const { exitCode, out } = await verify(['--json', '--genesis', GENESIS, ...files]);
  assert.equal(exitCode, 1);
  const [first, second] = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual([first.valid, first.height, first.index, first.depth, first.steps.length], [true, 3, 0, 5, 5]);
  assert.deepEqual([second.valid, second.code], [false, 'receipt-entry-other']);
});

test('a receipt of another network than the one in mind counts for nothing, however valid it is', async () => {
  const { exitCode, out } = await verify([inFolder('right.json')]);
  assert.equal(exitCode, 1);
  assert.match(
    out,
    new RegExp(`not proven\\. It is of another network, "test" .*--genesis ${GENESIS}.*receipt-network-other`),
  );
});

test('one wrong file among several is told of, and ends in 1', async () => {
  const files = ['right.json', 'changed.json', 'right.json'].map(inFolder);
  const { exitCode, out } = await verify(['--genesis', GENESIS, ...files]);
  assert.equal(exitCode, 1);
  assert.deepEqual(
    [...out.matchAll(/on record|not proven/g)].map(([verdict]) => verdict),
    ['on record', 'not proven', 'on record'],
  );
});

test('a receipt comes from stdin', async () => {
  const stdin = new PassThrough();
  stdin.write(right);
  const { exitCode, out } = await verify(['--genesis', GENESIS, '-'], stdin);
  assert.equal(exitCode, 0);
  assert.match(out, /^-: on record\.\n/);
});

test('marks in an entry that would turn what follows are shown as escapes', async () => {
  const { out } = await verify(['--genesis', GENESIS, inFolder('turned.json')]);
  assert.match(out, /"turned \\u202eback"/);
});

for (const [what, args, exitCode, says] of [
  ['a file that is not there', [inFolder('none.json')], 2, /none\.json: it cannot be read \(ENOENT/],
  ['a file that is too large', [inFolder('large.json')], 1, /receipt-too-large/],
  [
    'a genesis that is none',
    ['--genesis', 'abc', inFolder('right.json')],
    2,
    /--genesis must be 64 lower-case hex digits/,
  ],
] as const) {
  test(`${what} is told of in words`, async () => {
    const outcome = await verify(args);
    assert.equal(outcome.exitCode, exitCode);
    assert.match(outcome.out + outcome.talk, says);
  });
}
