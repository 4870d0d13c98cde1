/** What is seen of mining while it lasts. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { startGateway } from '../gateway/canned-node.fixture.ts';
import { runProgram } from './program.ts';

/** `cairn mine` at a node that searches until it is told to be done. */
async function startMining(t: TestContext, options: { readonly flags: readonly string[]; readonly isTTY: boolean }) {
  const { node, home, stop } = await startGateway();
  t.after(stop);
  const found = Promise.withResolvers<void>();
  node.ledger.abandoned = found;
  const stdout = Object.assign(new PassThrough(), { isTTY: options.isTTY });
  const stderr = Object.assign(new PassThrough(), { isTTY: options.isTTY, columns: 120 });
  const talk: string[] = [];
  stderr.on('data', (data) => talk.push(String(data)));
  const ended = runProgram(['mine', String(node.port), '{"a":1}', ...options.flags], {
    streams: { stdin: new PassThrough(), stdout, stderr },
    env: { CAIRN_HOME: home.root },
  });
  const finish = async () => {
    found.resolve();
    assert.equal(await ended, 0, talk.join(''));
    return { out: String(stdout.read()), talk: talk.join('') };
  };
  return { ledger: node.ledger, talk, finish };
}

const progress = {
  type: 'mining-progress',
  height: 1_204,
  hashes: 1e9,
  hashes_per_second: 63_400_000,
  blocks_found: 2,
  kernel: 'avx512',
} as const;

test('somebody who waits for a block sees the rate, the time it takes in the mean, and the time it has taken', async (t) => {
  const { ledger, talk, finish } = await startMining(t, { flags: [], isTTY: true });
  await ledger.whenSubscribers(1);
  ledger.tell({ ...progress, expected_s: 34 });
  while (talk.length === 0) await turn();
  ledger.tell({ ...progress, height: 1_205, expected_s: null });
  while (!talk.join('').includes('1,205')) await turn();
  const { out } = await finish();
  assert.match(talk[0] ?? '', /mining block 1,204: 63 MH\/s, a block takes about 34 s, (?:under )?[\d.]+ m?s so far$/);
  assert.match(talk.join(''), /mining block 1,205: 63 MH\/s, (?:under )?[\d.]+ m?s so far/);
  assert.equal(JSON.parse(out).data.a, 1);
});

for (const [claim, options] of [
  ['with --json', { flags: ['--json'], isTTY: true }],
  ['where no person watches', { flags: [], isTTY: false }],
] as const) {
  test(`${claim} there is the block and nothing else`, async (t) => {
    const { ledger, finish } = await startMining(t, options);
    while (!ledger.calls.some(({ method }) => method === 'mine')) await turn();
    const { out, talk } = await finish();
    assert.equal(JSON.parse(out).index, 1);
    assert.equal(talk, '');
    assert.ok(!ledger.calls.some(({ method }) => method === 'subscribe'));
  });
}
