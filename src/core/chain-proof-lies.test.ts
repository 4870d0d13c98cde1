/** Real proofs of chains that are not what they claim to be, a kind of lie each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HeaderWish, unevenTimes, WrittenChain } from '../../test/support/written-chain.ts';
import { assertPresent } from './assert.ts';
import { type ChainProofFault, verifyChainProof } from './chain-proof.ts';
import { openedRuns } from './chain-proof-layout.ts';
import { type ChainSource, proveChain } from './chain-prover.ts';
import { subtreesBetween } from './history-proof.ts';
import { createParams } from './params.ts';

/** One hash in 16 meets the target at first, and there is room for easier ones. */
const PARAMS = createParams({ name: 'lies', targetLimit: 0x207fffff, initialBits: 0x200fffff });
const HEIGHT = 2_300;
const TAIL_PARENT = HEIGHT - 512;
const honest = new WrittenChain(PARAMS).growTo(HEIGHT);
const proof = proofOf(honest);

test('what the lies are told about is true without them', () => {
  assert.ok(verifyChainProof(proof, PARAMS).ok);
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
    assert.equal(codeOf(forged), code);
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

/** Each takes a proof, and changes bytes of it. */
const CHANGES: Readonly<Record<string, { readonly change: (bytes: Uint8Array) => Uint8Array; readonly code: string }>> =
  {
    'nothing at all': { change: () => new Uint8Array(0), code: 'chain-proof-size-wrong' },
    'a claim that is cut': { change: (bytes) => bytes.subarray(0, 68), code: 'chain-proof-size-wrong' },
    'a claim and nothing more': { change: (bytes) => bytes.subarray(0, 69), code: 'chain-proof-size-wrong' },
    'a start that is cut': { change: (bytes) => bytes.subarray(0, 102), code: 'chain-proof-size-wrong' },
    'a start and nothing more': { change: (bytes) => bytes.subarray(0, 103), code: 'chain-proof-size-wrong' },
    'a byte less': { change: (bytes) => bytes.subarray(0, -1), code: 'chain-proof-size-wrong' },
    'a byte more': { change: (bytes) => Uint8Array.of(...bytes, 0), code: 'chain-proof-size-wrong' },
    'another format': { change: (bytes) => replaced(bytes, 0, '02'), code: 'chain-proof-format-unknown' },
    'another tip': { change: (bytes) => replaced(bytes, 1, '00'.repeat(32)), code: 'chain-proof-height-undrawn' },
    'another height': { change: (bytes) => replaced(bytes, 33, '000008fd'), code: 'chain-proof-size-wrong' },
    'more work': {
      change: (bytes) => withWorks(bytes, honest.work(HEIGHT) + 1n, honest.work(TAIL_PARENT)),
      code: 'chain-proof-work-wrong',
    },
    'the most work': {
      change: (bytes) => replaced(bytes, 37, 'ff'.repeat(32)),
      code: 'chain-proof-height-undrawn',
    },
    'less work': {
      change: (bytes) => withWorks(bytes, honest.work(TAIL_PARENT) + 1n, honest.work(TAIL_PARENT)),
      code: 'chain-proof-draw-missed',
    },
    'no work before the tail': {
      change: (bytes) => withWorks(bytes, honest.work(HEIGHT), 0n),
      code: 'chain-proof-work-wrong',
    },
    'no work in the tail': {
      change: (bytes) => withWorks(bytes, honest.work(HEIGHT), honest.work(HEIGHT)),
      code: 'chain-proof-work-wrong',
    },
    'less than no work in the tail': {
      change: (bytes) => withWorks(bytes, honest.work(HEIGHT), honest.work(HEIGHT) + 1n),
      code: 'chain-proof-work-wrong',
    },
    'hardly any work in the tail': {
      change: (bytes) => withWorks(bytes, 2n ** 200n, 2n ** 200n - 1n),
      code: 'chain-proof-tail-too-light',
    },
    'drawn heights that are not in order': {
      change: (bytes) => replaced(bytes, 103, '00000700'),
      code: 'chain-proof-heights-unordered',
    },
    'the genesis among the drawn heights': {
      change: (bytes) => replaced(bytes, 103, '00000000'),
      code: 'chain-proof-heights-unordered',
    },
    'the end of the sampled part among the drawn heights': {
      change: (bytes) => replaced(bytes, 103 + 4 * (listedIn(bytes).length - 1), hex32(TAIL_PARENT)),
      code: 'chain-proof-heights-unordered',
    },
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
  test(`refused: ${lie}`, () => assert.equal(codeOf(change(proof)), code));
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
    ['chain-proof-draw-missed', 'chain-proof-height-undrawn'].includes(codeOf(replaced(forged, 1, honest.tip))),
  );
  // And with the tip that the draws are those of, it is not the one that the headers lead to.
  assert.equal(codeOf(forged), 'chain-proof-tip-wrong');
});

test('refused: a second header that cannot follow the first of its run, harder or easier', () => {
  const at = firstRunAt(proof) + 68;
  for (const bits of ['200f0000', '2010ffff', '207fffff', '00000000', '20800000']) {
    const code = codeOf(replaced(proof, at, bits));
    assert.equal(code, 'chain-proof-bits-unreachable', bits);
  }
});

test('whatever byte of a short proof is changed, it is refused', () => {
  const short = proofOf(new WrittenChain(PARAMS).growTo(12, unevenTimes));
  for (let at = 0; at < short.length; at++) {
    for (const bit of [1, 16, 128]) assert.notEqual(codeOf(flipped(short, at, bit)), 'accepted', `byte ${at}`);
  }
});

test('whatever byte of a long proof is changed, it is refused', () => {
  // A prime number apart, so that every kind of byte is among them.
  for (let at = 0; at < proof.length; at += 211) {
    assert.notEqual(codeOf(flipped(proof, at, 1 << (at % 8))), 'accepted', `byte ${at}`);
  }
});

function grown(wish: (height: number) => HeaderWish): WrittenChain {
  return new WrittenChain(PARAMS).growTo(HEIGHT, (height) => ({ label: 'forged', ...wish(height) }));
}

function proofOf(chain: WrittenChain): Uint8Array {
  return assertPresent(proveChain(chain), 'the tail is heavy enough');
}

/** The code of what is found wrong, with that of the header where it is about one. */
function codeOf(bytes: Uint8Array, params = PARAMS): string {
  const proven = verifyChainProof(bytes, params);
  if (proven.ok) return 'accepted';
  const fault: ChainProofFault = proven.fault;
  return fault.code === 'chain-proof-header-invalid' ? `${fault.code}: ${fault.fault.code}` : fault.code;
}

function listedIn(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Array.from({ length: view.getUint16(101) }, (_, i) => view.getUint32(103 + 4 * i));
}

/** Where the first run begins that is not that of the genesis. */
function firstRunAt(bytes: Uint8Array): number {
  const listed = listedIn(bytes);
  const [first, second] = openedRuns([0, ...listed, TAIL_PARENT]);
  assert.ok(first !== undefined && second !== undefined);
  const gap = subtreesBetween(first.last + 1, second.first);
  return 103 + 4 * listed.length + 44 * first.last + 32 * gap.length;
}

function withWorks(bytes: Uint8Array, work: bigint, sampledWork: bigint): Uint8Array {
  return replaced(replaced(bytes, 37, hex256(work)), 69, hex256(sampledWork));
}

function replaced(bytes: Uint8Array, at: number, hex: string): Uint8Array {
  const other = bytes.slice();
  other.set(Buffer.from(hex, 'hex'), at);
  return other;
}

function flipped(bytes: Uint8Array, at: number, bits: number): Uint8Array {
  const other = bytes.slice();
  other[at] = Number(other[at]) ^ bits;
  return other;
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, '0');
}

function hex256(value: bigint): string {
  return value.toString(16).padStart(64, '0');
}
