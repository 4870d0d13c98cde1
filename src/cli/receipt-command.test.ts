/** What `cairn receipt` makes of what a node gives it. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { receiptOf } from '../../test/support/receipt-fixture.ts';
import { makeHome, TestNode } from '../../test/support/test-node.ts';
import { encodeReceipt } from '../core/receipt.ts';
import { genesisPoint } from '../core/validation.ts';
import { startGateway } from '../gateway/canned-node.fixture.ts';
import type { CairnHome } from '../probe/cairn-home.ts';
import { runProgram } from './program.ts';

const CHAIN = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 4, (height) => bodyOf(`"a${height}"`, `"b${height}"`));
const RECEIPT = receiptOf(TEST_PARAMS, CHAIN, 2, 1);
const { id } = RECEIPT.entryProof;

/** Asks a node that answers with `given` for a receipt of the entry `asked`. */
async function ask(t: TestContext, given: string, asked: string) {
  const { node, home, stop } = await startGateway();
  t.after(stop);
  node.ledger.receipt = given.trimEnd();
  return await receipt(home, node.port, asked);
}

async function receipt(home: CairnHome, port: number, asked: string) {
  const file = join(home.root, 'entry.receipt.json');
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const exitCode = await runProgram(['receipt', String(port), asked, file], {
    streams: { stdin: new PassThrough(), stdout, stderr },
    env: { CAIRN_HOME: home.root },
  });
  stdout.end();
  stderr.end();
  return { exitCode, file, out: await text(stdout), talk: await text(stderr) };
}

const right = Buffer.from(encodeReceipt(RECEIPT)).toString();

test('a receipt that holds is written as it came', async (t) => {
  const { exitCode, file, out } = await ask(t, right, id);
  assert.equal(exitCode, 0);
  assert.match(out, /entry\.receipt\.json: entry of block 2, 2 blocks on top/);
  assert.equal(await readFile(file, 'utf8'), right);
});

for (const [what, given, asked, says] of [
  ['of another entry', right, 'f'.repeat(64), new RegExp(`gave a receipt of another entry, ${id}`)],
  [
    'that proves nothing',
    right.replace('"b2"', '"b3"'),
    id,
    /gave a receipt that proves nothing\. The entry in it was changed/,
  ],
] as const) {
  test(`a receipt ${what} is refused, and nothing is written`, async (t) => {
    const { exitCode, file, talk } = await ask(t, given, asked);
    assert.equal(exitCode, 1);
    assert.match(talk, says);
    assert.ok(!existsSync(file));
  });
}

test('of an entry that is in no block there is no receipt, and where to ask for it is told', async (t) => {
  const home = await makeHome(t);
  const { node } = await TestNode.start(t, { home });
  const asked = 'f'.repeat(64);
  const { exitCode, file, talk } = await receipt(home, node.port, asked);
  const [none, next] = [
    `No block of the node at port ${node.port} has this entry`,
    `cairn entry ${node.port} ${asked}`,
  ];
  assert.equal(talk, `cairn: ${none}, as far as it has looked. See what has become of the entry with \`${next}\`.\n`);
  assert.equal(exitCode, 1);
  assert.ok(!existsSync(file));
});
