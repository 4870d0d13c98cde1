/** Proofs that somebody else made: none of what is not in a tree is ever shown to be in it. */
import assert from 'node:assert/strict';
import { type Hash, hashBytes } from '../../../src/core/hash.ts';
import { encodeHeader } from '../../../src/core/header.ts';
import { proveHeaders, verifyHeaderProof, type WorkedHeader } from '../../../src/core/header-proof.ts';
import { appendLeaf, EMPTY_FRONTIER, historyLeaf } from '../../../src/core/history.ts';
import {
  consistencyProof,
  inclusionProof,
  isConsistent,
  merkleRoot,
  rootFromInclusion,
} from '../../../src/core/merkle.ts';
import { type ChainPoint, genesisPoint } from '../../../src/core/validation.ts';
import { bodyOf, buildChain, TEST_PARAMS } from '../../../test/support/chain-fixture.ts';
import { ByteChoices } from '../byte-choices.ts';
import type { FuzzTarget } from '../target.ts';

export const INCLUSION_PROOF: FuzzTarget = {
  name: 'inclusion-proof',
  claim:
    'a proof leads to the root of a tree only for the leaf that stands there, at its index, in a tree of that size',
  words: [],
  sizeMax: 60,
  weight: 1,
  seeds: () => [Buffer.of(8, 3, 0, 0, 0, 0), Buffer.of(13, 12, 1, 2, 3), Buffer.of(1, 0)],
  check(input) {
    const choices = new ByteChoices(input);
    const leaves = LEAVES.slice(0, 1 + choices.integer(LEAVES.length - 1));
    const index = choices.integer(leaves.length - 1);
    const root = merkleRoot(leaves);
    const honest = inclusionProof(leaves, index);
    const leaf = leaves[index];
    assert.ok(leaf);
    assert.equal(
      rootFromInclusion({ leaf, index, count: leaves.length, proof: honest }),
      root,
      'an honest proof shows it',
    );
    const other = {
      leaf: choices.flag() ? choices.pick([...leaves, root, ...honest]) : leaf,
      index: choices.flag() ? choices.integer(40) : index,
      count: choices.flag() ? choices.integer(40) : leaves.length,
      proof: changed(honest, choices, [...leaves, root]),
    };
    if (rootFromInclusion(other) !== root) return;
    const isSame = other.leaf === leaves[other.index] && other.count === leaves.length;
    // The count and so the shape of a path are bound by the hash around the root, not by the proof.
    if (other.count === leaves.length) assert.ok(isSame, 'what is shown is there');
  },
};

export const CONSISTENCY_PROOF: FuzzTarget = {
  name: 'consistency-proof',
  claim: 'a tree is shown to extend another only where it does',
  words: [],
  sizeMax: 60,
  weight: 1,
  seeds: () => [Buffer.of(8, 3, 0, 0), Buffer.of(13, 8, 1, 1), Buffer.of(5, 0)],
  check(input) {
    const choices = new ByteChoices(input);
    const leaves = LEAVES.slice(0, 1 + choices.integer(LEAVES.length - 1));
    const count = choices.integer(leaves.length);
    const larger = { count: leaves.length, root: merkleRoot(leaves) };
    const honest = consistencyProof(leaves, count);
    const smaller = { count, root: merkleRoot(leaves.slice(0, count)) };
    assert.ok(isConsistent({ smaller, larger, proof: honest }), 'an honest proof shows it');
    // Another beginning: one leaf of it is not what it is in the larger tree.
    const forged = leaves.slice(0, count);
    if (count > 0) forged[choices.integer(count - 1)] = hashBytes(choices.bytes(4));
    const wrong = { count, root: merkleRoot(forged) };
    const proof = changed(honest, choices, [...leaves, wrong.root, larger.root]);
    if (wrong.root !== smaller.root)
      assert.ok(!isConsistent({ smaller: wrong, larger, proof }), 'no other beginning is shown');
  },
};

export const HEADER_PROOF: FuzzTarget = {
  name: 'header-proof',
  claim: 'no header is shown to be below a tip but those of its chain, at their heights and with their works',
  words: [],
  sizeMax: 120,
  weight: 1,
  seeds: () => [Buffer.of(8, 2, 3, 0, 0, 0), Buffer.of(19, 3, 1, 5, 1, 1, 1), Buffer.of(4, 1, 0)],
  check(input) {
    const choices = new ByteChoices(input);
    const tip = choices.pick(CHAIN.slice(1));
    const { height } = tip.header;
    const heights = Array.from({ length: 1 + choices.integer(4) }, () => choices.integer(height - 1));
    const honest = proveHeaders({
      tip: tip.hash,
      tipHeight: height,
      heights: [...new Set(heights)].sort((one, other) => one - other),
      headerAt: (at) => workedHeader(CHAIN[at] ?? GENESIS),
      readNode: (position) => NODES[position] ?? tip.hash,
    });
    assert.ok(verifyHeaderProof(honest, tip.header).ok, 'an honest proof shows them');
    const headers = honest.headers.map((header) => {
      if (choices.flag()) return header;
      const other = choices.pick(CHAIN);
      const bytes = choices.flag() ? workedHeader(other).bytes : changedByte(header.bytes, choices);
      return { bytes, work: choices.flag() ? header.work : other.work };
    });
    const proof = changed(honest.proof, choices, NODES);
    const shown = verifyHeaderProof({ tip: tip.hash, headers, proof }, tip.header);
    if (!shown.ok) return;
    for (const { header, hash, work } of shown.value) {
      const actual = CHAIN[header.height];
      assert.ok(
        header.height < height && actual?.hash === hash && actual.work === work,
        'what is shown is of the chain',
      );
    }
  },
};

/** `bytes` with one of them changed. */
function changedByte(bytes: Uint8Array, choices: ByteChoices): Uint8Array {
  const at = choices.integer(bytes.length - 1);
  return bytes.with(at, choices.integer(255));
}

function workedHeader({ header, work }: ChainPoint): WorkedHeader {
  return { bytes: encodeHeader(header), work };
}

/** `proof` with hashes put in, taken out or replaced by others of the tree. */
function changed(proof: readonly Hash[], choices: ByteChoices, hashes: readonly Hash[]): Hash[] {
  const other = [...proof];
  for (let edits = choices.integer(3); edits > 0; edits--) {
    const at = choices.integer(other.length);
    const added = choices.flag() ? [choices.pick([...hashes, ...proof])] : [];
    other.splice(at, choices.integer(1), ...added);
  }
  return other;
}

const LEAVES = Array.from({ length: 20 }, (_, i) => hashBytes(Uint8Array.of(i)));

const GENESIS = genesisPoint(TEST_PARAMS);
const CHAIN: readonly ChainPoint[] = [
  GENESIS,
  ...buildChain(TEST_PARAMS, GENESIS, 20, (height) => bodyOf(`${height}`)).points,
];
const NODES: readonly Hash[] = CHAIN.flatMap(({ header, work }, height) => {
  const before = CHAIN[height - 1]?.history ?? EMPTY_FRONTIER;
  return appendLeaf(before, historyLeaf(encodeHeader(header), work)).completed;
});
