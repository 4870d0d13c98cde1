import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildChain, singleBody, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { gather } from '../../test/support/store-change.ts';
import type { Block } from '../core/block.ts';
import { genesisPoint } from '../core/validation.ts';
import { chainJsonChunks } from './chain-json.ts';

const large = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 30, (height) =>
  singleBody(`"${String(height).padEnd(60 * 1024, 'x')}"`),
);

/** The blocks of `large`; `onRead` hears of each before it is handed out. */
async function* read(onRead: (height: number) => void): AsyncGenerator<Block, void, undefined> {
  for (const block of large.blocks) {
    onRead(block.header.height);
    yield block;
  }
}

test('a chain is read no further than its reader has got', async () => {
  let blocksRead = 0;
  let chunksTaken = 0;
  for await (const chunk of chainJsonChunks(read(() => blocksRead++))) {
    chunksTaken++;
    // A chunk is given out when the block behind it does not fit any more.
    assert.ok(blocksRead <= chunksTaken + 2, `${blocksRead} blocks for ${chunksTaken} chunks`);
    if (chunksTaken === 5) break;
    assert.ok(chunk.length > 0);
  }
  assert.ok(blocksRead < 10, 'a reader that has gone is not read for');
});

test('a block that cannot be read breaks the text off', async () => {
  const chunks = chainJsonChunks(
    read((height) => {
      if (height === 3) throw new Error('a test');
    }),
  );
  await assert.rejects(gather(chunks), /a test/);
});
