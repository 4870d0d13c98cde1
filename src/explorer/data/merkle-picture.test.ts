import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { assertPresent } from '../../core/assert.ts';
import { hashBytes } from '../../core/hash.ts';
import { inclusionProof, merkleRoot } from '../../core/merkle.ts';
import { drawMerkleTree, hashesOfLeaves, hashesOfPath, pathSteps } from './merkle-picture.ts';

const LEAVES = Array.from({ length: 300 }, (_, i) => hashBytes(Uint8Array.of(i >> 8, i & 255)));
const SETTINGS = { seed: 20261122, numRuns: 100 };

/** A number of leaves, and the index of one. */
const placed = fc
  .integer({ min: 1, max: LEAVES.length })
  .chain((count) => fc.record({ count: fc.constant(count), index: fc.nat({ max: count - 1 }) }));

describe('the picture of a Merkle tree', () => {
  it('shows the same hashes from an audit path as from all leaves, and the root on top', () => {
    fc.assert(
      fc.property(placed, ({ count, index }) => {
        const leaves = LEAVES.slice(0, count);
        const audited = { leaf: leafAt(index), index, count, path: inclusionProof(leaves, index) };
        const fromPath = drawMerkleTree({ count, index, wholeMax: 0, hashOf: hashesOfPath(audited) });
        assert.deepEqual(fromPath, drawMerkleTree({ count, index, wholeMax: 0, hashOf: hashesOfLeaves(leaves) }));
        assert.equal(fromPath.nodes.find(({ row }) => row === 0)?.hash, merkleRoot(leaves));
      }),
      SETTINGS,
    );
  });

  it('proves an entry with exactly the hashes of its audit path', () => {
    fc.assert(
      fc.property(placed, ({ count, index }) => {
        const leaves = LEAVES.slice(0, count);
        const { nodes } = drawMerkleTree({ count, index, wholeMax: 0, hashOf: hashesOfLeaves(leaves) });
        const proof = nodes.filter(({ role }) => role === 'proof').sort((a, b) => b.row - a.row);
        assert.deepEqual(
          proof.map(({ hash }) => hash),
          inclusionProof(leaves, index),
        );
      }),
      SETTINGS,
    );
  });

  it('covers every leaf once, side by side, and puts each node over the middle of its two', () => {
    fc.assert(
      fc.property(placed, fc.nat({ max: 400 }), ({ count, index }, wholeMax) => {
        const { nodes, links, columns } = drawMerkleTree({ count, index, wholeMax, hashOf: () => undefined });
        const ends = nodes.filter(({ kind }) => kind !== 'node').sort((a, b) => a.column - b.column);
        assert.deepEqual(
          ends.map(({ column }) => column),
          Array.from({ length: columns }, (_, i) => i),
        );
        assert.deepEqual(
          ends.map(({ range }) => range.start),
          [0, ...ends.slice(0, -1).map(({ range }) => range.end)],
        );
        for (const node of nodes.filter(({ kind }) => kind === 'node')) {
          const [left, right] = links.filter(({ from }) => from === node).map(({ to }) => to);
          assert.equal(node.column, (assertPresent(left, 'two').column + assertPresent(right, 'two').column) / 2);
        }
      }),
      SETTINGS,
    );
  });

  it('leads from a leaf to the root step by step', () => {
    const leaves = LEAVES.slice(0, 5);
    const steps = pathSteps({ leaf: leafAt(1), index: 1, count: 5, path: inclusionProof(leaves, 1) });
    assert.deepEqual(
      steps.map(({ given, givenRange, resultRange }) => [given, givenRange, resultRange]),
      [
        ['left', { start: 0, end: 1 }, { start: 0, end: 2 }],
        ['right', { start: 2, end: 4 }, { start: 0, end: 4 }],
        ['right', { start: 4, end: 5 }, { start: 0, end: 5 }],
      ],
    );
    assert.equal(steps.at(-1)?.result, merkleRoot(leaves));
  });

  it('shows the uppermost levels of a large tree of which no entry is chosen', () => {
    const { nodes, rows } = drawMerkleTree({ count: 300, wholeMax: 16, hashOf: () => undefined });
    assert.equal(rows, 4);
    assert.deepEqual(
      nodes.filter(({ kind }) => kind === 'closed').map(({ range }) => range.end - range.start),
      [64, 64, 64, 64, 16, 16, 8, 4],
    );
  });

  it('of no entries is empty', () => {
    assert.deepEqual(drawMerkleTree({ count: 0, wholeMax: 16, hashOf: () => undefined }), {
      columns: 0,
      rows: 0,
      nodes: [],
      links: [],
    });
  });
});

function leafAt(index: number) {
  return assertPresent(LEAVES[index], 'there are 300');
}
