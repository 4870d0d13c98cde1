/** Chain proofs and proofs from a stored history: nothing but what an honest chain has is ever shown by them. */
import assert from 'node:assert/strict';
import { assertPresent } from '../../../src/core/assert.ts';
import { verifyChainProof } from '../../../src/core/chain-proof.ts';
import type { Hash } from '../../../src/core/hash.ts';
import { proveLeaves, rootFromLeaves } from '../../../src/core/history-proof.ts';
import { inclusionProof, merkleRoot, rootFromInclusion } from '../../../src/core/merkle.ts';
import { createParams } from '../../../src/core/params.ts';
import { paramsDocument } from '../../../src/simulator/params-document.ts';
import { judgeChainProof } from '../../../src/simulator/second-implementation/chain-proof.ts';
import { proofOf } from '../../../test/support/proof-bytes.ts';
import { unevenTimes, WrittenChain } from '../../../test/support/written-chain.ts';
import { ByteChoices } from '../byte-choices.ts';
import type { FuzzTarget } from '../target.ts';

export const CHAIN_PROOF: FuzzTarget = {
  name: 'chain-proof',
  claim:
    'a chain proof is taken as it was made and in no other way, and refused where the second implementation refuses it',
  words: ['\x00\x00\x00\x00', '\xff\xff\xff\xff', '\x20\x7f\xff\xff', '\x01'],
  sizeMax: 700,
  weight: 0.3,
  seeds: () => [
    ...HONEST.map(({ length }, i) => Buffer.of(i, 1, length >> 8, length & 0xff, 0)),
    Buffer.of(HONEST.length),
  ],
  check(input) {
    const choices = new ByteChoices(input);
    const honest = HONEST[choices.integer(HONEST.length)];
    const bytes = honest === undefined ? choices.rest() : edited(honest, choices);
    const proven = verifyChainProof(bytes, PARAMS);
    const shown = judgeChainProof(Buffer.from(bytes).toString('hex'), DOCUMENT);
    assert.equal(proven.ok, typeof shown !== 'string', 'both take it, or neither');
    if (proven.ok)
      assert.ok(
        HONEST.some((other) => Buffer.compare(other, bytes) === 0),
        'it is as it was made',
      );
  },
};

export const HISTORY_PROOF: FuzzTarget = {
  name: 'history-proof',
  claim: 'leaves are shown to be in a history only where they stand, and one by one as by their audit paths',
  words: [],
  sizeMax: 60,
  weight: 1,
  seeds: () => [Buffer.of(8, 2, 1, 5, 0), Buffer.of(40, 3, 0, 17, 39, 1, 2), Buffer.of(1, 0, 0)],
  check(input) {
    const choices = new ByteChoices(input);
    const count = 1 + choices.integer(LEAVES.length - 1);
    const indexes = new Set(Array.from({ length: 1 + choices.integer(5) }, () => choices.integer(count - 1)));
    const leaves = [...indexes].sort((a, b) => a - b).map((index) => ({ index, leaf: leafAt(index) }));
    const root = merkleRoot(LEAVES.slice(0, count));
    const proof = proveLeaves(
      count,
      leaves.map(({ index }) => index),
      CHAIN.node,
    );
    assert.equal(rootFromLeaves({ count, leaves, proof }), root, 'an honest proof shows them');
    const forged = leaves.map(({ index, leaf }) => ({
      index: choices.flag() ? choices.integer(50) : index,
      leaf: choices.flag() ? choices.pick(LEAVES) : leaf,
    }));
    const other = proof.map((hash) => (choices.flag() ? choices.pick([...LEAVES, ...proof]) : hash));
    if (choices.flag()) other.splice(choices.integer(other.length), choices.integer(2));
    if (rootFromLeaves({ count, leaves: forged, proof: other }) !== root) return;
    for (const { index, leaf } of forged) {
      assert.equal(leaf, LEAVES[index], 'what is shown is there');
      const path = inclusionProof(LEAVES.slice(0, count), index);
      assert.equal(rootFromInclusion({ leaf, index, count, proof: path }), root, 'and has its audit path');
    }
  },
};

/** A proof with some bytes changed, taken away, put in twice or exchanged. */
function edited(honest: Uint8Array, choices: ByteChoices): Uint8Array {
  let bytes = Buffer.from(honest);
  for (let edits = choices.integer(4); edits > 0; edits--) {
    const at = choices.integer(bytes.length);
    const size = choices.integer(64);
    const piece = choices.flag()
      ? bytes.subarray(choices.integer(bytes.length)).subarray(0, size)
      : choices.bytes(size);
    const removed = choices.flag() ? piece.length : choices.integer(64);
    bytes = Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at + removed)]);
  }
  return bytes;
}

function leafAt(index: number): Hash {
  return assertPresent(LEAVES[index], 'there are as many leaves');
}

/** Half of all hashes meet the easiest target, so that what is changed goes on for a while before it shows. */
const PARAMS = createParams({ name: 'fuzz-proofs', targetLimit: 0x207fffff });
const DOCUMENT = paramsDocument(PARAMS);
const CHAIN = new WrittenChain(PARAMS).growTo(2_049, unevenTimes);
const HONEST = [0, 1, 2, 12, 2_049].map((height) => proofOf(CHAIN.upTo(height)));
/** A node for each header of the beginning, which is where its leaf stands. */
const LEAVES = Array.from({ length: 48 }, (_, i) => CHAIN.node(leafPosition(i)));

/** Where the leaf of a header stands among the nodes: after all subtrees that were completed before it. */
function leafPosition(index: number): number {
  const ones = index.toString(2).replaceAll('0', '').length;
  return 2 * index - ones;
}
