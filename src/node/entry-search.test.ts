import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type BuiltChain, bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { entryOf } from '../../test/support/entry-fixture.ts';
import { hashLeaf } from '../core/merkle.ts';
import { genesisPoint } from '../core/validation.ts';
import type { ChainStore } from '../storage/chain-store.ts';
import { createMemoryStore } from '../storage/memory-store.ts';
import { type ChainSearch, type SearchedStore, searchChain, searchPending } from './entry-search.ts';
import { TextPattern } from './text-pattern.ts';

const { signal } = new AbortController();
const bytesOf = (text: string) => new TextEncoder().encode(text);

test('what is found is what a look at each entry finds, from the top down, whatever the stretches', async () => {
  const words = fc.constantFrom('"alice"', '"Alice, Bob"', '"bob"', '["alice","alice"]', '7', '{"alice":1}');
  const bodies = fc.array(fc.array(words, { maxLength: 5 }), { minLength: 1, maxLength: 12 });
  const patterns = fc.constantFrom('alice', 'ALICE', 'b', '"', ',', '"alice","alice"', 'nobody');
  await fc.assert(
    fc.asyncProperty(bodies, patterns, fc.integer({ min: 1, max: 6 }), async (entries, text, matchesMax) => {
      const store = await storeOf(entries.map((texts) => bodyOf(...texts)));
      const expected = entries.flatMap((texts, i) =>
        texts.flatMap((entry, index) =>
          entry.toLowerCase().includes(text.toLowerCase())
            ? [{ height: i + 1, index, id: hashLeaf(bytesOf(entry)) }]
            : [],
        ),
      );
      const found = [];
      let omitted = 0;
      let from = entries.length;
      do {
        const part: ChainSearch = await searchIn(store, { text, from, matchesMax });
        found.push(...part.matches.map(({ height, index, id }) => ({ height, index, id })));
        omitted += part.omitted;
        from = part.searchedDownTo - 1;
      } while (from > 0);
      const inOrder = expected.toSorted((a, b) => b.height - a.height || a.index - b.index);
      assert.equal(found.length + omitted, inOrder.length);
      if (omitted === 0) assert.deepEqual(found, inOrder);
    }),
    { seed: 20261122, numRuns: 60 },
  );
});

test('a match names its block and shows itself', async () => {
  const store = await storeOf([bodyOf('1'), bodyOf('{"to":"Bob"}', '{"to":"bob","x":2}')]);
  const { matches } = await searchIn(store, { text: 'BOB', from: 2, matchesMax: 10 });
  assert.deepEqual(
    matches.map(({ index, excerpt }) => [index, excerpt.before, excerpt.match, excerpt.after]),
    [
      [0, '{"to":"', 'Bob', '"}'],
      [1, '{"to":"', 'bob', '","x":2}'],
    ],
  );
  assert.equal(matches[0]?.hash, (await store.blockAt(2))?.block.hash);
});

test('what stands across two entries is in neither', async () => {
  const store = await storeOf([bodyOf('"a"', '"b"', '"ab"')]);
  assert.equal((await searchIn(store, { text: '"a","b"', from: 1, matchesMax: 10 })).matches.length, 0);
  assert.equal((await searchIn(store, { text: ',', from: 1, matchesMax: 10 })).matches.length, 0);
  assert.equal((await searchIn(store, { text: 'ab', from: 1, matchesMax: 10 })).matches[0]?.index, 2);
});

test('one value alone is an entry, and the genesis has none', async () => {
  const [value] = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 1, () => bodyOf('{}')).blocks;
  assert.ok(value);
  const store = await storeOf([value.body]);
  for (const matchesMax of [1, 10]) {
    const { matches, searchedDownTo } = await searchIn(store, { text: '{}', from: 1, matchesMax });
    assert.deepEqual([matches.map(({ height }) => height), searchedDownTo], [[1], 0]);
  }
});

test('of a block with more matches than asked for, the others are counted', async () => {
  const store = await storeOf([bodyOf('"x"'), bodyOf('"x"', '"x"', '"x"'), bodyOf('"x"')]);
  const { matches, omitted, searchedDownTo } = await searchIn(store, { text: 'x', from: 3, matchesMax: 2 });
  assert.deepEqual([matches.length, omitted, searchedDownTo], [2, 2, 2]);
});

test('a stretch is bounded in blocks', async () => {
  const { store, reads } = countingStore();
  const part = await searchIn(store, { text: 'x', from: 20_000, matchesMax: 1 });
  assert.deepEqual([part.matches, part.searchedDownTo], [[], 20_000 - 8_192 + 1]);
  assert.ok(reads() >= 8_192 && reads() <= 8_192 + 64);
});

test('a search that nobody waits for ends', async () => {
  const store = await storeOf([bodyOf('"x"'), bodyOf('"x"')]);
  const options = { pattern: new TextPattern('y'), matchesMax: 1, signal: AbortSignal.abort(new Error('gone')) };
  await assert.rejects(searchChain({ ...options, store, params: TEST_PARAMS, from: 2 }), /gone/);
  const large = entryOf(`"${'z'.repeat(60_000)}"`);
  await assert.rejects(searchPending({ ...options, entries: Array(5).fill(large) }), /gone/);
});

test('pending entries are looked through in their order, and those over the limit are counted', async () => {
  const entries = ['"ab"', '"b"', '"Ab"', '"AB"'].map(entryOf);
  const found = await searchPending({ pattern: new TextPattern('a'), matchesMax: 2, signal, entries });
  assert.deepEqual(
    found.matches.map(({ id, excerpt }) => [id, excerpt.match]),
    [
      [entries[0]?.id, 'a'],
      [entries[2]?.id, 'A'],
    ],
  );
  assert.equal(found.omitted, 1);
});

function searchIn(
  store: SearchedStore,
  { text, from, matchesMax }: { text: string; from: number; matchesMax: number },
): Promise<ChainSearch> {
  return searchChain({ store, params: TEST_PARAMS, pattern: new TextPattern(text), from, matchesMax, signal });
}

async function storeOf(bodies: readonly ReturnType<typeof bodyOf>[]): Promise<ChainStore> {
  const store = createMemoryStore(TEST_PARAMS);
  const { blocks, points }: BuiltChain = buildChain(
    TEST_PARAMS,
    genesisPoint(TEST_PARAMS),
    bodies.length,
    (height) => bodies[height - 1] ?? bodyOf(),
  );
  const kept = blocks.map((block, i) => ({ block, work: points[i]?.work ?? 0n }));
  const activate = { forkHeight: 0, added: blocks.map(({ hash }) => hash) };
  await store.commit({ blocks: kept, pendingAdded: [], activate });
  return store;
}

/** A chain that is longer than one would build: each of its blocks has no entries. */
function countingStore(): { store: SearchedStore; reads: () => number } {
  let reads = 0;
  const store: SearchedStore = {
    activeHashes: async (from, max) => Array.from({ length: max }, (_, i) => hashLeaf(bytesOf(String(from + i)))),
    bodies: async (hashes) => {
      reads += hashes.length;
      return hashes.map((hash) => ({ hash, bytes: bytesOf('[]') }));
    },
  };
  return { store, reads: () => reads };
}
