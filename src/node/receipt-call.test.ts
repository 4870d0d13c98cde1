/** Receipts of a node: from its answer, through the command line, to somebody who has only the file. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EASY_PARAMS, makeHome, TestNode } from '../../test/support/test-node.ts';
import { jsonValue } from '../core/json-text.ts';
import { hashLeaf } from '../core/merkle.ts';
import { parseReceipt, verifyReceipt } from '../core/receipt.ts';
import { RpcCallError } from '../probe/probe-client.ts';

test('a node gives a receipt of each of its entries, and each proves what it says', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t) });
  for (const data of ['{"z":1,"__proto__":[],"10":0}', '["b","c"]', '"d"']) await node.mine(data);
  for (const [entry, height, index] of [
    ['{"10":0,"__proto__":[],"z":1}', 1, 0],
    ['"b"', 2, 0],
    ['"c"', 2, 1],
    ['"d"', 3, 0],
  ] as const) {
    const text = await node.client.call('receipt', jsonValue({ id: hashLeaf(Buffer.from(entry)) }));
    const receipt = parseReceipt(Buffer.from(text));
    assert.ok(receipt.ok);
    assert.equal(Buffer.from(receipt.value.entry).toString(), entry);
    assert.deepEqual(receipt.value.params, EASY_PARAMS);
    const verified = verifyReceipt(receipt.value);
    assert.ok(verified.ok);
    const { block, depth } = verified.value;
    assert.deepEqual([block.header.height, verified.value.index, depth], [height, index, 3 - height]);
  }
});

test('of what is in no block there is no receipt', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t) });
  await node.mine('"a"');
  for (const [params, code] of [
    [{ id: 'f'.repeat(64) }, 'entry-not-in-chain'],
    [{ id: 'ff' }, 'params-invalid'],
    [{}, 'params-invalid'],
  ] as const) {
    const answer = await node.client.call('receipt', jsonValue(params)).catch((error: unknown) => error);
    assert.ok(answer instanceof RpcCallError);
    assert.equal(answer.rpc.data.code, code);
  }
});
