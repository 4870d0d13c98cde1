import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { bodyOf, buildChain } from '../../test/support/chain-fixture.ts';
import { atEnd } from '../../test/support/lifetime.ts';
import { EASY_PARAMS, makeHome, TestNode } from '../../test/support/test-node.ts';
import type { Offer } from '../api/shapes.ts';
import type { Block } from '../core/block.ts';
import { encodeBlockJson } from '../core/block-json.ts';
import { createGenesis } from '../core/genesis.ts';
import type { JsonText } from '../core/json-text.ts';
import { genesisPoint } from '../core/validation.ts';
import { connectProbe, type ProbeClient, RpcCallError } from '../probe/probe-client.ts';
import { ChainUploads } from './chain-upload.ts';

const GENESIS = createGenesis(EASY_PARAMS);
const ROOT = genesisPoint(EASY_PARAMS);

const chainOf = (name: string, length: number): readonly Block[] => [
  GENESIS,
  ...buildChain(EASY_PARAMS, ROOT, length, (height) => bodyOf(JSON.stringify({ [name]: height }))).blocks,
];
/** An answer that is an error with this code. */
const refusedAs = (code: string) => (error: unknown) => error instanceof RpcCallError && error.rpc.data.code === code;
const jsonOf = (block: Block) => Buffer.from(encodeBlockJson(block)).toString();

async function offer(client: ProbeClient, blocks: readonly string[], last = false): Promise<Offer> {
  return JSON.parse(await client.call('offer', `{"blocks":[${blocks.join(',')}],"last":${last}}` as JsonText));
}

async function startNode(t: TestContext): Promise<TestNode> {
  return TestNode.start(t, { home: await makeHome(t) });
}

test('a chain that comes in parts is taken over with its last one', async (t) => {
  const { client, ...node } = await startNode(t).then((started) => ({ client: started.client, started }));
  const blocks = chainOf('their', 5).map(jsonOf);
  const waiting: Offer = { verdict: null, blocks: null, fault: null };
  assert.deepEqual(await offer(client, blocks.slice(0, 2)), waiting);
  assert.deepEqual(await offer(client, []), waiting);
  assert.deepEqual(await offer(client, blocks.slice(2, 5)), waiting);
  assert.equal((await node.started.status()).tip.height, 0, 'nothing is taken over before the end');
  assert.deepEqual(await offer(client, blocks.slice(5), true), { verdict: 'accepted', blocks: 6, fault: null });
  assert.equal((await node.started.status()).tip.height, 5);
});

test('a rejected chain is told why and where, before its end, and the next one on the connection begins anew', async (t) => {
  const { client } = await startNode(t);
  const [genesis = '', first = '', second = '', third = ''] = chainOf('their', 3).map(jsonOf);
  const { verdict, blocks, fault } = await offer(client, [genesis, first, third, second]);
  assert.deepEqual([verdict, blocks, fault?.height, fault?.code], ['rejected', 2, 2, 'parent-unknown']);
  const whole = await offer(client, [genesis, first, second, third], true);
  assert.deepEqual(whole, { verdict: 'accepted', blocks: 4, fault: null });
  const again = await offer(client, [genesis, first], true);
  assert.deepEqual([again.verdict, again.fault?.code], ['rejected', 'chain-not-better']);
  assert.equal((await offer(client, [], true)).fault?.code, 'chain-empty');
  assert.equal((await offer(client, ['{"index":0}'])).fault?.code, 'block-field-missing');
  assert.equal((await offer(client, [genesis.replace('{}', '[]')])).fault?.code, 'genesis-other');
});

test('a chain may begin with the child of any active block, and is told from there', async (t) => {
  const node = await startNode(t);
  const { client } = node;
  const own = chainOf('own', 4).map(jsonOf);
  const [genesis = '', first = '', second = ''] = own;
  assert.equal((await offer(client, own.slice(0, 3), true)).verdict, 'accepted');
  const rest = await offer(client, own.slice(2), true);
  assert.deepEqual(rest, { verdict: 'accepted', blocks: 3, fault: null });
  assert.equal((await node.status()).tip.height, 4);

  const other = chainOf('other', 6).map(jsonOf);
  const unknown = await offer(client, other.slice(2));
  assert.deepEqual([unknown.verdict, unknown.blocks, unknown.fault?.height], ['rejected', 0, 2]);
  assert.equal(unknown.fault?.code, 'parent-unknown');
  const broken = await offer(client, [first, other[2] ?? '']);
  assert.deepEqual([broken.blocks, broken.fault?.height, broken.fault?.code], [1, 2, 'parent-unknown']);
  assert.equal((await offer(client, [second], true)).fault?.code, 'chain-not-better');
  assert.equal((await offer(client, other.slice(1), true)).verdict, 'accepted');
  assert.equal((await node.status()).tip.height, 6);
  assert.equal(
    await client.send(`[${first}]`),
    'BLOCKCHAIN REJECTED',
    'a chain in one message begins with the genesis',
  );
  assert.equal(await client.send(`[${genesis},${other[1]}]`), 'BLOCKCHAIN REJECTED');
});

test('two connections have a chain each under way', async (t) => {
  const node = await startNode(t);
  const other = await connectProbe({ host: '127.0.0.1', port: node.node.port });
  atEnd(t, () => other.close());
  const [short, long] = [chainOf('short', 2).map(jsonOf), chainOf('long', 4).map(jsonOf)];
  await offer(node.client, short.slice(0, 1));
  await offer(other, long.slice(0, 3));
  assert.equal((await offer(node.client, short.slice(1), true)).verdict, 'accepted');
  assert.equal((await offer(other, long.slice(3), true)).verdict, 'accepted');
  assert.equal((await node.status()).tip.height, 4);
});

test('a connection that ends in the middle leaves nothing behind', async (t) => {
  const home = await makeHome(t);
  const node = await TestNode.start(t, { home, name: 'node' });
  const spools = async () => (await readdir(join(home.root, 'node'))).filter((name) => name.endsWith('.spool'));
  const other = await connectProbe({ host: '127.0.0.1', port: node.node.port });
  await offer(other, chainOf('their', 3).map(jsonOf).slice(0, 3));
  assert.equal((await spools()).length, 1);
  other.close();
  while ((await spools()).length > 0) await node.status();
  assert.equal((await node.status()).tip.height, 0);
});

test('what is no part of a chain is refused, and ends no chain', async (t) => {
  const { client } = await startNode(t);
  const blocks = chainOf('their', 1).map(jsonOf);
  await offer(client, blocks.slice(0, 1));
  for (const params of ['{"blocks":{}}', '{"blocks":"[]"}', '{"last":1}', '{"blocks":[],"last":"true"}']) {
    await assert.rejects(client.call('offer', params as JsonText), refusedAs('params-invalid'));
  }
  assert.equal((await offer(client, blocks.slice(1), true)).verdict, 'accepted');
});

test('a failure of the node is told to whoever sends, and the next chain begins anew', async () => {
  let isBroken = true;
  const uploads = new ChainUploads(async (pieces) => {
    if (isBroken) throw new Error('the disk is full');
    return { blocks: (await Array.fromAsync(pieces)).flat().length, fault: undefined };
  });
  const connection = new AbortController().signal;
  await assert.rejects(uploads.take({ blocks: ['1'], isLast: false }, connection), /the disk is full/);
  isBroken = false;
  const parts = [
    uploads.take({ blocks: ['1'], isLast: false }, connection),
    uploads.take({ blocks: ['2', '3'], isLast: true }, connection),
  ];
  assert.deepEqual(await Promise.all(parts), [undefined, { blocks: 3, fault: undefined }]);
});
