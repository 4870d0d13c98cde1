/** Entries are waited for until they are in blocks, and again where a reorganisation takes them out. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { jsonValue } from '../core/json-text.ts';
import { connectProbe } from '../probe/probe-client.ts';
import { startFixture } from '../probe/probe-server.fixture.ts';
import { InclusionCheck } from './inclusion-check.ts';

interface FakeBlock {
  readonly hash: string;
  readonly ids: readonly string[];
}

/** A check at a node whose chain is `chain`, to be changed at will. */
async function startCheck(t: TestContext, ...further: readonly FakeBlock[]) {
  const chain: FakeBlock[] = [{ hash: 'genesis', ids: [] }, ...further];
  const summary = (height: number) => ({
    height,
    hash: chain[height]?.hash ?? '',
    prev_hash: chain[height - 1]?.hash ?? '',
  });
  const fixture = await startFixture(t, {
    calls: {
      blocks: (params) => {
        const from = Math.min(Number(params.get('from') ?? chain.length), chain.length - 1);
        const count = Math.min(Number(params.get('limit')), from + 1);
        return {
          type: 'result',
          json: jsonValue({ blocks: Array.from({ length: count }, (_, i) => summary(from - i)) }),
        };
      },
      block: (params) => {
        const hash = JSON.parse(params.get('hash') ?? '""');
        const ids = chain.find((block) => block.hash === hash)?.ids ?? [];
        return { type: 'result', json: jsonValue({ block: { data: '"entry_ids":[]' }, entry_ids: ids }) };
      },
    },
  });
  const client = await connectProbe(fixture.target);
  t.after(() => client.close());
  return { chain, check: await InclusionCheck.begin(client) };
}

const pending = (...ids: readonly string[]) => ids.map((id) => ({ id, status: 'pending' as const }));
const alreadyPending = (...ids: readonly string[]) => ids.map((id) => ({ id, status: 'already-pending' as const }));

test('an entry is waited for until a block has it', async (t) => {
  const { chain, check } = await startCheck(t);
  check.add(pending('a', 'b', 'c'));
  chain.push({ hash: 'one', ids: ['a', 'stranger'] });
  await check.catchUp();
  assert.equal(check.count, 2);
  chain.push({ hash: 'two', ids: ['b'] }, { hash: 'three', ids: ['c'] });
  await check.catchUp();
  assert.equal(check.count, 0);
});

test('equal entries that wait together are in one block, those that wait one after the other in two', async (t) => {
  const { chain, check } = await startCheck(t);
  check.add([...pending('a'), ...alreadyPending('a')]);
  chain.push({ hash: 'one', ids: ['a'] });
  check.add(pending('a'));
  await check.catchUp();
  assert.equal(check.count, 1);
  chain.push({ hash: 'two', ids: ['a'] });
  await check.catchUp();
  assert.equal(check.count, 0);
});

test('an entry that waited already before is waited for, too', async (t) => {
  const { check } = await startCheck(t);
  check.add(alreadyPending('a'));
  assert.equal(check.count, 1);
});

test('what stands in abandoned blocks is waited for again, until the new branch has it', async (t) => {
  const { chain, check } = await startCheck(t);
  check.add(pending('a', 'b'));
  chain.push({ hash: 'one', ids: ['a'] }, { hash: 'two', ids: ['b'] });
  await check.catchUp();
  assert.equal(check.count, 0);
  chain.splice(1, 2, { hash: 'other one', ids: ['b'] });
  await check.catchUp();
  assert.equal(check.count, 1);
  chain.push({ hash: 'other two', ids: ['a'] });
  await check.catchUp();
  assert.equal(check.count, 0);
});

test('blocks that were there before the first entry was submitted may be abandoned, too', async (t) => {
  const { chain, check } = await startCheck(t, { hash: 'one', ids: ['a'] }, { hash: 'two', ids: [] });
  check.add(pending('a', 'b', 'c'));
  chain.splice(1, 2, { hash: 'other one', ids: ['a'] }, { hash: 'other two', ids: ['b'] });
  await check.catchUp();
  assert.equal(check.count, 1);
  chain.push({ hash: 'other three', ids: ['c'] });
  await check.catchUp();
  assert.equal(check.count, 0);
});

test('a chain that is another one from far below is said to be one, and not waited for', async (t) => {
  const branch = (name: string): FakeBlock[] =>
    Array.from({ length: 120 }, (_, i) => ({ hash: `${name} ${i}`, ids: [] }));
  const { chain, check } = await startCheck(t, ...branch('this'));
  check.add(pending('a'));
  chain.splice(1, 120, ...branch('other'));
  await assert.rejects(check.catchUp(), { code: 'chain-changed' });
});
