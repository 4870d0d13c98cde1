import assert from 'node:assert/strict';
import { copyFile, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { EASY_PARAMS, makeHome, TestNode } from '../../test/support/test-node.ts';
import type { JsonText } from '../core/json-text.ts';
import { RpcCallError } from '../probe/probe-client.ts';
import { checkStore } from '../storage/fsck.ts';

/** An answer that is an error with this code. */
const refusedAs = (code: string) => (error: unknown) => error instanceof RpcCallError && error.rpc.data.code === code;

interface ChainPart {
  readonly chain: readonly { readonly index: number }[];
  readonly length: number;
}

test('a part of the chain begins where it was asked to, and says how long the chain is', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t) });
  for (let i = 1; i <= 4; i++) await node.mine(String(i));
  const part = async (params: { from: number; limit?: number }) => {
    const { chain, length } = (await node.call('chain', params)) as ChainPart;
    return [chain.map(({ index }) => index), length];
  };
  assert.deepEqual(await part({ from: 0 }), [[0, 1, 2, 3, 4], 5]);
  assert.deepEqual(await part({ from: 3 }), [[3, 4], 5]);
  assert.deepEqual(await part({ from: 1, limit: 2 }), [[1, 2], 5]);
  assert.deepEqual(await part({ from: 1, limit: 0 }), [[], 5]);
  assert.deepEqual(await part({ from: 5 }), [[], 5]);
  const whole = JSON.parse(await node.client.send('GET CHAIN'));
  assert.deepEqual(((await node.call('chain', { from: 0 })) as ChainPart).chain, whole);
});

test('a part of large blocks has about a mebibyte, and at least one block', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t) });
  const text = 'x'.repeat(64 * 1024 - 2);
  const large = JSON.stringify(Array.from({ length: 15 }, () => text));
  for (let i = 0; i < 2; i++) await node.mine(large);
  const { chain } = (await node.call('chain', { from: 0 })) as ChainPart;
  assert.deepEqual(
    chain.map(({ index }) => index),
    [0, 1],
  );
  const next = (await node.call('chain', { from: 2 })) as ChainPart;
  assert.deepEqual(
    next.chain.map(({ index }) => index),
    [2],
  );
});

for (const params of ['{"limit":1}', '{"from":-1}', '{"from":"0"}', '{"from":0,"limit":null}']) {
  test(`a part of the chain by ${params} is refused`, async (t) => {
    const node = await TestNode.start(t, { home: await makeHome(t) });
    await assert.rejects(node.client.call('chain', params as JsonText), refusedAs('params-invalid'));
  });
}

test('a backup is a whole store of its own, made while the node goes on', async (t) => {
  const home = await makeHome(t);
  const node = await TestNode.start(t, { home });
  await node.mine('"kept"');
  const path = join(home.root, 'copy.sqlite');
  assert.deepEqual(await node.call('backup', { path }), { path });
  await node.mine('"later"');
  assert.ok((await stat(path)).size > 0);
  const folder = join(home.root, 'restored');
  await mkdir(folder);
  await copyFile(path, join(folder, 'chain.sqlite'));
  const report = await checkStore({ folder, params: EASY_PARAMS });
  assert.deepEqual([report.problemCount, report.blockCount], [0, 2]);
});

test('a backup never writes over a file, and its path says all', async (t) => {
  const home = await makeHome(t);
  const node = await TestNode.start(t, { home });
  const taken = join(home.root, 'taken');
  await writeFile(taken, 'mine');
  for (const [path, code] of [
    [taken, 'backup-failed'],
    [join(home.root, 'no', 'folder'), 'backup-failed'],
    ['relative.sqlite', 'params-invalid'],
  ] as const) {
    await assert.rejects(node.call('backup', { path }), refusedAs(code), path);
  }
  await assert.rejects(node.call('backup', {}), refusedAs('params-invalid'));
  assert.equal((await stat(taken)).size, 4);
});
