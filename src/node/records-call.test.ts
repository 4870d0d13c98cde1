import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeHome, TestNode } from '../../test/support/test-node.ts';
import type { RecordsPage } from '../api/record-shapes.ts';
import type { PlainValue } from '../core/json-text.ts';
import { RpcCallError } from '../probe/probe-client.ts';

test('records are found by what is in them, once they are in the table', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t), indexes: ['/item', '/amount'] });
  await node.mine('[{"item":"bolt","amount":3},{"item":"nut","amount":5}]');
  const { hash } = await node.mine('{"item":"bolt","amount":4}');
  await node.whenIndexed(2);
  const ask = async (params: PlainValue) => (await node.call('records', params)) as RecordsPage;

  const bolts = await ask({ filter: { where: [{ pointer: '/item', op: '=', value: 'bolt' }] } });
  assert.deepEqual(
    bolts.records.map(({ height, index, data }) => [height, index, data]),
    [
      [1, 0, { amount: 3, item: 'bolt' }],
      [2, 0, { amount: 4, item: 'bolt' }],
    ],
  );
  const [, second] = bolts.records;
  const entry = (await node.call('entry', { id: second?.id ?? '' })) as { places: object[] };
  assert.deepEqual(entry.places, [{ height: 2, hash, index: 0, depth: 0 }]);
  assert.deepEqual(
    { ...bolts, records: [] },
    {
      records: [],
      next: null,
      order_by: 'place',
      looked_at: 2,
      indexed_to: 2,
      indexed_hash: hash,
      reorganised: false,
    },
  );
  const byAmount = { where: [{ pointer: '/amount', op: '>=', value: 4 }] };
  const most = await ask({ filter: byAmount, order: 'desc', limit: 1 });
  assert.deepEqual([most.records.map(({ data }) => data), most.order_by], [[{ amount: 5, item: 'nut' }], '/amount']);
  const rest = await ask({ filter: byAmount, order: 'desc', limit: 1, cursor: most.next });
  assert.deepEqual([rest.records.map(({ id }) => id), rest.next], [[second?.id], null]);
});

test('records are found by their words, in a node that indexes them and in one that holds each against the question', async (t) => {
  for (const [fullText, lookedAt] of [
    [true, 1],
    [false, 3],
  ] as const) {
    // Each in a home of its own: they would find each other, and have one chain.
    const node = await TestNode.start(t, { home: await makeHome(t), indexes: [], fullText });
    await node.mine('[{"item":"Hex bolt, M8"},{"item":"bolt","note":["of","brass"]},"nut"]');
    await node.whenIndexed(1);
    const page = (await node.call('records', { filter: { text: 'brass BOLT' } })) as RecordsPage;
    assert.deepEqual([page.records.map(({ index }) => index), page.looked_at], [[1], lookedAt]);
    assert.deepEqual((await node.status()).records, { indexed_to: 1, indexes: [], full_text: fullText });
  }
});

test('a node that keeps no table of records says so, and keeps no file for one', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t) });
  assert.equal((await node.status()).records, null);
  await assert.rejects(node.call('records'), isRefused('records-off'));
  await assert.rejects(node.call('records', { filter: { text: 'bolt' } }), /start it with --records, --full-text/);
});

const REFUSED: readonly (readonly [what: string, code: string, params: PlainValue])[] = [
  ['no records at all', 'params-invalid', { limit: 0 }],
  ['more than there are on a page', 'params-invalid', { limit: 1_001 }],
  ['another order', 'params-invalid', { order: 'up' }],
  ['a cursor that is no text', 'params-invalid', { cursor: 7 }],
  ['a cursor that is none', 'cursor-invalid', { cursor: 'abc' }],
  ['a filter that is none', 'filter-invalid', { filter: { autor: 'x' } }],
];

test('what cannot be asked is refused with what is wrong', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t), indexes: [] });
  for (const [what, code, params] of REFUSED) await assert.rejects(node.call('records', params), isRefused(code), what);
});

function isRefused(code: string): (error: unknown) => boolean {
  return (error) => error instanceof RpcCallError && error.rpc.data.code === code;
}
