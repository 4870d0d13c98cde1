import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { bodyOf, buildChain, singleBody, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { gather, mixedBody } from '../../test/support/store-change.ts';
import { makeHome } from '../../test/support/test-node.ts';
import type { Block } from '../core/block.ts';
import { encodeHeader } from '../core/header.ts';
import { genesisPoint } from '../core/validation.ts';
import { BlockSpool, type SpooledBlocks } from './block-spool.ts';

const ROOT = genesisPoint(TEST_PARAMS);
const EVERYTHING = { blocksMax: Number.POSITIVE_INFINITY, bytesMax: Number.POSITIVE_INFINITY };
const ONE = { ...EVERYTHING, blocksMax: 1 };

const put = (spool: BlockSpool, { header, body }: Block) => spool.append(encodeHeader(header), body.bytes);

/** Blocks in a form in which equal ones are equal, views or not. */
const plain = (blocks: readonly Block[]) => ({
  headers: Buffer.concat(blocks.map(({ header }) => encodeHeader(header))),
  bodies: blocks.map(({ body }) => Buffer.from(body.bytes).toString()),
});
const together = (batches: readonly SpooledBlocks[]) => ({
  headers: Buffer.concat(batches.map(({ headers }) => headers)),
  bodies: batches.flatMap(({ bodies }) => bodies.map((body) => Buffer.from(body).toString())),
});

test('blocks come out as they went in, in batches as large as is asked for', async (t) => {
  const { root } = await makeHome(t);
  const { blocks } = buildChain(TEST_PARAMS, ROOT, 40, mixedBody);
  const spool = await BlockSpool.create(root);
  for (const block of blocks) await put(spool, block);
  for (const [limits, batchCount] of [
    [ONE, 40],
    [{ ...EVERYTHING, bytesMax: 1 }, 40],
    [{ ...EVERYTHING, blocksMax: 16 }, 3],
    [EVERYTHING, 1],
  ] as const) {
    const batches = await gather(spool.batches(limits));
    assert.equal(batches.length, batchCount);
    assert.deepEqual(together(batches), plain(blocks));
  }
  const batches = await gather(spool.batches({ ...EVERYTHING, bytesMax: 1_000 }));
  assert.ok(batches.length > 1 && batches.length < 40);
  assert.deepEqual(together(batches), plain(blocks));
  await spool.discard();
});

test('a block of 1 MiB, one without entries, and more after what was read', async (t) => {
  const { root } = await makeHome(t);
  const bodies = [bodyOf(...Array<string>(16).fill(`"${'x'.repeat(65_000)}"`)), bodyOf(), singleBody('{}')];
  const { blocks } = buildChain(TEST_PARAMS, ROOT, 3, (height) => bodies[height - 1] ?? bodyOf());
  const spool = await BlockSpool.create(root);
  for (const [i, block] of blocks.entries()) {
    await put(spool, block);
    const read = await gather(spool.batches(EVERYTHING));
    assert.deepEqual(together(read), plain(blocks.slice(0, i + 1)));
  }
  await spool.discard();
});

test('far more blocks than are written at once come out as they went in, wherever the pieces end', async (t) => {
  const { root } = await makeHome(t);
  const { blocks } = buildChain(TEST_PARAMS, ROOT, 60, (height) => singleBody(`"${'x'.repeat(1_000 * height)}"`));
  const spool = await BlockSpool.create(root);
  for (const block of blocks) await put(spool, block);
  assert.deepEqual(together(await gather(spool.batches(ONE))), plain(blocks));
  await spool.discard();
});

test('an empty spool has no batches', async (t) => {
  const { root } = await makeHome(t);
  const spool = await BlockSpool.create(root);
  assert.deepEqual(await gather(spool.batches(ONE)), []);
  await spool.discard();
});

test('spools in one folder do not meet, and a spool that is discarded is gone', async (t) => {
  const { root } = await makeHome(t);
  const { blocks } = buildChain(TEST_PARAMS, ROOT, 2, () => bodyOf('1'));
  const [first, second] = blocks;
  assert.ok(first !== undefined && second !== undefined);
  const [a, b] = [await BlockSpool.create(root), await BlockSpool.create(root)];
  await Promise.all([put(a, first), put(b, second)]);
  assert.deepEqual(together(await gather(a.batches(ONE))), plain([first]));
  assert.deepEqual(together(await gather(b.batches(ONE))), plain([second]));
  await a.discard();
  assert.ok((await readdir(root)).length <= 1);
  await b.discard();
  assert.deepEqual(await readdir(root), []);
});

test('what a killed process left is cleared away, and nothing else is', async (t) => {
  const { root } = await makeHome(t);
  const left = ['candidate-0f4c2b5e-73a1-4a3e-8b0e-3d0f9d6c1a2b.spool', 'candidate-0.spool'];
  const others = ['chain.sqlite', 'node.key', 'candidate-.txt', 'candidate-A.spool.bak', 'my candidate-0.spool'];
  for (const name of [...left, ...others]) await writeFile(join(root, name), 'x');
  await BlockSpool.removeLeftovers(root);
  assert.deepEqual((await readdir(root)).toSorted(), others.toSorted());
});

test('a folder that is not there is an error', async (t) => {
  const { root } = await makeHome(t);
  await assert.rejects(BlockSpool.create(join(root, 'nowhere')), { code: 'ENOENT' });
  await mkdir(join(root, 'empty'));
  await BlockSpool.removeLeftovers(join(root, 'empty'));
});
