import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BuiltChain, bodyOf, buildChain, singleBody, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { chainPart, gather, growth, mixedBody, switchTo } from '../../test/support/store-change.ts';
import type { Block } from '../core/block.ts';
import { encodeBlockJson } from '../core/block-json.ts';
import { createGenesis } from '../core/genesis.ts';
import { genesisPoint } from '../core/validation.ts';
import type { ChainStore } from '../storage/chain-store.ts';
import { createMemoryStore } from '../storage/memory-store.ts';
import { streamChain, streamChainDocument } from './chain-stream.ts';

const KIB = 1024;
const ROOT = genesisPoint(TEST_PARAMS);

async function storeOf(chain: BuiltChain): Promise<ChainStore> {
  const store = createMemoryStore(TEST_PARAMS);
  if (chain.blocks.length > 0) await store.commit(growth(chain));
  return store;
}

function textOf(blocks: readonly Block[]): string {
  return `[${[createGenesis(TEST_PARAMS), ...blocks].map((block) => Buffer.from(encodeBlockJson(block)).toString()).join(',')}]`;
}

const large = buildChain(TEST_PARAMS, ROOT, 30, (height) => singleBody(`"${String(height).padEnd(60 * KIB, 'x')}"`));
const small = buildChain(TEST_PARAMS, ROOT, 500, mixedBody);
/** A block that fills more than a chunk beside one that fills a few bytes. */
const mixed = buildChain(TEST_PARAMS, ROOT, 12, (height) =>
  height % 3 === 0 ? bodyOf(...Array<string>(4).fill(`"${'y'.repeat(50 * KIB)}"`)) : bodyOf(String(height)),
);

for (const [what, chain] of [
  ['the genesis alone', chainPart(small, 0, 0)],
  ['500 small blocks', small],
  ['30 large blocks', large],
  ['blocks larger and smaller than a chunk', mixed],
] as const) {
  test(`${what}: the stream is the chain, of the size that it announces, in pieces of bounded size`, async () => {
    const store = await storeOf(chain);
    const text = textOf(chain.blocks);
    for (const [stream, expected] of [
      [await streamChain(store), text],
      [await streamChainDocument(store), `{"chain":${text},"length":${chain.blocks.length + 1}}`],
    ] as const) {
      const chunks = await gather(stream.chunks);
      assert.equal(Buffer.concat(chunks).toString(), expected);
      assert.equal(stream.sizeBytes, Buffer.byteLength(expected));
      const largest = Math.max(64 * KIB, ...chain.blocks.map((block) => encodeBlockJson(block).length));
      assert.ok(chunks.every((chunk) => chunk.length > 0 && chunk.length <= largest));
    }
  });
}

test('small blocks are joined to chunks of almost 64 KiB', async () => {
  const { sizeBytes, chunks } = await streamChain(await storeOf(small));
  const all = await gather(chunks);
  assert.ok(all.length <= Math.ceil(sizeBytes / (63 * KIB)), `${all.length} chunks for ${sizeBytes} bytes`);
});

test('a chunk stays as it was when the next one is made', async () => {
  const { chunks } = await streamChain(await storeOf(small));
  const kept: { readonly chunk: Uint8Array; readonly copy: Uint8Array }[] = [];
  for await (const chunk of chunks) kept.push({ chunk, copy: Uint8Array.from(chunk) });
  assert.ok(kept.length > 1);
  for (const { chunk, copy } of kept) assert.deepEqual(chunk, copy);
});

test('the chain that was asked for is streamed whole, though the node switches to another meanwhile', async () => {
  const store = await storeOf(small);
  const stream = await streamChain(store);
  const other = buildChain(TEST_PARAMS, ROOT, 600, () => bodyOf('"other"'));
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream.chunks) {
    if (chunks.length === 0) await store.commit(switchTo(0, other));
    chunks.push(chunk);
  }
  assert.equal(Buffer.concat(chunks).toString(), textOf(small.blocks));
  assert.equal((await store.chainJson()).length, 601);
});
