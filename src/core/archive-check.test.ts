/** What an archive proves, and that nothing else passes for one (docs/spec/archive.md, rule by rule). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { archiveOf } from '../../test/support/archive-fixture.ts';
import { bodyOf, buildBlock, buildChain, reforge, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { sourceOf } from '../../test/support/receipt-fixture.ts';
import { parseArchiveHead } from './archive.ts';
import { archiveSteps, describeArchiveFault } from './archive-account.ts';
import { ArchiveCheck, type ArchiveFault, type VerifiedArchive } from './archive-check.ts';
import type { Block } from './block.ts';
import { encodeBlockJson } from './block-json.ts';
import { verifyChainProof } from './chain-proof.ts';
import { createGenesis } from './genesis.ts';
import { ZERO_HASH } from './hash.ts';
import { encodeHeader } from './header.ts';
import { proveHeaders } from './header-proof.ts';
import { appendLeaf, historyLeaf } from './history.ts';
import { createParams } from './params.ts';
import { headerProofToJson } from './proof-json.ts';
import type { Result } from './result.ts';
import { genesisPoint } from './validation.ts';

const makeBody = (height: number) => bodyOf(`{"height":${height}}`, `"ü${height}"`);
const CHAIN = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 12, makeBody);
const TIP = 12;

/** Judges `lines` with so many blocks at a time. */
function judge(lines: readonly string[], atOnce = 3): Result<VerifiedArchive, ArchiveFault> {
  const check = ArchiveCheck.begin(lines[0] ?? '');
  if (!check.ok) return check;
  const blocks = lines.slice(1, -1);
  for (let i = 0; i < blocks.length; i += atOnce) {
    const fault = check.value.takeBlocks(blocks.slice(i, i + atOnce));
    if (fault !== undefined) return { ok: false, fault };
  }
  return check.value.end(lines.at(-1) ?? '');
}

function faultOf(lines: readonly string[]): ArchiveFault {
  const judged = judge(lines);
  assert.ok(!judged.ok);
  assert.match(describeArchiveFault(judged.fault), /^[A-Z].*\.$/s);
  return judged.fault;
}

function codeOf(lines: readonly string[]): string {
  const fault = faultOf(lines);
  return fault.code === 'archive-block-invalid' ? `${fault.height}: ${fault.fault.code}` : fault.code;
}

/** `lines` with the JSON on one of them changed. */
function changed(lines: readonly string[], at: number, change: (value: Record<string, unknown>) => void): string[] {
  const value = JSON.parse(lines.at(at) ?? '');
  change(value);
  return lines.with(at, JSON.stringify(value));
}

test('X1 to X6: any blocks of a chain that follow each other are proven', () => {
  for (let from = 0; from <= TIP; from++) {
    for (let to = from; to <= TIP; to++) {
      const lines = archiveOf(TEST_PARAMS, CHAIN, from, to);
      for (const atOnce of [1, 100]) {
        const judged = judge(lines, atOnce);
        assert.ok(judged.ok, `${from} to ${to}: ${judged.ok ? '' : judged.fault.code}`);
        const { last, blocks, entries, depth, workOnTop, tip } = judged.value;
        assert.equal(last.header.height, to);
        assert.equal(blocks, to + 1 - from);
        assert.equal(entries, 2 * (blocks - (from === 0 ? 1 : 0)));
        assert.equal(depth, TIP - to);
        assert.equal(workOnTop, tip.work - last.work);
      }
    }
  }
});

test('a member that nobody knows is named in a few characters that no terminal obeys', () => {
  const strange = `\u001b[2J${'x'.repeat(59)}😀`;
  for (const at of [0, -1]) {
    const fault = faultOf(changed(LINES, at, (members) => Object.assign(members, { [strange]: 1 })));
    assert.deepEqual(fault, { code: 'archive-member-invalid', member: `\u001b[2J${'x'.repeat(59)}\ufffd` });
    assert.match(describeArchiveFault(fault), /^Its member "\\u001b\[2Jxxx/);
  }
});

test('it is told step by step what was checked', () => {
  const stepsOf = (from: number, to: number, change: Partial<VerifiedArchive> = {}) => {
    const lines = archiveOf(TEST_PARAMS, CHAIN, from, to);
    const head = parseArchiveHead(lines[0] ?? '');
    const judged = judge(lines);
    assert.ok(head.ok && judged.ok);
    const steps = archiveSteps(head.value, { ...judged.value, ...change });
    const codes = steps.map(({ code, outcome }) => `${code} ${outcome}`);
    assert.deepEqual(
      codes,
      ['archive-start', 'archive-blocks', 'archive-end', 'chain-proof', 'work-on-top'].map((code) => `${code} passed`),
    );
    return { texts: steps.map(({ text }) => text).join(' '), chain: judged.value.chain };
  };
  const whole = stepsOf(0, TIP);
  assert.match(whole.texts, /begins with the genesis.*13 blocks.*is the last block of the chain itself.*Every header/);
  assert.match(
    stepsOf(1, 1).texts,
    /begins right after the genesis.*1 block follows.*leads to the root.*12 blocks again/,
  );
  const sampled = stepsOf(5, 7, { chain: { ...whole.chain, draws: 9 } });
  assert.match(sampled.texts, /The two blocks before the first one.*as many as chance drew/);
});

const LINES = archiveOf(TEST_PARAMS, CHAIN, 5, 8);
const OTHER = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), TIP, (height) => bodyOf(`"other ${height}"`));
const OTHER_LINES = archiveOf(TEST_PARAMS, OTHER, 5, 8);
const otherParams = createParams({ name: 'other', targetLimit: 0x207fffff });

const LIES: readonly { readonly name: string; readonly lines: readonly string[]; readonly code: string }[] = [
  {
    name: 'an entry that was changed',
    lines: LINES.with(2, LINES[2]?.replace('"ü6"', '"Ü6"') ?? ''),
    code: '6: data-root-wrong',
  },
  {
    name: 'a header that was changed',
    lines: changed(LINES, 2, (block) => Object.assign(block, { nonce: 5 })),
    code: '6: block-hash-wrong',
  },
  { name: 'a block that is missing', lines: LINES.toSpliced(2, 1), code: '6: parent-unknown' },
  {
    name: 'blocks in another order',
    lines: LINES.with(2, LINES[3] ?? '').with(3, LINES[2] ?? ''),
    code: '6: parent-unknown',
  },
  { name: 'a block that stands twice', lines: LINES.toSpliced(2, 0, LINES[2] ?? ''), code: '7: parent-unknown' },
  { name: 'a last block too few', lines: LINES.toSpliced(-2, 1), code: 'archive-length-wrong' },
  {
    name: 'a block too many at the end',
    lines: LINES.toSpliced(-1, 0, LINES.at(-2) ?? ''),
    code: 'archive-length-wrong',
  },
  { name: 'the foot missing', lines: [...LINES.slice(0, -1), ''], code: 'archive-not-json' },
  { name: 'a line that is no block', lines: LINES.with(2, '{}'), code: '6: block-field-missing' },
  {
    name: 'the blocks of another chain',
    lines: [...OTHER_LINES.slice(0, -1), LINES.at(-1) ?? ''],
    code: 'archive-end-other',
  },
  {
    name: 'the start of another chain',
    lines: [OTHER_LINES[0] ?? '', ...LINES.slice(1)],
    code: 'header-proof-tip-other',
  },
  {
    name: 'another network',
    lines: changed(LINES, 0, (head) =>
      Object.assign(head, { network: JSON.parse(JSON.stringify(archiveHead(otherParams)['network'])) }),
    ),
    code: 'chain-proof',
  },
  {
    name: 'a genesis that was changed',
    lines: archiveOf(TEST_PARAMS, CHAIN, 0, 3).map((line, i) =>
      i === 1 ? line.replace('"data":{}', '"data":[]') : line,
    ),
    code: '0: genesis-other',
  },
  {
    name: 'the genesis of another network',
    lines: archiveOf(TEST_PARAMS, CHAIN, 0, 3).with(1, encodeText(createGenesis(otherParams))),
    code: '0: genesis-other',
  },
  {
    name: 'a last height that is not there',
    lines: changed(LINES, 0, (head) => Object.assign(head, { to: 9 })),
    code: 'archive-length-wrong',
  },
  {
    name: 'a first height that is another',
    lines: changed(LINES, 0, (head) => Object.assign(head, { from: 4, to: 7 })),
    code: 'archive-start-wrong',
  },
  {
    name: 'a start that shows one header only',
    lines: changed(LINES, 0, (head) => Object.assign(head, { start: oneHeaderStart() })),
    code: 'archive-start-wrong',
  },
  {
    name: 'an end that shows another block',
    lines: [...LINES.slice(0, -1), archiveOf(TEST_PARAMS, CHAIN, 5, 7).at(-1) ?? ''],
    code: 'archive-end-other',
  },
  {
    name: 'an end that shows nothing where the last block is not the tip',
    lines: [...LINES.slice(0, -1), archiveOf(TEST_PARAMS, CHAIN, 5, TIP).at(-1) ?? ''],
    code: 'archive-end-other',
  },
];

function encodeText(block: Block): string {
  return Buffer.from(encodeBlockJson(block)).toString();
}

function archiveHead(params: typeof TEST_PARAMS): Record<string, unknown> {
  const chain = buildChain(params, genesisPoint(params), 1, makeBody);
  return JSON.parse(archiveOf(params, chain, 0, 1)[0] ?? '');
}

/** As right as it can be, but of one header. */
function oneHeaderStart(): unknown {
  const chain = { blocks: CHAIN.blocks.slice(0, 5), points: CHAIN.points.slice(0, 5) };
  return JSON.parse(archiveOf(TEST_PARAMS, chain, 0, 4).at(-1) ?? '').end;
}

for (const { name, lines, code } of LIES) {
  test(`${name} is found: ${code}`, () => {
    const found = codeOf(lines);
    assert.ok(found.startsWith(code), found);
  });
}

for (const before of [[], [3], [4], [2, 4], [2, 3], [2, 3, 4], [0, 3, 4]]) {
  test(`X1: a start that shows the headers ${before.join(', ') || 'of nothing'} is not that of block 5`, () => {
    assert.equal(codeOf(archiveOf(TEST_PARAMS, CHAIN, 5, 8, before)), 'archive-start-wrong');
  });
}

test('X3: a start that shows the blocks before another block, which the head names, is not that of the first', () => {
  const lines = archiveOf(TEST_PARAMS, CHAIN, 5, 8, [2, 3]);
  assert.equal(codeOf(changed(lines, 0, (head) => Object.assign(head, { from: 4, to: 7 }))), 'archive-start-wrong');
});

test('X3: too many blocks are counted, as are too few', () => {
  const code = 'archive-length-wrong';
  assert.deepEqual(faultOf(LINES.toSpliced(-1, 0, LINES.at(-2) ?? '')), { code, expected: 4, blocks: 5 });
  assert.deepEqual(faultOf(LINES.toSpliced(-2, 1)), { code, expected: 4, blocks: 3 });
});

test('X3: an end that shows another block behind the last one is none', () => {
  const source = sourceOf([genesisPoint(TEST_PARAMS), ...CHAIN.points]);
  const end = proveHeaders({
    tip: CHAIN.points.at(-1)?.hash ?? ZERO_HASH,
    tipHeight: TIP,
    heights: [8, 9],
    headerAt: (height) => ({ bytes: source.header(height), work: source.work(height) }),
    readNode: source.node,
  });
  const lines = changed(LINES, -1, (foot) => Object.assign(foot, { end: headerProofToJson(end) }));
  assert.equal(codeOf(lines), 'archive-end-other');
});

test('X3: the last block has the work that the chain says, even where the proof of the chain has not looked at it', () => {
  const before = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 700, () => bodyOf('"mined"'));
  const [parent, last] = before.points.slice(-2);
  assert.ok(parent && last);
  const more = { ...last, work: last.work + 1n };
  const { frontier } = appendLeaf(parent.history, historyLeaf(encodeHeader(more.header), more.work));
  const after = buildChain(TEST_PARAMS, { ...last, history: frontier }, 1_500, () => bodyOf('"mined"'));
  const chain = {
    blocks: [...before.blocks, ...after.blocks],
    points: [...before.points.with(-1, more), ...after.points],
  };
  const lines = archiveOf(TEST_PARAMS, chain, 698, 700);
  const chainProof = Buffer.from(JSON.parse(lines.at(-1) ?? '').chain_proof, 'hex');
  assert.ok(verifyChainProof(chainProof, TEST_PARAMS).ok, 'the block is not among those that were drawn');
  assert.equal(codeOf(lines), 'archive-end-other');
  assert.ok(judge(archiveOf(TEST_PARAMS, chain, 697, 699)).ok);
});

test('X3: a block that breaks a rule is found, though everything else of it fits', () => {
  const parent = CHAIN.points[5];
  assert.ok(parent);
  const right = buildBlock(TEST_PARAMS, parent, makeBody(7)).block;
  const early = reforge(right, { timestamp: parent.header.timestamp - 1 });
  const easy = reforge(right, { bits: 0x207ffffe });
  const history = reforge(right, { historyRoot: right.header.dataRoot });
  for (const [block, code] of [
    [early, '7: timestamp-before-parent'],
    [easy, '7: bits-wrong'],
    [history, '7: history-root-wrong'],
  ] as const) {
    assert.equal(codeOf(LINES.with(3, encodeText(block))), code);
  }
});

test('hashes that lead elsewhere are found', () => {
  const bend = (proof: Record<string, unknown>) => Object.assign(proof, { proof: 'ab'.repeat(32) });
  const start = changed(LINES, 0, (head) => bend(head['start'] as Record<string, unknown>));
  assert.equal(codeOf(start), 'header-proof-wrong');
});

test('a proof of the chain that does not hold is told by its code', () => {
  const lines = changed(LINES, -1, (foot) => Object.assign(foot, { chain_proof: '00' }));
  assert.match(describeArchiveFault(faultOf(lines)), /^Its proofs do not hold \(chain-proof-/);
});

test('no blocks are nothing wrong, wherever they come', () => {
  const check = ArchiveCheck.begin(LINES[0] ?? '');
  assert.ok(check.ok);
  assert.equal(check.value.takeBlocks([]), undefined);
  assert.equal(check.value.blocksLeft, 4);
});

test('a bit that is flipped anywhere makes it prove nothing, or the same', () => {
  const text = archiveOf(TEST_PARAMS, CHAIN, 10, 11).join('\n');
  const right = Buffer.from(text);
  const meaning = (judged: Result<VerifiedArchive, ArchiveFault>) =>
    judged.ok ? [judged.value.last.hash, judged.value.tip.hash, judged.value.from, judged.value.genesis] : undefined;
  const proven = meaning(judge(text.split('\n')));
  assert.ok(proven);
  fc.assert(
    fc.property(fc.nat({ max: 8 * right.length - 1 }), (bit) => {
      const flipped = Buffer.from(right);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const judged = judge(flipped.toString().split('\n'));
      if (judged.ok) assert.deepEqual(meaning(judged), proven);
    }),
    { seed: 20261122, numRuns: 1_500 },
  );
});
