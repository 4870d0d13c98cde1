import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOf, flipped, listedIn, proofOf, replaced, withWorks } from '../../test/support/proof-bytes.ts';
import { unevenTimes, WrittenChain } from '../../test/support/written-chain.ts';
import { assertPresent } from './assert.ts';
import { drawPositions } from './chain-draws.ts';
import { type ProvenChain, readChainClaim, verifyChainProof } from './chain-proof.ts';
import { HEADER_BYTES } from './header.ts';
import { validateHeaders } from './header-run.ts';
import { createParams } from './params.ts';
import { type ChainPoint, genesisPoint } from './validation.ts';

/** One hash in 16 meets the target, and the difficulty changes with every header. */
const PARAMS = createParams({ name: 'proofs', targetLimit: 0x200fffff });
const LONG = 2_700;
const HEIGHT = 2_300;
const TAIL_PARENT = HEIGHT - 512;
const chain = new WrittenChain(PARAMS).growTo(LONG, unevenTimes);
const points = judgedPoints(chain);

test('the claim is that of the tip, whatever the rest says', () => {
  const bytes = proofAt(20);
  const expected = { ok: true, value: { tip: pointAt(20).hash, height: 20, work: chain.work(20) } };
  assert.deepEqual(readChainClaim(bytes), expected);
  assert.deepEqual(readChainClaim(bytes.subarray(0, 69)), expected);
});

test('a chain of one block is proved by its claim', () => {
  const bytes = proofAt(0);
  assert.equal(bytes.length, 69);
  const proven = verified(bytes);
  assert.deepEqual(proven.tip, genesisPoint(PARAMS));
  assert.deepEqual(proven.tail, [proven.tip]);
});

for (const height of [1, 2, 3, 100, 2_047, 2_048]) {
  test(`up to height ${height} all headers are there, 44 bytes each`, () => {
    const bytes = proofAt(height);
    assert.equal(bytes.length, 69 + 44 * height);
    const { tip, tail, report } = verified(bytes);
    assert.deepEqual(tip, pointAt(height));
    assert.deepEqual(tail, points.slice(0, height + 1));
    assert.deepEqual(report, {
      height,
      work: tip.work,
      proofBytes: bytes.length,
      headersOpened: height,
      subtrees: 0,
      draws: 0,
      drawnHeights: [],
      tailHeaders: height,
      tailWork: tip.work - 16n,
    });
  });
}

for (const height of [2_049, 2_050, 2_300, LONG]) {
  test(`at height ${height} the tip is proved by the headers that it draws, and the last 512`, () => {
    const bytes = proofAt(height);
    assert.ok(bytes.length < 44 * height * 0.6, String(bytes.length));
    const { tip, tail, report } = verified(bytes);
    assert.deepEqual(tip, pointAt(height));
    assert.deepEqual(tail, points.slice(height - 512, height + 1));
    const { drawnHeights, ...rest } = report;
    assert.deepEqual(drawnHeights.at(0), 0);
    assert.deepEqual(drawnHeights.at(-1), height - 512);
    assert.deepEqual(
      drawnHeights,
      [...new Set(drawnHeights)].toSorted((a, b) => a - b),
    );
    assert.ok(rest.headersOpened > 512 + drawnHeights.length && rest.headersOpened < 512 + 3 * drawnHeights.length);
    assert.ok(rest.subtrees > 100 && rest.draws > 60);
    assert.deepEqual(
      [rest.height, rest.work, rest.proofBytes, rest.tailHeaders, rest.tailWork],
      [height, tip.work, bytes.length, 512, tip.work - chain.work(height - 512)],
    );
  });
}

for (const drawn of [1, 2, 3, 4, 5]) {
  test(`the first run goes on from the genesis where height ${drawn} is the first that is drawn`, () => {
    const base = chain.forkAt(2_060);
    const end = base.tipHeight + 1 - 512;
    for (let i = 0; ; i++) {
      const source = base.withTip({ label: `tip ${i}` });
      const work = source.work(source.tipHeight);
      const positions = drawPositions({ tip: source.tip, work, sampledWork: source.work(end) });
      const first = positions?.find((position) => position >= source.work(0));
      if (first === undefined || first < source.work(drawn - 1) || first >= source.work(drawn)) continue;
      const bytes = proofOf(source);
      assert.equal(listedIn(bytes)[0], drawn);
      assert.equal(verified(bytes).tip.hash, source.tip);
      return;
    }
  });
}

test('who has proved a tip goes on from it as if all headers had been seen', () => {
  const { tip } = verified(proofAt(2_100));
  const next = headersOf(chain, 2_101, 2_200);
  assert.deepEqual(validateHeaders(next, tip, PARAMS), { points: points.slice(2_101, 2_201), fault: undefined });
});

test('a chain whose difficulty changes a thousandfold is proved', () => {
  const params = createParams({ name: 'changing', targetLimit: 0x207fffff, initialBits: 0x200fffff });
  const seconds = (height: number) => (height % 1_500 < 500 ? 2 : height % 1_500 < 700 ? 60 : 9);
  const changing = new WrittenChain(params).growTo(3_600, (height) => ({ solveTime: seconds(height) }));
  const bytes = proofOf(changing);
  const proven = verifyChainProof(bytes, params);
  assert.ok(
    proven.ok,
    JSON.stringify(proven, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
  );
  assert.equal(proven.value.tip.hash, changing.tip);
});

/** What is done to a proof, and what is found wrong with it then. */
interface Change {
  readonly change: (bytes: Uint8Array) => Uint8Array;
  readonly code: string;
}

/** Each takes a proof, and changes bytes of it. */
const CHANGES: Readonly<Record<string, Change>> = {
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
    change: (bytes) => withWorks(bytes, chain.work(HEIGHT) + 1n, chain.work(TAIL_PARENT)),
    code: 'chain-proof-height-undrawn',
  },
  'the most work': {
    change: (bytes) => replaced(bytes, 37, 'ff'.repeat(32)),
    code: 'chain-proof-height-undrawn',
  },
  'less work': {
    change: (bytes) => withWorks(bytes, chain.work(TAIL_PARENT) + 1n, chain.work(TAIL_PARENT)),
    code: 'chain-proof-draw-missed',
  },
  'a unit of work less before the tail, and so more in it': {
    change: (bytes) => withWorks(bytes, chain.work(HEIGHT), chain.work(TAIL_PARENT) - 1n),
    code: 'chain-proof-work-wrong',
  },
  'no work before the tail': {
    change: (bytes) => withWorks(bytes, chain.work(HEIGHT), 0n),
    code: 'chain-proof-work-wrong',
  },
  'no work in the tail': {
    change: (bytes) => withWorks(bytes, chain.work(HEIGHT), chain.work(HEIGHT)),
    code: 'chain-proof-work-wrong',
  },
  'less than no work in the tail': {
    change: (bytes) => withWorks(bytes, chain.work(HEIGHT), chain.work(HEIGHT) + 1n),
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
    change: (bytes) => replaced(bytes, 103 + 4 * (listedIn(bytes).length - 1), '000006fc'),
    code: 'chain-proof-heights-unordered',
  },
};

for (const [lie, { change, code }] of Object.entries(CHANGES)) {
  test(`refused: ${lie}`, () => assert.equal(codeOf(change(proofAt(HEIGHT)), PARAMS), code));
}

test('refused: a short proof of another tip, of more work or of less', () => {
  const short = proofAt(12);
  assert.equal(codeOf(replaced(short, 1, '00'.repeat(32)), PARAMS), 'chain-proof-tip-wrong');
  for (const work of ['00'.repeat(32), `${'00'.repeat(31)}01`, 'ff'.repeat(32)]) {
    assert.equal(codeOf(replaced(short, 37, work), PARAMS), 'chain-proof-work-wrong');
  }
});

test('what is found wrong is told with its facts', () => {
  const bytes = proofAt(HEIGHT);
  const faultOf = (changed: Uint8Array) => {
    const proven = verifyChainProof(changed, PARAMS);
    return proven.ok ? undefined : proven.fault;
  };
  const code = 'chain-proof-size-wrong';
  assert.deepEqual(faultOf(bytes.subarray(0, 60)), { code, sizeBytes: 60, expectedBytes: 69 });
  assert.deepEqual(faultOf(bytes.subarray(0, 90)), { code, sizeBytes: 90, expectedBytes: 103 });
  const listBytes = 103 + 4 * listedIn(bytes).length;
  const shorter = { code, sizeBytes: listBytes - 1, expectedBytes: listBytes };
  assert.deepEqual(faultOf(bytes.subarray(0, listBytes - 1)), shorter);
  assert.deepEqual(faultOf(bytes.subarray(0, 103)), { code, sizeBytes: 103, expectedBytes: listBytes });
  const listAlone = { code, sizeBytes: listBytes, expectedBytes: bytes.length };
  assert.deepEqual(faultOf(bytes.subarray(0, listBytes)), listAlone);
  const longer = { code, sizeBytes: bytes.length + 1, expectedBytes: bytes.length };
  assert.deepEqual(faultOf(Uint8Array.of(...bytes, 0)), longer);
  const work = chain.work(TAIL_PARENT) - 1n;
  assert.deepEqual(faultOf(withWorks(bytes, chain.work(HEIGHT), work)), {
    code: 'chain-proof-work-wrong',
    height: TAIL_PARENT,
    work,
  });
  assert.deepEqual(faultOf(withWorks(bytes, 2n ** 200n, 2n ** 200n - 7n)), {
    code: 'chain-proof-tail-too-light',
    tailWork: 7n,
    work: 2n ** 200n,
  });
  assert.deepEqual(faultOf(replaced(bytes, bytes.length - 12, '00000000')), {
    code: 'chain-proof-header-invalid',
    height: HEIGHT,
    fault: {
      code: 'timestamp-before-parent',
      parentTimestamp: pointAt(HEIGHT - 1).header.timestamp,
      timestamp: 0,
    },
  });
});

test('whatever byte of a short proof is changed, it is refused', () => {
  const short = proofAt(12);
  for (let at = 0; at < short.length; at++) {
    for (const bit of [1, 16, 128]) assert.notEqual(codeOf(flipped(short, at, bit), PARAMS), 'accepted', `byte ${at}`);
  }
});

test('whatever byte of a long proof is changed, it is refused', () => {
  const proof = proofAt(HEIGHT);
  // A prime number apart, so that every kind of byte is among them.
  for (let at = 0; at < proof.length; at += 211) {
    assert.notEqual(codeOf(flipped(proof, at, 1 << (at % 8)), PARAMS), 'accepted', `byte ${at}`);
  }
});

function proofAt(height: number): Uint8Array {
  return proofOf(chain.upTo(height));
}

function verified(bytes: Uint8Array): ProvenChain {
  const proven = verifyChainProof(bytes, PARAMS);
  assert.ok(proven.ok);
  return proven.value;
}

function pointAt(height: number): ChainPoint {
  return assertPresent(points[height], 'the chain is that long');
}

function judgedPoints(of: WrittenChain): readonly ChainPoint[] {
  const judged = validateHeaders(headersOf(of, 1, of.tipHeight), genesisPoint(of.params), of.params);
  assert.equal(judged.fault, undefined);
  return [genesisPoint(of.params), ...judged.points];
}

function headersOf(of: WrittenChain, first: number, last: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES * (last - first + 1));
  for (let height = first; height <= last; height++) bytes.set(of.header(height), HEADER_BYTES * (height - first));
  return bytes;
}
