/** That a chain which is older than a rule is judged by it once, and that its owner hears what is wrong with it. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { bodyOf, buildChain } from '../../test/support/chain-fixture.ts';
import { writeOlderFolder } from '../../test/support/older-folder.ts';
import { signedEntry } from '../../test/support/signers.ts';
import { EASY_PARAMS, makeHome, TestNode } from '../../test/support/test-node.ts';
import { genesisPoint } from '../core/validation.ts';
import type { CairnHome } from '../probe/cairn-home.ts';
import type { ChainStore } from '../storage/chain-store.ts';
import type { StoreError } from '../storage/store-error.ts';
import { judgeStoredChain } from './stored-chain-judge.ts';

const GOOD = Buffer.from(signedEntry('{"a":1}', { params: EASY_PARAMS }).bytes).toString();
const FORGED = GOOD.replace('"a":1', '"a":2');

/** A home whose node has three blocks, the second of which holds `entry`. */
async function homeWith(t: TestContext, entry: string): Promise<CairnHome> {
  const home = await makeHome(t);
  const chain = buildChain(EASY_PARAMS, genesisPoint(EASY_PARAMS), 3, (height) =>
    height === 2 ? bodyOf('"before"', entry) : bodyOf(`${height}`),
  );
  await writeOlderFolder(join(home.root, 'node'), EASY_PARAMS, chain);
  return home;
}

/** What the node says, and a promise of the first line that says `text`. */
function logWith(text: string) {
  const stream = new PassThrough();
  const lines: string[] = [];
  const heard = Promise.withResolvers<string>();
  stream.on('data', (line) => {
    lines.push(String(line));
    if (String(line).includes(text)) heard.resolve(String(line));
  });
  return { logger: pino({ level: 'info' }, stream), lines, heard: heard.promise };
}

const JUDGING = 'judged once more';

test('a stored chain that breaks a newer rule raises an alarm, which names the block and what to do, at every start', async (t) => {
  const home = await homeWith(t, FORGED);
  for (let start = 0; start < 2; start++) {
    const { logger, lines, heard } = logWith('stored-block-invalid');
    const node = await TestNode.start(t, { home, logger });
    await heard;
    const { alarm, tip } = await node.status();
    assert.match(alarm ?? '', /^block 2 breaks a rule .*\(proof-signature-wrong\).*move the data folder away/);
    assert.equal(tip.height, 3, 'it goes on meanwhile');
    assert.ok(lines.some((line) => line.includes(JUDGING)));
    await node.stop();
  }
});

test('a stored chain that obeys the rules is judged at the first start, and not at the second', async (t) => {
  const home = await homeWith(t, GOOD);
  const first = logWith('the chain obeys the rules');
  const node = await TestNode.start(t, { home, logger: first.logger });
  await first.heard;
  assert.equal((await node.status()).alarm, null);
  await node.stop();
  const second = logWith('the node is up');
  const again = await TestNode.start(t, { home, logger: second.logger });
  await second.heard;
  await again.stop();
  assert.ok(!second.lines.some((line) => line.includes(JUDGING)));
});

test('a node that stops while it judges does not wait for the end, and finds nothing', async () => {
  const { logger, lines } = logWith(JUDGING);
  const stopping = new AbortController();
  const store: Pick<ChainStore, 'check'> = {
    check: ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('it was left')))),
  };
  const runtime = {
    feed: () => assert.fail('nothing was found'),
    damageFound: () => assert.fail('nothing is damaged'),
  };
  const judged = judgeStoredChain({ store, logger, runtime, signal: stopping.signal });
  stopping.abort();
  await judged;
  assert.equal(lines.length, 1, 'that it stops is no trouble to tell of');
});

test('damage is mended, and no breach of a rule', async () => {
  const { logger, lines } = logWith('');
  const fault = { height: 2, code: 'block-damaged', message: 'it is', block: undefined };
  const store: Pick<ChainStore, 'check'> = { check: async () => ({ blocks: 2, fault }) };
  const codes: string[] = [];
  const runtime = {
    feed: () => assert.fail('no rule is broken'),
    damageFound: ({ code }: StoreError) => codes.push(code),
  };
  await judgeStoredChain({ store, logger, runtime, signal: new AbortController().signal });
  assert.deepEqual(codes, ['block-damaged']);
  assert.match(lines.at(-1) ?? '', /next start/);
});
