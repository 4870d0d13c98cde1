/** The vectors of chain proofs: draws, proofs that hold, and what is wrong with some that do not. */
import { bytesToHex } from '#host';
import { assert } from '../src/core/assert.ts';
import { drawPositions } from '../src/core/chain-draws.ts';
import { verifyChainProof } from '../src/core/chain-proof.ts';
import { hashBytes } from '../src/core/hash.ts';
import { createParams, encodeParams } from '../src/core/params.ts';
import { codeOf, flipped, proofOf } from '../test/support/proof-bytes.ts';
import { unevenTimes, WrittenChain } from '../test/support/written-chain.ts';

/** What is in `chain-proofs.json`. */
export function chainProofVectors(): unknown {
  const chain = new WrittenChain(PARAMS).growTo(2_049, unevenTimes);
  const valid = [0, 3, 2_049].map((height) => {
    const proof = proofOf(chain.upTo(height));
    const proven = verifyChainProof(proof, PARAMS);
    assert(proven.ok, 'an honest proof holds');
    const { tip, report } = proven.value;
    return {
      height,
      tip: tip.hash,
      work: tip.work.toString(),
      drawn_heights: report.drawnHeights,
      headers_opened: report.headersOpened,
      proof: bytesToHex(proof),
    };
  });
  const bytes = proofOf(chain.upTo(2_049));
  // The format, the tip, its height, the work, that up to the tail, the count, a height, a header, a subtree, a nonce.
  const refused = [0, 1, 36, 68, 100, 102, 110, 500, 20_000, bytes.length - 1].map((at) => {
    return { at, byte: flipped(bytes, at, 1)[at], code: codeOf(flipped(bytes, at, 1), PARAMS) };
  });
  return { params: encodeParams(PARAMS), draws: drawVectors(), valid, the_last_with_one_byte_changed: refused };
}

function drawVectors(): unknown {
  const chains: readonly (readonly [bigint, bigint])[] = [
    [1_000n, 900n],
    [4_100n, 3_076n],
    [65_537n * 4_000n, 65_537n * 3_488n],
    [2n ** 255n + 12_345n, 2n ** 255n - 2n ** 254n],
  ];
  return chains.map(([work, sampledWork], i) => {
    const tip = hashBytes(new TextEncoder().encode(`cairn vectors: draws ${i}`));
    const positions = drawPositions({ tip, work, sampledWork })?.map((position) => position.toString());
    return { tip, work: work.toString(), work_before_tail: sampledWork.toString(), positions };
  });
}

/** Every other hash meets the easiest target, and the difficulty changes with every header. */
const PARAMS = createParams({ name: 'vectors-proofs', targetLimit: 0x207fffff, initialBits: 0x203fffff });
