/** Entries over HTTP, from clients that lose answers and send again: a real gateway, a real node, and blocks in between. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EntryView, Submitted } from '../src/api/shapes.ts';
import { hashLeaf } from '../src/core/merkle.ts';
import { SdkWorld } from './support/sdk-world.ts';

const ORDERS = Array.from({ length: 24 }, (_, order) => JSON.stringify({ order }));

test('whoever sends again until an answer comes has each entry on record once, whatever was lost', async (t) => {
  const world = await SdkWorld.start(t, { isMining: true });
  const url = urlOf(world);
  const clients = Array.from({ length: 4 }, async (_, client) => {
    for (const [i, order] of ORDERS.entries()) {
      // Of two requests one is given up before it is sent, while it is on its way, or after it was answered.
      if ((i + client) % 2 === 0) {
        const lost = new AbortController();
        const request = send(url, order, lost.signal).catch(() => undefined);
        for (let turns = 0; turns < i; turns++) await nextTurn();
        lost.abort();
        await request;
      }
      assert.equal((await send(url, order)).status, 202);
    }
  });
  await Promise.all(clients);
  await world.node.statusWhen((status) => status.pending.count === 0);
  const { tip } = await world.node.status();
  const late = await post(url, `[${ORDERS.join(',')}]`);
  for (const [i, { id, status, place }] of late.entries()) {
    assert.deepEqual([id, status], [hashLeaf(Buffer.from(ORDERS[i] ?? '')), 'in-block']);
    const view = await viewOf(url, id);
    assert.deepEqual(view.places, [place]);
    assert.equal(view.status, 'in-block');
  }
  assert.deepEqual((await world.node.status()).tip, tip, 'nothing was recorded a second time');
});

test('equal JSON is recorded again where the request says so', async (t) => {
  const world = await SdkWorld.start(t);
  const url = urlOf(world);
  await world.node.mine('[{"again":1}]');
  const [first] = await post(url, '{"again":1}');
  assert.equal(first?.status, 'in-block');
  const [second] = await post(`${url}?repeat=true`, '{"again":1}');
  assert.equal(second?.status, 'pending');
  await world.node.mine('[{"again":1}]');
  assert.equal((await viewOf(url, second?.id ?? '')).places.length, 2);
});

test('what a node has refused is told under its id, with the reason, and what it never saw is not there', async (t) => {
  const world = await SdkWorld.start(t, { params: { signatures: 'required' } });
  const url = urlOf(world);
  const answer = await send(url, '{"unsigned":true}');
  assert.deepEqual([answer.status, (await bodyOf(answer))['code']], [422, 'proof-missing']);
  const id = hashLeaf(Buffer.from('{"unsigned":true}'));
  const { status, reason, data } = await viewOf(url, id);
  assert.deepEqual([status, reason, data], ['refused', 'proof-missing', undefined]);
  const unknown = await fetch(`${url}/${'0'.repeat(64)}`);
  assert.deepEqual([unknown.status, (await bodyOf(unknown))['code']], [404, 'entry-not-found']);
});

function urlOf({ url, node }: SdkWorld): string {
  return `${url}/api/v1/nodes/${node.node.port}/entries`;
}

function send(url: string, body: string, signal?: AbortSignal): Promise<Response> {
  const init = { method: 'POST', body, headers: { 'content-type': 'application/json' } };
  return fetch(url, signal === undefined ? init : { ...init, signal });
}

async function post(url: string, body: string): Promise<readonly Submitted[]> {
  const answer = await send(url, body);
  assert.equal(answer.status, 202);
  return ((await answer.json()) as { entries: readonly Submitted[] }).entries;
}

async function viewOf(url: string, id: string): Promise<EntryView> {
  return (await (await fetch(`${url}/${id}`)).json()) as EntryView;
}

async function bodyOf(answer: Response): Promise<Readonly<Record<string, unknown>>> {
  return (await answer.json()) as Readonly<Record<string, unknown>>;
}
