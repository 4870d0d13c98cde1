import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertPresent } from './assert.ts';
import { type Hash, hashBytes } from './hash.ts';
import { appendLeaf, EMPTY_FRONTIER, type Frontier, historyNodeCount, historyRoot } from './history.ts';
import {
  appendSubtree,
  countedHistoryRoot,
  frontierFromLeaves,
  type PlacedLeaf,
  proveLeaves,
  rootFromLeaves,
  subtreePosition,
  subtreesBetween,
} from './history-proof.ts';
import { hashLeaf, inclusionProof, merkleRoot } from './merkle.ts';

const LEAVES_MAX = 70;
const leaves = Array.from({ length: LEAVES_MAX }, (_, i) => hashLeaf(Buffer.from(`header ${i}`)));
const { frontiers, nodes } = grow();
const readNode = (position: number): Hash => assertPresent(nodes[position], `there is a node at ${position}`);

test('the proof of one leaf is its audit path, for every leaf of every history', () => {
  for (let count = 1; count <= LEAVES_MAX; count++) {
    for (let index = 0; index < count; index++) {
      const proof = proveLeaves(count, [index], readNode);
      assert.deepEqual(proof, inclusionProof(leaves.slice(0, count), index), `${index} of ${count}`);
      assert.equal(rootFromLeaves({ count, leaves: placed([index]), proof }), rootOf(count));
    }
  }
});

test('several leaves lead to the root, and share what they have in common', () => {
  fc.assert(
    fc.property(someLeaves(), ({ count, indexes }) => {
      const proof = proveLeaves(count, indexes, readNode);
      assert.equal(rootFromLeaves({ count, leaves: placed(indexes), proof }), rootOf(count));
      assert.equal(new Set(proof).size, proof.length);
      const paths = new Set(indexes.flatMap((index) => inclusionProof(leaves.slice(0, count), index)));
      for (const hash of proof) assert.ok(paths.has(hash));
    }),
    SEEDED,
  );
});

test('where the last leaf is shown, the proof leads to the frontier', () => {
  for (let count = 1; count <= LEAVES_MAX; count++) {
    for (const indexes of [[count - 1], [count - 2, count - 1], [0, count - 1]]) {
      if (new Set(indexes).size < indexes.length || indexes.some((index) => index < 0)) continue;
      const options = { count, leaves: placed(indexes), proof: proveLeaves(count, indexes, readNode) };
      assert.deepEqual(frontierFromLeaves(options), frontiers[count]);
      assert.equal(
        frontierFromLeaves({ ...options, proof: [...options.proof, hashBytes(Buffer.from('more'))] }),
        undefined,
      );
    }
    const without = { count, leaves: placed([0]), proof: proveLeaves(count, [0], readNode) };
    if (count > 1) assert.equal(frontierFromLeaves(without), undefined);
  }
});

test('no leaves lead to no frontier', () => {
  assert.equal(frontierFromLeaves({ count: 3, leaves: [], proof: [readNode(0)] }), undefined);
});

test('all leaves need no proof', () => {
  const all = Array.from({ length: 13 }, (_, i) => i);
  assert.deepEqual(proveLeaves(13, all, readNode), []);
  assert.equal(rootFromLeaves({ count: 13, leaves: placed(all), proof: [] }), rootOf(13));
});

test('a hash that is changed, taken away, added or moved leads to another root or to none', () => {
  fc.assert(
    fc.property(someLeaves(), fc.nat(), ({ count, indexes }, chosen) => {
      const proof = proveLeaves(count, indexes, readNode);
      const root = rootOf(count);
      const at = chosen % (proof.length + 1);
      const stranger = hashBytes(Buffer.from('stranger'));
      const options = { count, leaves: placed(indexes) };
      assert.equal(rootFromLeaves({ ...options, proof: proof.toSpliced(at, 0, stranger) }), undefined);
      if (at === proof.length) return;
      assert.equal(rootFromLeaves({ ...options, proof: proof.toSpliced(at, 1) }), undefined);
      assert.notEqual(rootFromLeaves({ ...options, proof: proof.with(at, stranger) }), root);
      if (proof.length > 1) {
        const moved = proof.toSpliced(at, 1).toSpliced((at + 1) % proof.length, 0, readNodeOf(proof, at));
        assert.notEqual(rootFromLeaves({ ...options, proof: moved }), root);
      }
    }),
    SEEDED,
  );
});

test('a leaf that is not there, or elsewhere, leads to another root', () => {
  fc.assert(
    fc.property(someLeaves(), fc.nat(), ({ count, indexes }, chosen) => {
      const proof = proveLeaves(count, indexes, readNode);
      const at = chosen % indexes.length;
      const wrong = placed(indexes).map((leaf, i) => (i === at ? { ...leaf, leaf: readNode(1) } : leaf));
      if (indexes[at] !== 1) assert.notEqual(rootFromLeaves({ count, leaves: wrong, proof }), rootOf(count));
    }),
    SEEDED,
  );
});

/** Each would lead to the root with the proof of these leaves, if nobody looked at where they are said to stand. */
const UNORDERED: readonly (readonly [string, readonly number[], readonly number[]])[] = [
  ['no leaf', [], []],
  ['a leaf twice', [3, 3], [3]],
  ['leaves out of order', [9, 3], [3, 9]],
  ['a leaf beyond the last', [13], [12]],
  ['a leaf below the first', [-1], [0]],
  ['half a place', [1.5], [1]],
];
for (const [reason, indexes, proved] of UNORDERED) {
  test(`${reason} is no list of leaves`, () => {
    const proof = proveLeaves(13, proved, readNode);
    const stated = placed(proved).map(({ leaf }, i) => ({ index: Number(indexes[i]), leaf }));
    const repeated = indexes.slice(stated.length).map((index) => ({ index, leaf: readNode(4) }));
    assert.equal(rootFromLeaves({ count: 13, leaves: [...stated, ...repeated], proof }), undefined);
  });
}

test('a proof that breaks off is refused at once, however deep the tree is', () => {
  const count = 2 ** 31 + 1;
  assert.equal(rootFromLeaves({ count, leaves: [{ index: 7, leaf: readNode(0) }], proof: [] }), undefined);
});

test('the root of a tree with its count is what headers carry', () => {
  for (const [count, frontier] of frontiers.entries()) {
    assert.equal(countedHistoryRoot(count, rootOf(count)), historyRoot(frontier));
  }
});

test('the subtrees between two places are the fewest, and appending them is appending their leaves', () => {
  for (let end = 0; end <= LEAVES_MAX; end++) {
    for (let first = 0; first <= end; first++) {
      const ranges = subtreesBetween(first, end);
      let frontier = assertPresent(frontiers[first], 'there is one for each count');
      for (const range of ranges) {
        assert.equal(range.first, frontier.count);
        const root = readNode(subtreePosition(range));
        frontier = appendSubtree(frontier, { leafCount: range.leafCount, root });
      }
      assert.deepEqual(frontier, frontiers[end], `${first} to ${end}`);
      for (const [i, range] of ranges.entries()) {
        const next = ranges[i + 1];
        const isPair = next?.leafCount === range.leafCount && range.first % (2 * range.leafCount) === 0;
        assert.ok(!isPair, `${first} to ${end}: two are one`);
      }
    }
  }
});

test('subtrees are found near the last height that there is', () => {
  const end = 2 ** 32 - 1;
  const ranges = subtreesBetween(2 ** 31, end);
  assert.equal(ranges.length, 31);
  assert.deepEqual(ranges[0], { first: 2 ** 31, leafCount: 2 ** 30 });
  assert.deepEqual(ranges.at(-1), { first: end - 1, leafCount: 1 });
  assert.equal(subtreePosition({ first: 2 ** 31, leafCount: 2 ** 30 }), 2 ** 32 - 1 + 2 ** 31 - 2);
});

test('the position of a subtree is that at which its last leaf completes it', () => {
  for (let height = 0; height < 6; height++) {
    const leafCount = 2 ** height;
    for (let first = 0; first + leafCount <= LEAVES_MAX; first += leafCount) {
      const position = subtreePosition({ first, leafCount });
      assert.equal(readNode(position), merkleRoot(leaves.slice(first, first + leafCount)));
      assert.ok(position < historyNodeCount(first + leafCount));
    }
  }
});

function someLeaves(): fc.Arbitrary<{ readonly count: number; readonly indexes: readonly number[] }> {
  return fc
    .integer({ min: 1, max: LEAVES_MAX })
    .chain((count) =>
      fc
        .uniqueArray(fc.integer({ min: 0, max: count - 1 }), { minLength: 1, maxLength: 12 })
        .map((indexes) => ({ count, indexes: indexes.toSorted((a, b) => a - b) })),
    );
}

function placed(indexes: readonly number[]): PlacedLeaf[] {
  return indexes.map((index) => ({ index, leaf: assertPresent(leaves[index], 'it is one of the leaves') }));
}

function readNodeOf(proof: readonly Hash[], at: number): Hash {
  return assertPresent(proof[at], 'it is in the proof');
}

function rootOf(count: number): Hash {
  return merkleRoot(leaves.slice(0, count));
}

function grow(): { readonly frontiers: readonly Frontier[]; readonly nodes: readonly Hash[] } {
  const grown: Frontier[] = [EMPTY_FRONTIER];
  const all: Hash[] = [];
  for (const leaf of leaves) {
    const { frontier, completed } = appendLeaf(assertPresent(grown.at(-1), 'it begins with one'), leaf);
    grown.push(frontier);
    all.push(...completed);
  }
  return { frontiers: grown, nodes: all };
}

const SEEDED = { seed: 20_261_122, numRuns: 300 };
