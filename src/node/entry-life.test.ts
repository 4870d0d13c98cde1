/** What a node says of an entry from the moment it is handed in, over its probe socket. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { atEnd } from '../../test/support/lifetime.ts';
import { signedEntry } from '../../test/support/signers.ts';
import { EASY_PARAMS, makeHome, TestNode } from '../../test/support/test-node.ts';
import type { EntryView, Submitted } from '../api/shapes.ts';
import { hashLeaf } from '../core/merkle.ts';
import { createParams, type NetworkParams } from '../core/params.ts';
import { connectProbe, RpcCallError } from '../probe/probe-client.ts';

const ENTRY = { event: 'crate sealed', crate: 17 };
const TEXT = '{"crate":17,"event":"crate sealed"}';
const ID = hashLeaf(Buffer.from(TEXT));
const SIGNED_ONLY = createParams({ ...EASY_PARAMS, name: 'signed', signatures: 'required' });

test('an entry is pending, in a block, returned where that is abandoned, and pending for a node that is started again', async (t) => {
  const home = await makeHome(t);
  const node = await TestNode.start(t, { home });
  await assert.rejects(look(node), hasCode('entry-not-found'));
  const before = Date.now();
  assert.deepEqual(await append(node, [ENTRY]), [{ id: ID, status: 'pending' }]);
  const pending = await look(node);
  assert.deepEqual([pending.status, pending.places, pending.data], ['pending', [], ENTRY]);
  assert.ok(isSince(pending, before));

  const { hash } = await node.mine(`[${TEXT}]`);
  const inBlock = await look(node);
  assert.deepEqual(inBlock, {
    id: ID,
    status: 'in-block',
    places: [{ height: 1, hash, index: 0, depth: 0 }],
    indexed_to: 1,
    data: ENTRY,
  });

  const switched = Date.now();
  await abandon(t, node, 2);
  const returned = await look(node);
  assert.deepEqual([returned.status, returned.places, returned.data], ['returned', [], ENTRY]);
  assert.ok(isSince(returned, switched));

  await node.stop();
  const again = await TestNode.start(t, { home });
  const { status, since } = await look(again);
  assert.deepEqual([status, since], ['pending', undefined]);
});

test('what is to be recorded once is told where it stands instead, and anything else is recorded again', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t) });
  const { hash } = await node.mine(`[1,${TEXT}]`);
  await node.mine('"on top"');
  const place = { height: 1, hash, index: 1, depth: 1 };
  assert.deepEqual(await append(node, [ENTRY, 'new', ENTRY], true), [
    { id: ID, status: 'in-block', place },
    { id: hashLeaf(Buffer.from('"new"')), status: 'pending' },
    { id: ID, status: 'in-block', place },
  ]);
  assert.equal((await node.status()).pending.count, 1);
  assert.deepEqual(await append(node, [ENTRY]), [{ id: ID, status: 'pending' }]);
  assert.deepEqual(await append(node, [ENTRY], true), [{ id: ID, status: 'already-pending' }]);
  const { status, places } = await look(node);
  assert.deepEqual([status, places.length], ['in-block', 1]);
  await assert.rejects(node.call('append', { entries: [1], once: 'yes' }), hasCode('params-invalid'));
});

test('of many equal requests at once, while blocks are found, one records the entry, and the others say so', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t), mode: 'entries' });
  const clients = await Promise.all(
    Array.from({ length: 8 }, () => connectProbe({ host: '127.0.0.1', port: node.node.port })),
  );
  atEnd(t, () => {
    for (const client of clients) client.close();
  });
  const entries = Array.from({ length: 40 }, (_, i) => JSON.stringify({ order: i }));
  const words: string[] = [];
  await Promise.all(
    clients.map(async (client) => {
      for (const entry of entries) {
        const params = `{"entries":[${entry}],"once":true}` as Parameters<typeof client.call>[1];
        const answer: { readonly entries: readonly Submitted[] } = JSON.parse(await client.call('append', params));
        for (const { status } of answer.entries) words.push(status);
      }
    }),
  );
  assert.equal(words.filter((word) => word === 'pending').length, entries.length);
  assert.equal(words.length, clients.length * entries.length);
  await node.statusWhen((status) => status.pending.count === 0);
  const late = await append(
    node,
    entries.map((entry) => JSON.parse(entry)),
    true,
  );
  for (const { id, status, place } of late) {
    const { places } = await look(node, id);
    assert.deepEqual([status, [place]], ['in-block', places], 'it stands in one place');
  }
});

test('an entry that breaks a rule is refused by name, and the node says why for a while', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t), params: SIGNED_ONLY });
  const good = signed(SIGNED_ONLY, '{"n":1}');
  const before = Date.now();
  const refusal = await node
    .call('append', { entries: [JSON.parse(good.text), ENTRY] })
    .catch((error: unknown) => error);
  assert.ok(refusal instanceof RpcCallError);
  assert.deepEqual(refusal.rpc.data, { code: 'proof-missing', entry: 1 });
  assert.match(refusal.message, /^entry 1: This network takes signed entries only/);
  const view = await look(node);
  assert.deepEqual([view.status, view.places, view.reason], ['refused', [], 'proof-missing']);
  assert.deepEqual([view.message, 'data' in view], [refusal.message, false]);
  assert.ok(isSince(view, before));
  await assert.rejects(look(node, good.id), hasCode('entry-not-found'), 'the other one was not taken either');

  const forged = good.text.replace('"n":1', '"n":2');
  await assert.rejects(node.call('append', { entries: [JSON.parse(forged)] }), hasCode('proof-signature-wrong'));
  assert.equal((await look(node, hashLeaf(Buffer.from(forged)))).reason, 'proof-signature-wrong');
  assert.equal((await node.status()).pending.count, 0);
});

test('of several values that are to be mined, the one that breaks a rule is named', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t), params: SIGNED_ONLY });
  const good = JSON.parse(signed(SIGNED_ONLY, '{"n":1}').text);
  for (const [data, message] of [
    [[good, ENTRY], /^entry 1: This network takes signed entries only/],
    [ENTRY, /^This network takes signed entries only/],
  ] as const) {
    await assert.rejects(node.call('mine', { data }), { message });
  }
});

test('an entry that is too large is remembered by its id, and those that are only too many together are not', async (t) => {
  const params = createParams({ ...EASY_PARAMS, name: 'narrow', entryBytesMax: 100, bodyBytesMax: 200 });
  const node = await TestNode.start(t, { home: await makeHome(t), params });
  const long = 'x'.repeat(99);
  await assert.rejects(node.call('append', { entries: [long] }), hasCode('entry-too-large'));
  assert.equal((await look(node, hashLeaf(Buffer.from(`"${long}"`)))).reason, 'entry-too-large');
  const entries = Array.from({ length: 3 }, (_, i) => `${i}`.padEnd(90, 'x'));
  await assert.rejects(node.call('append', { entries }), hasCode('entries-too-many'));
  const id = hashLeaf(Buffer.from(`"${entries[0]}"`));
  await assert.rejects(look(node, id), hasCode('entry-not-found'), 'nothing is wrong with these');
});

test('entries keep the order in which a connection handed them in, however long their signatures take', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t) });
  const slow = Array.from({ length: 300 }, (_, n) => JSON.parse(signed(EASY_PARAMS, `{"n":${n}}`).text));
  const answers = [node.call('append', { entries: slow }), node.call('append', { entries: ['last'] })];
  await Promise.all(answers);
  const { entries } = (await node.call('pending', { limit: 1000 })) as { entries: readonly { data: unknown }[] };
  assert.deepEqual(
    entries.map(({ data }) => data),
    [...slow, 'last'],
  );
});

/** Has the chain of another node take the place of all but the genesis of this one's; it is longer by one block. */
async function abandon(t: TestContext, node: TestNode, blocks: number): Promise<void> {
  const other = await TestNode.start(t, { home: await makeHome(t) });
  for (let i = 0; i < blocks; i++) await other.mine(`"other ${i}"`);
  assert.equal(await node.client.send(await other.client.send('GET CHAIN')), 'BLOCKCHAIN ACCEPTED');
}

async function append(node: TestNode, entries: readonly unknown[], once?: boolean): Promise<readonly Submitted[]> {
  const params = { entries, ...(once === undefined ? {} : { once }) } as Parameters<typeof node.call>[1];
  return ((await node.call('append', params)) as { entries: readonly Submitted[] }).entries;
}

async function look(node: TestNode, id: string = ID): Promise<EntryView> {
  return (await node.call('entry', { id })) as EntryView;
}

function signed(params: NetworkParams, text: string): { readonly id: string; readonly text: string } {
  const { id, bytes } = signedEntry(text, { params });
  return { id, text: Buffer.from(bytes).toString() };
}

function isSince({ since }: EntryView, fromMs: number): boolean {
  const sinceMs = Date.parse(since ?? '');
  return sinceMs >= fromMs && sinceMs <= Date.now();
}

function hasCode(code: string) {
  return (error: unknown) => {
    assert.ok(error instanceof RpcCallError);
    assert.equal(error.rpc.data.code, code);
    return true;
  };
}
