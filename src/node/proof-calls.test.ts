/** The methods of a node that answer with proofs: what they give holds, and what they cannot give they refuse. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EASY_PARAMS, makeHome, TestNode } from '../../test/support/test-node.ts';
import type { RpcMethod } from '../api/rpc.ts';
import { verifyChainProof } from '../core/chain-proof.ts';
import { verifyEntryProof } from '../core/entry-proof.ts';
import { verifyHeaderProof } from '../core/header-proof.ts';
import type { JsonText } from '../core/json-text.ts';
import { hashLeaf } from '../core/merkle.ts';
import { parseEntryProof, parseHeaderProof } from '../core/proof-json.ts';
import { RpcCallError } from '../probe/probe-client.ts';

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
  ] as const;
  for (const [method, params, code, facts] of refusals) {
    assert.deepEqual(await refusalOf(node, method, JSON.stringify(params)), { ...facts, code });
  }
});

test('questions that are none are refused as such', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t) });
  const heights = (list: unknown) => JSON.stringify({ heights: list });
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
