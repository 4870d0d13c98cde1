/** Real proofs of chains that are not what they claim to be, a kind of lie each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOf, firstRunAt, listedIn, proofOf, replaced } from '../../test/support/proof-bytes.ts';
import { type HeaderWish, hillOf, WrittenChain } from '../../test/support/written-chain.ts';
import { assertPresent } from './assert.ts';
import { drawPositions } from './chain-draws.ts';
import { type ChainProofFault, verifyChainProof } from './chain-proof.ts';
import { ProofReader, ProofWriter } from './chain-proof-bytes.ts';
import { openedRuns } from './chain-proof-layout.ts';
import { ProofWalk } from './chain-proof-walk.ts';
import { type ChainSource, proveChain } from './chain-prover.ts';
import { isEasingPossible } from './chain-reach.ts';
import { NONCE_MAX } from './header.ts';
import { subtreePosition, subtreesBetween } from './history-proof.ts';
import { createParams } from './params.ts';
import { retarget } from './retarget.ts';
import { bitsToTarget } from './target.ts';

/** One hash in 16 meets the target at first, and there is room for easier ones. */
const PARAMS = createParams({ name: 'lies', targetLimit: 0x207fffff, initialBits: 0x200fffff });
const HEIGHT = 2_300;
const honest = new WrittenChain(PARAMS).growTo(HEIGHT);
const proof = proofOf(honest);

test('what the lies are told about is true without them, and all that is opened is counted', () => {
  const proven = verifyChainProof(proof, PARAMS);
  assert.ok(proven.ok);
  const { headersOpened, subtrees, drawnHeights } = proven.value.report;
  const runs = openedRuns(drawnHeights);
  const opened = runs.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  // Without the genesis, and with the tail.
  assert.equal(headersOpened, opened - 1 + 512);
  const gaps = runs.slice(1).map(({ first }, i) => subtreesBetween(Number(runs[i]?.last) + 1, first).length);
  assert.equal(
    subtrees,
    gaps.reduce((sum, count) => sum + count, 0),
  );
});

/** Each is a chain that goes on otherwise than the rules have it, and the one thing that is found wrong first. */
const CHAINS: Readonly<Record<string, { readonly chain: () => WrittenChain; readonly code: string }>> = {
  'headers without work': {
    chain: () => grown((height) => ({ isWorked: height < 700 || height > 1_700 })),
    code: 'chain-proof-header-invalid: work-too-low',
  },
  'a single header without work among the last': {
    chain: () => grown((height) => ({ isWorked: height !== HEIGHT - 100 })),
    code: 'chain-proof-header-invalid: work-too-low',
  },
  'a tip without work': {
    chain: () => grown((height) => ({ isWorked: height !== HEIGHT })),
    code: 'chain-proof-header-invalid: work-too-low',
  },
  'a header that claims the work of thousands': {
    chain: () => grown((height) => (height === 900 ? { work: 100_000n } : {})),
    code: 'chain-proof-height-undrawn',
  },
  'every header claiming twice its work': {
    chain: () => grown((height) => (height > 900 ? { work: 32n } : {})),
    code: 'chain-proof-height-undrawn',
  },
  'work that is claimed to go down again': {
    chain: () => grown((height) => ({ work: height % 2 === 0 ? 48n : -16n })),
    code: 'chain-proof-draw-missed',
  },
  'headers of another chain behind a history of little work': {
    chain: () => {
      const cheap = new WrittenChain(PARAMS).growTo(1_200, () => ({ label: 'cheap', isWorked: false }));
      for (let height = 1_201; height <= HEIGHT; height++) cheap.graft(honest, height);
      return cheap;
    },
    code: 'chain-proof-header-invalid: work-too-low',
  },
  'a whole chain of another network': {
    chain: () => new WrittenChain(createParams({ ...PARAMS, name: 'other' })).growTo(HEIGHT),
    code: 'chain-proof-header-invalid: work-too-low',
  },
  'difficulty that falls at once': {
    chain: () => grown((height) => (height === 900 ? { bits: 0x207fffff } : {})),
    code: 'chain-proof-bits-unreachable',
  },
  'difficulty that rises at once': {
    chain: () => grown((height) => (height === 900 ? { bits: 0x2001ffff } : {})),
    code: 'chain-proof-bits-unreachable',
  },
  'bits that no rule gives, in every header': {
    chain: () => grown((height) => ({ bits: height % 2 === 0 ? 0x200ffff0 : 0x200fffff })),
    code: 'chain-proof-header-invalid: work-too-low',
  },
  'times that go back': {
    chain: () => grown((height) => ({ solveTime: height % 2 === 0 ? 30 : -10 })),
    code: 'chain-proof-header-invalid: timestamp-before-parent',
  },
  'heights that skip one': {
    chain: () => grown((height) => (height > 900 ? { height: height + 1 } : {})),
    code: 'chain-proof-header-invalid: work-too-low',
  },
  'headers that name no header before them': {
    chain: () => grown((height) => (height > 900 ? { previousHash: honest.tip } : {})),
    code: 'chain-proof-header-invalid: work-too-low',
  },
  'headers with the history of another chain': {
    chain: () => grown((height) => (height > 900 ? { historyRoot: honest.tip } : {})),
    code: 'chain-proof-header-invalid: work-too-low',
  },
};

for (const [lie, { chain, code }] of Object.entries(CHAINS)) {
  test(`refused: ${lie}`, () => {
    const forged = proofOf(chain());
    assert.equal(codeOf(forged, PARAMS), code);
  });
}

test('refused: a hard block behind a gap that has not the work of the climb to it', () => {
  const params = createParams({ name: 'climb', targetLimit: 0x207fffff });
  // Four times as hard at once: the bits alone could come from 60 blocks in no time.
  const base = new WrittenChain(params).growTo(2_699, (height) => (height === 150 ? { bits: 0x201fffff } : {}));
  const codes = Array.from({ length: 30 }, (_, i) => {
    const forged = base.forkAt(2_699);
    forged.add({ label: `tip ${i}` });
    return codeOf(proofOf(forged), params);
  });
  assert.ok(codes.includes('chain-proof-work-wrong'), codes.join());
});

/** What is done to a proof, and what is found wrong with it then. */
interface Change {
  readonly change: (bytes: Uint8Array) => Uint8Array;
  readonly code: string;
}

/** Each takes a proof, and changes bytes of what it opens. */
const CHANGES: Readonly<Record<string, Change>> = {
  'a run that begins with no target': {
    change: (bytes) => replaced(bytes, firstRunAt(bytes) + 64, '00000000'),
    code: 'chain-proof-bits-unreachable',
  },
  'a run that begins beyond the limit': {
    change: (bytes) => replaced(bytes, firstRunAt(bytes) + 64, '20800000'),
    code: 'chain-proof-bits-unreachable',
  },
  'a run that begins easier than the limit': {
    change: (bytes) => replaced(bytes, firstRunAt(bytes) + 64, '2100ffff'),
    code: 'chain-proof-bits-unreachable',
  },
  'a run with more work before it than there is in the chain': {
    change: (bytes) => replaced(bytes, firstRunAt(bytes) + 32, 'ff'.repeat(32)),
    code: 'chain-proof-work-wrong',
  },
  'a run with no work before it': {
    change: (bytes) => replaced(bytes, firstRunAt(bytes) + 32, '00'.repeat(32)),
    code: 'chain-proof-work-wrong',
  },
  'a nonce that is too large': {
    change: (bytes) => replaced(bytes, bytes.length - 8, 'ffffffff'),
    code: 'chain-proof-header-invalid: header-nonce-too-large',
  },
  'a tip that is earlier than its parent': {
    change: (bytes) => replaced(bytes, bytes.length - 12, '00000000'),
    code: 'chain-proof-header-invalid: timestamp-before-parent',
  },
};

for (const [lie, { change, code }] of Object.entries(CHANGES)) {
  test(`refused: ${lie}`, () => assert.equal(codeOf(change(proof), PARAMS), code));
}

test('refused: the headers that another tip draws', () => {
  const other = honest.forkAt(HEIGHT - 1);
  other.add({ label: 'other' });
  let asked = 0;
  // The first time that it is asked, the tip is another: the rest of the proof is made for that one's draws.
  const source: ChainSource = {
    tipHeight: HEIGHT,
    header: (height) => (height === HEIGHT && asked++ === 0 ? other : honest).header(height),
    work: (height) => honest.work(height),
    node: honest.node,
  };
  const forged = assertPresent(proveChain(source), 'the tail is heavy enough');
  assert.ok(
    ['chain-proof-draw-missed', 'chain-proof-height-undrawn'].includes(codeOf(replaced(forged, 1, honest.tip), PARAMS)),
  );
  // And with the tip that the draws are those of, it is not the one that the headers lead to.
  assert.equal(codeOf(forged, PARAMS), 'chain-proof-tip-wrong');
});

test('refused: a drawn header that is opened for its neighbours, and is not said to be drawn', () => {
  const hill = hillOf(3_000);
  const bytes = proofOf(hill);
  const listed = listedIn(bytes);
  const at = listed.findIndex((height, i) => listed[i - 1] === height - 1 && listed[i + 1] === height + 1);
  assert.ok(at > 0);
  const without = Uint8Array.of(...bytes.subarray(0, 103 + 4 * at), ...bytes.subarray(107 + 4 * at));
  const count = (listed.length - 1).toString(16).padStart(4, '0');
  assert.equal(codeOf(bytes, hill.params), 'accepted');
  assert.equal(codeOf(replaced(without, 101, count), hill.params), 'chain-proof-draw-missed');
});

test('a position on the very edge of two headers is in the work of the second', () => {
  const base = hillOf(2_999);
  let edges = 0;
  for (let i = 0; i < 40; i++) {
    const source = base.withTip({ label: `edge ${i}` });
    const bytes = proofOf(source);
    assert.equal(codeOf(bytes, base.params), 'accepted');
    const positions = drawPositions({ tip: source.tip, work: source.work(3_000), sampledWork: base.work(2_488) });
    const drawn = new Set(positions);
    const listed = listedIn(bytes);
    edges += listed.filter((height, n) => listed[n + 1] === height + 1 && drawn.has(base.work(height))).length;
  }
  assert.ok(edges > 0);
});

test('refused: a second header that cannot follow the first of its run, harder or easier', () => {
  const at = firstRunAt(proof) + 68;
  for (const bits of ['200f0000', '2010ffff', '207fffff', '00000000', '20800000']) {
    const code = codeOf(replaced(proof, at, bits), PARAMS);
    assert.equal(code, 'chain-proof-bits-unreachable', bits);
  }
});

test('a run with a unit of work less than its gap must have is refused, and so is one with two', () => {
  // At the limit, every block has the least work that there is.
  const params = createParams({ name: 'least', targetLimit: 0x207fffff });
  const chain = new WrittenChain(params).growTo(40);
  assert.equal(walked(chain, {}), undefined);
  for (const less of [1n, 2n]) {
    const work = chain.work(30) - less;
    assert.deepEqual(walked(chain, { work }), { code: 'chain-proof-work-wrong', height: 30, work });
  }
});

test('the header behind a gap is at most as much easier than the first as the time since the gap began allows', () => {
  // The last header before the gap came late, and those in the gap in no time: what the whole way allows is more than that.
  const params = createParams({
    name: 'gap',
    targetLimit: 0x207fffff,
    initialBits: 0x203fffff,
    blockInterval: 1,
    halfLife: 300,
  });
  const pause = (height: number) => (height === 3 ? 29 : height < 3 ? 1 : 0);
  const chain = new WrittenChain(params).growTo(40, (height) => ({ solveTime: pause(height) }));
  const right = bitsAt(chain, 31);
  assert.equal(walked(chain, { nextBits: right }), undefined);
  const asBefore = bitsAt(chain, 30);
  assert.ok(asBefore > right);
  const refused = { code: 'chain-proof-bits-unreachable', height: 31, bits: asBefore };
  assert.deepEqual(walked(chain, { nextBits: asBefore }), refused);
});

test('bits that are no spelling of a target are refused, also where their number is between two that are', () => {
  const params = createParams({ name: 'spelling', targetLimit: 0x20080000, initialBits: 0x20008080 });
  const chain = new WrittenChain(params).growTo(40);
  assert.ok(retarget(bitsAt(chain, 30), 0, params) < 0x1f900000);
  const refused = { code: 'chain-proof-bits-unreachable', height: 31, bits: 0x1f900000 };
  assert.deepEqual(walked(chain, { nextBits: 0x1f900000 }), refused);
});

for (const [from, last] of [
  ['the genesis', 0],
  ['the header after it', 1],
  ['a later header', 3],
] as const) {
  test(`blocks are counted from ${from} when it is judged how easy they can have become`, () => {
    const params = createParams({ name: 'easing', targetLimit: 0x207fffff, initialBits: 0x200fffff });
    const chain = new WrittenChain(params).growTo(40);
    const base = Math.max(1, last);
    // The header before the base, and the one at 30, are 10 seconds for each block apart.
    const isPossible = (target: bigint) =>
      isEasingPossible({
        from: targetAt(chain, base),
        to: target,
        blocks: 31 - base,
        seconds: 10 * (31 - base),
        params,
      });
    let easiest = bitsAt(chain, 31);
    while (isPossible(assertPresent(bitsToTarget(easiest + 16), 'it is spelt right'))) easiest += 16;
    const eased = (bits: number) =>
      new WrittenChain(params).growTo(40, (height) =>
        height === 30 ? { bits: easiest } : height === 31 ? { bits } : {},
      );
    assert.equal(walked(eased(easiest), { last }), undefined);
    const refused = { code: 'chain-proof-bits-unreachable', height: 31, bits: easiest + 16 };
    assert.deepEqual(walked(eased(easiest + 16), { last }), refused);
  });
}

test('the largest nonce is one that a header can have', () => {
  const genesis = new WrittenChain(PARAMS);
  for (const [nonce, expected] of [
    [BigInt(NONCE_MAX), undefined],
    [BigInt(NONCE_MAX) + 1n, 'header-nonce-too-large'],
  ] as const) {
    let fault: ChainProofFault | undefined;
    // One hash in 16 meets the target.
    for (let i = 0; i < 1_000; i++) {
      const bytes = Buffer.alloc(44);
      bytes.writeUInt32BE(i, 0);
      bytes.writeUInt32BE(PARAMS.genesisTime, 32);
      bytes.writeBigUInt64BE(nonce, 36);
      fault = new ProofWalk(new ProofReader(bytes), genesis.work(0) * 3n, PARAMS).follow();
      if (fault?.code !== 'chain-proof-header-invalid' || fault.fault.code !== 'work-too-low') break;
    }
    assert.equal(fault?.code === 'chain-proof-header-invalid' ? fault.fault.code : fault?.code, expected);
  }
});

/** What is said of the gap of a proof, other than it is. */
interface GapLie {
  /** The last header before the gap: 3 unless told. */
  readonly last?: number;
  readonly work?: bigint;
  readonly nextBits?: number;
}

/** What is found wrong on the way over a chain's first headers, a gap, and its headers from 30 to 32. */
function walked(chain: WrittenChain, lie: GapLie): ChainProofFault | undefined {
  const { last = 3 } = lie;
  const gap = subtreesBetween(last + 1, 30);
  const writer = new ProofWriter(44 * last + 32 * gap.length + 72 + 44 * 3);
  for (let height = 1; height <= last; height++) writer.opened(chain.header(height));
  for (const range of gap) writer.hash(chain.node(subtreePosition(range)));
  const second = Buffer.from(chain.header(31));
  if (lie.nextBits !== undefined) second.writeUInt32BE(lie.nextBits, 106);
  writer.runStart(chain.header(30), second, lie.work ?? chain.work(30));
  for (const height of [30, 31, 32]) writer.opened(chain.header(height));
  const walk = new ProofWalk(new ProofReader(writer.finished()), 2n ** 100n, chain.params);
  const runs = [
    { first: 0, last },
    { first: 30, last: 32 },
  ];
  return walk.openDrawn(runs, [0, 32], [0n, chain.work(31)]);
}

function bitsAt(chain: WrittenChain, height: number): number {
  return Buffer.from(chain.header(height)).readUInt32BE(106);
}

function targetAt(chain: WrittenChain, height: number): bigint {
  return assertPresent(bitsToTarget(bitsAt(chain, height)), 'a written header has bits of a target');
}

function grown(wish: (height: number) => HeaderWish): WrittenChain {
  return new WrittenChain(PARAMS).growTo(HEIGHT, (height) => ({ label: 'forged', ...wish(height) }));
}
