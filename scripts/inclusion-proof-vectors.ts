/** The vectors of inclusion proofs: headers and entries shown below a tip, and what is wrong with some proofs. */
import { bytesToHex, encodeUtf8 } from '#host';
import { assertPresent } from '../src/core/assert.ts';
import { type Body, bodyFromEntries } from '../src/core/body.ts';
import { type EntryProof, proveEntry, verifyEntryProof } from '../src/core/entry-proof.ts';
import { ZERO_HASH } from '../src/core/hash.ts';
import { encodeHeader } from '../src/core/header.ts';
import { type HeaderProof, proveHeaders, verifyHeaderProof } from '../src/core/header-proof.ts';
import { appendLeaf, EMPTY_FRONTIER, historyLeaf } from '../src/core/history.ts';
import { createParams } from '../src/core/params.ts';
import { entryProofToJson, headerProofToJson } from '../src/core/proof-json.ts';
import type { Result } from '../src/core/result.ts';
import { genesisPoint } from '../src/core/validation.ts';
import { buildChain } from '../test/support/chain-fixture.ts';

/** What is in `inclusion-proofs.json`. */
export function inclusionProofVectors(): unknown {
  const right = headersBelow(23, [3, 4, 19]);
  const entry = entryAt(22, 5, 23);
  const [first, ...others] = right.headers.map((header) => assertPresent(header, 'three are shown'));
  const worked = { ...assertPresent(first, 'three are shown'), work: 1n };
  const wrongHeaders: HeaderProof[] = [
    { ...right, tip: headersBelow(22, [3]).tip },
    { ...right, headers: [...others, worked] },
    { ...right, headers: [worked, ...others] },
    { ...right, headers: others },
    { ...right, proof: [...right.proof, ZERO_HASH] },
    { ...right, proof: right.proof.slice(1) },
    { ...right, headers: headersBelow(24, [3, 4, 23]).headers },
    { ...headersBelow(22, [3, 4, 19]), tip: right.tip },
  ];
  const wrongEntries: EntryProof[] = [
    { ...entry, index: 6 },
    { ...entry, count: entry.count + 1 },
    { ...entry, shape: 'single' },
    { ...entry, id: ZERO_HASH },
    { ...entry, path: entry.path.slice(1) },
    { ...entry, block: headersBelow(23, []) },
    { ...entry, block: headersBelow(23, [21, 22]) },
    { ...entry, block: headersBelow(23, [21]) },
  ];
  const places = [[0], [22], [7], [0, 1, 2, 3, 4, 5, 6, 7], [3, 4, 19], []];
  const entries = [entryAt(1, 0, 23), entry, entryAt(7, 3, 23), entryAt(23, 22, 23), entryAt(16, 15, 17)];
  return {
    header_proofs: {
      valid: [...places.map((heights) => headersBelow(23, heights)), headersBelow(16, [15]), headersBelow(1, [0])].map(
        (proof) => ({ tip: tipOf(proof), proof: headerProofToJson(proof) }),
      ),
      refused: wrongHeaders.map((proof) => ({
        tip: tipOf(right),
        proof: headerProofToJson(proof),
        code: codeOf(verifyHeaderProof(proof, pointAt(23).header)),
      })),
    },
    entry_proofs: {
      valid: entries.map((proof) => ({ tip: tipOf(proof.block), proof: entryProofToJson(proof) })),
      refused: wrongEntries.map((proof) => ({
        tip: tipOf(entry.block),
        proof: entryProofToJson(proof),
        code: codeOf(verifyEntryProof(proof, pointAt(23).header)),
      })),
    },
  };
}

/** The 118 bytes of the header that a proof is held against, in hex. */
function tipOf({ tip }: HeaderProof): string {
  const point = assertPresent(
    POINTS.find(({ hash }) => hash === tip),
    'the tip is of the chain',
  );
  return bytesToHex(encodeHeader(point.header));
}

function headersBelow(tipHeight: number, heights: readonly number[]): HeaderProof {
  return proveHeaders({
    tip: pointAt(tipHeight).hash,
    tipHeight,
    heights,
    headerAt: (height) => ({ bytes: encodeHeader(pointAt(height).header), work: pointAt(height).work }),
    readNode: (position) => assertPresent(NODES[position], 'the history has the node'),
  });
}

function entryAt(height: number, index: number, tipHeight: number): EntryProof {
  const { body } = assertPresent(CHAIN.blocks[height - 1], 'the chain is that long');
  return proveEntry({ body, index, block: headersBelow(tipHeight, height === tipHeight ? [] : [height]) });
}

function pointAt(height: number) {
  return assertPresent(POINTS[height], 'the chain is that long');
}

function codeOf(result: Result<unknown, { readonly code: string }>): string | undefined {
  return result.ok ? undefined : result.fault.code;
}

/** As many entries as the block is high. */
function makeBody(height: number): Body {
  return bodyFromEntries(Array.from({ length: height }, (_, i) => encodeUtf8(`"${height} ${i}"`)));
}

const PARAMS = createParams({ name: 'vectors-inclusion', targetLimit: 0x207fffff });
const GENESIS = genesisPoint(PARAMS);
const CHAIN = buildChain(PARAMS, GENESIS, 24, makeBody);
const POINTS = [GENESIS, ...CHAIN.points];
const NODES = POINTS.flatMap(({ header, work }, height) => {
  const before = POINTS[height - 1]?.history ?? EMPTY_FRONTIER;
  return appendLeaf(before, historyLeaf(encodeHeader(header), work)).completed;
});
