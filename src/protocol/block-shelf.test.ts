import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { greetedPeer } from '../../test/support/entry-fixture.ts';
import type { Block } from '../core/block.ts';
import { bodyFromEntries, entryBytes, entryIds } from '../core/body.ts';
import { createGenesis } from '../core/genesis.ts';
import { genesisPoint } from '../core/validation.ts';
import { BlockShelf } from './block-shelf.ts';
import type { Effect } from './effects.ts';
import { SHELF_BLOCKS_MAX, WHOLE_BODY_BYTES_MAX } from './limits.ts';

const LONG = 'x'.repeat(WHOLE_BODY_BYTES_MAX);
const { blocks } = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), SHELF_BLOCKS_MAX + 1, (height) =>
  bodyOf(`"${height} ${LONG}"`, '2', '3', '4'),
);
const [first, latest] = [blocks[0] as Block, blocks.at(-1) as Block];
const [peer, other] = [greetedPeer('p'), greetedPeer('q')];

test('a peer that asks is told the ids of a block of the latest, and given entries of it', () => {
  const shelf = new BlockShelf();
  shelf.put(blocks);
  const { hash, body } = latest;
  assert.deepEqual(shelf.idsAsked(peer, hash), [
    { type: 'send', peer: 'p', message: { type: 'block-ids', hash, shape: 'array', ids: entryIds(body) } },
  ]);
  const { bytes: arrayBytes } = bodyFromEntries([entryBytes(body, 1), entryBytes(body, 3)]);
  assert.deepEqual(shelf.entriesAsked(peer, hash, [1, 3]), [
    { type: 'send', peer: 'p', message: { type: 'block-entries', hash, arrayBytes } },
  ]);
});

test('what is not at hand is answered with the block from the store', () => {
  const shelf = new BlockShelf();
  shelf.put(blocks);
  assert.deepEqual(shelf.idsAsked(peer, first.hash), [whole(first)], 'older than the latest');
  assert.deepEqual(shelf.entriesAsked(peer, first.hash, [0]), [whole(first)]);
  assert.deepEqual(
    shelf.entriesAsked(peer, latest.hash, [0, 4]),
    [whole(latest)],
    'a place that the block does not have',
  );
});

test('each peer is answered from the shelf once: who asks again waits in the line for the store', () => {
  const shelf = new BlockShelf();
  shelf.put(blocks);
  shelf.idsAsked(peer, latest.hash);
  shelf.entriesAsked(peer, latest.hash, [1]);
  assert.deepEqual(shelf.idsAsked(peer, latest.hash), [whole(latest)]);
  assert.deepEqual(shelf.entriesAsked(peer, latest.hash, [1]), [whole(latest)]);
  assert.equal(shelf.idsAsked(other, latest.hash)[0]?.type, 'send');
  shelf.peerGone(peer);
  assert.equal(shelf.idsAsked(peer, latest.hash)[0]?.type, 'send', 'as one that has just come');
  assert.equal(shelf.entriesAsked(peer, latest.hash, [1])[0]?.type, 'send');
});

test('a small block, and the genesis, are sent whole', () => {
  const shelf = new BlockShelf();
  const [small] = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 1, () => bodyOf('1')).blocks;
  const genesis = createGenesis(TEST_PARAMS);
  assert.ok(small);
  shelf.put([genesis, small]);
  assert.deepEqual(shelf.idsAsked(peer, small.hash), [whole(small)]);
  assert.deepEqual(shelf.idsAsked(peer, genesis.hash), [whole(genesis)]);
});

function whole({ hash }: Block): Effect {
  return { type: 'serve-blocks', peer: 'p', hashes: [hash] };
}
