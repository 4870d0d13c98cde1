import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeHome, TestNode } from '../../test/support/test-node.ts';
import type { Search } from '../api/search-shapes.ts';
import { RpcCallError } from '../probe/probe-client.ts';

test('a search begins with what is pending and the tip, and goes on below', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t) });
  const search = async (params: Record<string, string | number>) => (await node.call('search', params)) as Search;
  await node.mine('[{"from":"Alice"},{"from":"Bob"}]');
  await node.mine('"alice again"');
  await node.mine('"nobody"');
  await node.client.call('append', '{"entries":["to ALICE","to bob"]}' as Parameters<typeof node.client.call>[1]);
  const first = await search({ text: 'alice', limit: 1 });
  assert.deepEqual(
    [first.matches.map(({ height, index }) => [height, index]), first.searched_down_to, first.omitted],
    [[[2, 0]], 2, 0],
  );
  assert.deepEqual(
    first.pending.map(({ excerpt }) => excerpt.match),
    ['ALICE'],
  );
  const rest = await search({ text: 'alice', before_height: first.searched_down_to });
  assert.deepEqual(
    [rest.matches.map(({ height, index }) => [height, index]), rest.searched_down_to, rest.pending],
    [[[1, 0]], 0, []],
  );
  assert.deepEqual(await search({ text: 'x', before_height: 0 }), {
    matches: [],
    pending: [],
    searched_down_to: 0,
    omitted: 0,
  });
  assert.equal((await search({ text: 'alice', before_height: 4_294_967_295 })).matches.length, 2);
});

const REFUSED: readonly (readonly [what: string, params: Record<string, string | number>])[] = [
  ['nothing', {}],
  ['an empty text', { text: '' }],
  ['a number', { text: 7 }],
  ['257 characters', { text: 'x'.repeat(257) }],
  ['no matches', { text: 'x', limit: 0 }],
  ['more matches than there are at a time', { text: 'x', limit: 101 }],
  ['a height below the genesis', { text: 'x', before_height: -1 }],
];
test('a search for what is no text is refused', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t) });
  for (const [what, params] of REFUSED) {
    await assert.rejects(
      node.call('search', params),
      (error) => error instanceof RpcCallError && error.rpc.data.code === 'params-invalid',
      what,
    );
  }
});
