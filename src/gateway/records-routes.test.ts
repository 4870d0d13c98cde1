import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FieldCondition } from '../api/record-filter.ts';
import { formatCondition } from '../api/record-filter-text.ts';
import { startGateway } from './canned-node.fixture.ts';

let world: Awaited<ReturnType<typeof startGateway>>;
before(async () => {
  world = await startGateway({ port: 8080 });
});
after(() => world.stop());

const ask = (query: string) =>
  world.gateway.inject({
    url: `/api/v1/nodes/${world.node.port}/records${query}`,
    headers: { host: 'localhost:8080' },
  });

test('a filter in the query is the filter that the node is asked with', async () => {
  const author = `did:key:z6Mk${'a'.repeat(44)}`;
  const where = [encodeURIComponent('/order/total>=20'), encodeURIComponent('/name=bolt & nut')];
  const answer = await ask(
    `?author=${author}&from=2026-11-22&to=2026-11-23T12:00:00Z&text=Left-Pad&where=${where.join('&where=')}&order=desc&limit=7&cursor=abc`,
  );
  assert.equal(answer.statusCode, 200);
  const { method, params } = world.node.ledger.calls.at(-1) ?? {};
  assert.equal(method, 'records');
  assert.deepEqual(JSON.parse(params ?? ''), {
    filter: {
      author,
      from: Date.UTC(2026, 10, 22) / 1_000,
      to: Date.UTC(2026, 10, 23, 12) / 1_000,
      text: 'left pad',
      where: [
        { pointer: '/order/total', op: '>=', value: 20 },
        { pointer: '/name', op: '=', value: 'bolt & nut' },
      ],
    },
    order: 'desc',
    limit: 7,
    cursor: 'abc',
  });
  assert.equal(answer.headers['link'], undefined);
});

test('every condition that a node takes fits into a query, however its characters are spelt', async () => {
  const control = '\u0001';
  const conditions: FieldCondition[] = [
    { pointer: '/a', op: '=', value: control.repeat(1_024) },
    // With an operator in its pointer a condition is spelt as JSON.
    { pointer: `/=${control.repeat(254)}`, op: '=', value: control.repeat(1_024) },
    { pointer: `/=${'本'.repeat(254)}`, op: '=', value: '本'.repeat(1_024) },
    // As it stands this text is JSON, so it is quoted, and each quote in it escaped.
    { pointer: `/${'a'.repeat(255)}`, op: '=', value: `[${'"",'.repeat(340)}""]`.padEnd(1_024, ' ') },
  ];
  for (const condition of conditions) {
    const query = `?where=${encodeURIComponent(formatCondition(condition))}`;
    assert.ok(query.length < 12_288, 'a request has 16 KiB for its line and its headers');
    assert.equal((await ask(query)).statusCode, 200);
    const asked = JSON.parse(world.node.ledger.calls.at(-1)?.params ?? '');
    assert.deepEqual(asked.filter.where, [condition]);
  }
});

test('the page names the next one, with the same question', async () => {
  const question = `?from=2026-11-22&text=left+pad&order=desc&where=${encodeURIComponent('/a<b')}&where=${encodeURIComponent('/c=+')}&limit=2`;
  const answer = await ask(question);
  assert.equal(JSON.parse(answer.body).next, 'more');
  const [, path = ''] = /^<(.*)>; rel="next"$/.exec(String(answer.headers['link'])) ?? [];
  const next = new URL(path, 'http://gateway');
  assert.equal(next.pathname, `/api/v1/nodes/${world.node.port}/records`);
  assert.deepEqual(next.searchParams.getAll('where'), ['/a<b', '/c=+']);
  assert.equal(next.searchParams.get('text'), 'left pad');
  assert.equal(JSON.parse((await ask(next.search)).body).next, null);
  const asked = world.node.ledger.calls.slice(-2).map(({ params }) => JSON.parse(params));
  assert.deepEqual(asked[1], { ...asked[0], cursor: 'more' });
});

test('a node without a table of records is a 501, which says how it gets one', async () => {
  world.node.ledger.refusal = { code: 'records-off', message: 'start it with --records' };
  const answer = await ask('');
  world.node.ledger.refusal = undefined;
  const { code, detail } = JSON.parse(answer.body);
  assert.deepEqual([answer.statusCode, code, detail], [501, 'records-off', 'start it with --records']);
});

test('a table that a node could not open is a 503, to be asked again', async () => {
  world.node.ledger.refusal = { code: 'records-unavailable', message: 'it tries again' };
  const answer = await ask('');
  world.node.ledger.refusal = undefined;
  const { code, detail } = JSON.parse(answer.body);
  assert.deepEqual([answer.statusCode, code, detail], [503, 'records-unavailable', 'it tries again']);
  assert.equal(answer.headers['retry-after'], '1');
});

const REFUSED: Readonly<Record<string, string>> = {
  '?author=Ada': 'author',
  '?from=yesterday': 'from',
  '?text=--': 'text',
  '?where=a': 'where',
  '?where=/a=1&where=b': 'where[1]',
  '?order=up': 'order',
  '?limit=0': 'limit',
  '?limit=1001': 'limit',
  '?autor=x': 'autor',
};

for (const [query, parameter] of Object.entries(REFUSED)) {
  test(`${query} is refused, and what is wrong is named`, async () => {
    const answer = await ask(query);
    assert.equal(answer.statusCode, 400);
    const { code, parameter: named } = JSON.parse(answer.body);
    assert.deepEqual([code, named], ['parameter-invalid', parameter]);
  });
}
