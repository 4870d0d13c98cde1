/** The methods of a node that answer with proofs: what they give holds, and what they cannot give they refuse. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EASY_PARAMS, makeHome, TestNode } from '../../test/support/test-node.ts';
import type { RpcMethod } from '../api/rpc.ts';
import { verifyChainProof } from '../core/chain-proof.ts';
import { verifyEntryProof } from '../core/entry-proof.ts';
import { type Hash, ZERO_HASH } from '../core/hash.ts';
import { verifyHeaderProof } from '../core/header-proof.ts';
import { type JsonText, readMembers } from '../core/json-text.ts';
import { hashLeaf } from '../core/merkle.ts';
import { parseEntryProof, parseHeaderProof } from '../core/proof-json.ts';
import { fail } from '../core/result.ts';
import { RpcCallError } from '../probe/probe-client.ts';
import { answerEntryProofs } from './proof-calls.ts';

test('from the chain proof alone, headers and entries of the node can be checked', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t) });
  for (const data of ['"a"', '["b","c"]', '"d"']) await node.mine(data);
  const { tip, proof } = (await node.call('chain-proof')) as { tip: string; proof: string };
  const chain = verifyChainProof(Buffer.from(proof, 'hex'), EASY_PARAMS);
  assert.ok(chain.ok);
  const { header, hash } = chain.value.tip;
  assert.equal(hash, tip);

  const heights = parseHeaderProof(await node.call('header-proof', { heights: [0, 2] })) ?? assert.fail();
  const shown = verifyHeaderProof(heights, header);
  assert.ok(shown.ok);
  assert.deepEqual(
    shown.value.map((one) => one.header.height),
    [0, 2],
  );
  const byHash =
    parseHeaderProof(await node.call('header-proof', { hash: shown.value[1]?.hash, tip })) ?? assert.fail();
  assert.deepEqual(byHash.headers, heights.headers.slice(1));

  for (const [text, height] of [
    ['"c"', 2],
    ['"d"', 3],
  ] as const) {
    const id = hashLeaf(Buffer.from(text));
    const entry = parseEntryProof(await node.call('entry-proof', { id, tip })) ?? assert.fail();
    const place = verifyEntryProof(entry, header);
    assert.ok(place.ok && entry.id === id);
    assert.equal(place.value.header.height, height);
  }
});

test('proofs of several entries come in the order of the ids, each whole, and null for what is not there', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t) });
  for (const data of ['"a"', '["b","c"]', '"d"']) await node.mine(data);
  const idOf = (text: string) => hashLeaf(Buffer.from(text));
  const ids = [idOf('"d"'), NO_HASH, idOf('"c"'), idOf('"a"'), idOf('"c"')];
  const singly = ids.map((id) => (id === NO_HASH ? null : node.call('entry-proof', { id })));
  assert.deepEqual(await node.call('entry-proofs', { ids }), { proofs: await Promise.all(singly) });

  const tip: string = Object(await node.call('block', { height: 2 })).block.hash;
  const { proofs } = Object(await node.call('entry-proofs', { ids, tip }));
  assert.deepEqual(
    proofs.map((proof: unknown) => parseEntryProof(proof)?.block.tip),
    [undefined, undefined, tip, tip, tip],
  );
});

test('those for which there was no time are null: nobody waits for them any more, and others wait behind them', async (t) => {
  let nowMs = 0;
  t.mock.method(performance, 'now', () => nowMs);
  let made = 0;
  const entryProof = async ({ id }: { readonly id: Hash }) => {
    made++;
    nowMs += 1_000;
    return fail({ code: 'entry-not-in-chain', id, indexedTo: 1 } as const);
  };
  const params = readMembers(JSON.stringify({ ids: Array(64).fill(NO_HASH) }));
  assert.ok(params.ok);
  const parts = { machine: { tip: { hash: ZERO_HASH } }, runtime: { proofs: { entryProof } } };
  const answer = await answerEntryProofs(parts, params.value);
  assert.ok(answer.type === 'result');
  assert.deepEqual(JSON.parse(answer.json), { proofs: Array(64).fill(null) });
  assert.equal(made, 8, 'of a second each, until eight seconds are over');
});

test('what cannot be proved is refused, with what is known of it', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t) });
  const { hash } = await node.mine('"a"');
  const refusals = [
    ['header-proof', { heights: [1] }, 'height-not-below-tip', { height: 1, tipHeight: 1 }],
    ['header-proof', { hash }, 'height-not-below-tip', { height: 1, tipHeight: 1 }],
    ['header-proof', { heights: [0], tip: NO_HASH }, 'tip-not-active', { tip: NO_HASH }],
    ['header-proof', { hash: NO_HASH }, 'block-not-found', {}],
    ['entry-proof', { id: NO_HASH }, 'entry-not-in-chain', { id: NO_HASH, indexedTo: 1 }],
    ['entry-proof', { id: hashLeaf(Buffer.from('"a"')), tip: NO_HASH }, 'tip-not-active', { tip: NO_HASH }],
    ['entry-proofs', { ids: [NO_HASH], tip: NO_HASH }, 'tip-not-active', { tip: NO_HASH }],
  ] as const;
  for (const [method, params, code, facts] of refusals) {
    assert.deepEqual(await refusalOf(node, method, JSON.stringify(params)), { ...facts, code });
  }
});

test('questions that are none are refused as such', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t) });
  const heights = (list: unknown) => JSON.stringify({ heights: list });
  const ids = (list: unknown) => JSON.stringify({ ids: list });
  for (const [method, params] of [
    ['header-proof', '{}'],
    ['header-proof', '{"hash":"ff"}'],
    ['header-proof', heights([])],
    ['header-proof', heights(0)],
    ['header-proof', heights(['0'])],
    ['header-proof', heights([-1])],
    ['header-proof', heights([0.5])],
    ['header-proof', heights([1, 0])],
    ['header-proof', heights([0, 0])],
    ['header-proof', heights([12_345_678_901])],
    ['header-proof', heights(Array.from({ length: 65 }, (_, i) => i))],
    ['header-proof', '{"heights":[0],"tip":7}'],
    ['entry-proof', '{}'],
    ['entry-proof', '{"id":"ff"}'],
    ['entry-proofs', '{}'],
    ['entry-proofs', ids([])],
    ['entry-proofs', ids(NO_HASH)],
    ['entry-proofs', ids({ 0: NO_HASH, length: 1 })],
    ['entry-proofs', ids([NO_HASH, 'ff'])],
    ['entry-proofs', ids([[NO_HASH]])],
    ['entry-proofs', `{"ids":[${'1'.repeat(64)}]}`],
    ['entry-proofs', ids(Array(65).fill(NO_HASH))],
    ['entry-proofs', JSON.stringify({ ids: [NO_HASH], tip: 7 })],
  ] as const) {
    assert.deepEqual(await refusalOf(node, method, params), { code: 'params-invalid' }, params);
  }
});

async function refusalOf(node: TestNode, method: RpcMethod, params: string): Promise<unknown> {
  const answer = await node.client.call(method, params as JsonText).catch((error: unknown) => error);
  assert.ok(answer instanceof RpcCallError, `${method} ${params} is refused`);
  return answer.rpc.data;
}

const NO_HASH = 'f'.repeat(64);
