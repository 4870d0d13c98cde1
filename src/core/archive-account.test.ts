/** What is said of an archive, word by word where a figure or a name stands among the words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { pointAt, REPORT, toldOf } from '../../test/support/check-steps.ts';
import type { ArchiveHead } from './archive.ts';
import { archiveSteps, describeArchiveFault } from './archive-account.ts';
import type { ArchiveFault, VerifiedArchive } from './archive-check.ts';
import { hashBytes, ZERO_HASH } from './hash.ts';

const LAST = pointAt(1_007, 50_000n);
const TIP = pointAt(1_012, 62_000n);
const HEAD: ArchiveHead = {
  params: TEST_PARAMS,
  from: 1_005,
  to: 1_007,
  start: { tip: ZERO_HASH, headers: [], proof: [] },
};
const VERIFIED: VerifiedArchive = {
  network: 'test',
  genesis: ZERO_HASH,
  from: 1_005,
  last: LAST,
  blocks: 3,
  entries: 2_500,
  tip: TIP,
  depth: 5,
  workOnTop: 12_000n,
  chain: REPORT,
};

const STEPS: Readonly<Record<string, readonly [verified: Partial<VerifiedArchive>, told: readonly RegExp[]]>> = {
  'of some blocks of a long chain': [
    {},
    [
      /^archive-start, The beginning: The two blocks before .*genesis=0{64} \(hash\), first block=1,005 \(number\)$/,
      /^archive-blocks, The blocks: Each of 3 blocks follows .*entries=2,500 \(number\), last block=1,007 \(number\), hash=[0-9a-f]{64} \(hash\), time=22\/11\/2026, 00:00:00 UTC \(text\)$/,
      /^archive-end, In the chain: The header of the last of them leads to .*last block of the chain=[0-9a-f]{64} \(hash\), height=1,012 \(number\)$/,
      /^chain-proof, The chain: Of the headers of the chain, the last ones .*headers read=700 \(number\), work=62,000 \(number\)$/,
      /^work-on-top, Work on top: To change anything in it, .* the work of 6 blocks again .*blocks=5 \(number\), hash tries=12,000 \(number\)$/,
    ],
  ],
  'of the last block of a chain that is shown whole': [
    { blocks: 1, depth: 0, chain: { ...REPORT, draws: 0 } },
    [
      /^archive-start, /,
      /: Each of 1 block follows /,
      /: The last of them is the last block of the chain itself\. /,
      /: Every header of the chain was read and follows every rule\. /,
      / the work of 1 block again /,
    ],
  ],
};

for (const [what, [changes, told]] of Object.entries(STEPS)) {
  test(`each step is told ${what}`, () => {
    const steps = toldOf(archiveSteps(HEAD, { ...VERIFIED, ...changes }));
    assert.equal(steps.length, told.length);
    for (const [i, text] of told.entries()) assert.match(steps[i] ?? '', text);
  });
}

for (const [from, how] of [
  [0, 'with'],
  [1, 'right after'],
] as const) {
  test(`an archive from height ${from} begins ${how} the genesis`, () => {
    const [step] = archiveSteps({ ...HEAD, from, start: undefined }, { ...VERIFIED, from });
    assert.equal(step?.text, `The archive begins ${how} the genesis, which the network fixes.`);
  });
}

const [HASH, TIP_HASH] = [hashBytes(Buffer.of(1)), hashBytes(Buffer.of(2))];
const NOT_JSON = { code: 'json-syntax', offset: 9 } as const;
const FAULTS: readonly (readonly [fault: ArchiveFault, said: RegExp])[] = [
  [{ code: 'archive-not-json', line: 'head', fault: NOT_JSON }, /^Its first line is none of an archive: .* offset 9/],
  [{ code: 'archive-not-json', line: 'foot', fault: NOT_JSON }, /^Its last line is none of an archive: .* offset 9/],
  [{ code: 'archive-member-invalid', member: 'a"b' }, /^Its member "a\\"b" is missing, /],
  [
    { code: 'archive-network-invalid', fault: { code: 'params-key-unknown', key: 'x' } },
    /^What it says of its network is none \(params-key-unknown\)\.$/,
  ],
  [
    { code: 'archive-block-invalid', height: 1_006, fault: { code: 'genesis-other' } },
    /^What should be block 1,006 is none, or was changed \(genesis-other\)\.$/,
  ],
  [{ code: 'archive-start-wrong', height: 1_005 }, /^What it says of the blocks before 1,005 is not about these\.$/],
  [
    { code: 'archive-end-other', tip: TIP_HASH, hash: HASH },
    new RegExp(`^Its last block, ${HASH}, is not on the chain that it proves, which ends in ${TIP_HASH}\\.$`),
  ],
  [
    { code: 'archive-length-wrong', expected: 1, blocks: 2_000 },
    /^It should have 1 block, and has 2,000: it was cut, /,
  ],
  [{ code: 'archive-length-wrong', expected: 3, blocks: 2 }, /^It should have 3 blocks, and has 2: it was cut, /],
  [{ code: 'header-proof-wrong' }, /^Its blocks are not on the chain /],
  [{ code: 'header-proof-tip-other', tip: TIP_HASH }, /^Its blocks are not on the chain /],
  [{ code: 'header-proof-disordered', height: 3 }, /^Its proofs do not hold \(header-proof-disordered\)\.$/],
];

for (const [fault, said] of FAULTS) {
  test(`a person is told of ${fault.code} in a sentence with its facts: ${said.source.slice(1, 20)}`, () => {
    const text = describeArchiveFault(fault);
    assert.match(text, said);
    assert.match(text, /\.$/);
  });
}
