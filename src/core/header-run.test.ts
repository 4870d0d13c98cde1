import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hashBytes } from './hash.ts';
import { encodeHeader, HEADER_BYTES, type Header, hashHeader, parseHeader } from './header.ts';
import { followHeaders, type JudgedHeaders, lastOfLinked, validateHeaders } from './header-run.ts';
import { frontierFromPeaks } from './history.ts';
import { createParams } from './params.ts';
import { type ChainPoint, createCandidateHeader, genesisPoint, hashedHeader, validateHeader } from './validation.ts';

/** Half of all hashes meet the easiest target, and the difficulty changes with every block. */
const PARAMS = createParams({ name: 'run', targetLimit: 0x207fffff, initialBits: 0x203fffff });
const GENESIS = genesisPoint(PARAMS);
const TIMES = [3, 14, 1, 25, 8, 6, 19, 2, 11, 11, 0, 400];

/** What `validateHeader` says, header by header. */
function judgeOneByOne(bytes: Uint8Array, parent: ChainPoint): JudgedHeaders {
  const points: ChainPoint[] = [];
  let tip = parent;
  for (let at = 0; at < bytes.length; at += HEADER_BYTES) {
    const headerBytes = bytes.slice(at, at + HEADER_BYTES);
    const header = parseHeader(headerBytes);
    if (!header.ok) return { points, fault: header.fault };
    const candidate = { header: header.value, bytes: headerBytes, hash: hashHeader(headerBytes) };
    const next = validateHeader(candidate, tip, PARAMS);
    if (!next.ok) return { points, fault: next.fault };
    tip = next.value;
    points.push(tip);
  }
  return { points, fault: undefined };
}

/** The headers of a chain on `parent`, with the places that they make. */
function mineHeaders(parent: ChainPoint, count: number): { bytes: Uint8Array; points: ChainPoint[] } {
  const bytes = new Uint8Array(HEADER_BYTES * count);
  const points: ChainPoint[] = [];
  for (let i = 0; i < count; i++) {
    const { bytes: headerBytes, point } = mineHeader(points.at(-1) ?? parent, TIMES[i % TIMES.length] ?? 0);
    bytes.set(headerBytes, HEADER_BYTES * i);
    points.push(point);
  }
  return { bytes, points };
}

function mineHeader(parent: ChainPoint, solveTime: number): { bytes: Uint8Array; point: ChainPoint } {
  const candidate = createCandidateHeader({
    parent,
    dataRoot: hashBytes(Buffer.from(String(parent.header.height))),
    clockSeconds: parent.header.timestamp + solveTime,
    params: PARAMS,
  });
  for (let nonce = 0; ; nonce++) {
    const hashed = hashedHeader({ ...candidate, nonce });
    const point = validateHeader(hashed, parent, PARAMS);
    if (point.ok) return { bytes: hashed.bytes, point: point.value };
  }
}

/** A place far up a chain that nobody has seen: the rules need no more of it than this. */
function placeAt(height: number): ChainPoint {
  const count = height + 1;
  const peaks = [...count.toString(2)].flatMap((bit, i) => (bit === '1' ? [hashBytes(Buffer.of(i))] : []));
  return {
    ...GENESIS,
    header: { ...GENESIS.header, height },
    work: 2n ** 130n + 5n,
    history: frontierFromPeaks(count, peaks),
    parentTimestamp: GENESIS.header.timestamp - 7,
  };
}

const CHAIN = mineHeaders(GENESIS, 300);

test('a run of headers makes the places that they make one by one', () => {
  const { points, fault } = validateHeaders(CHAIN.bytes, GENESIS, PARAMS);
  assert.equal(fault, undefined);
  assert.deepEqual(points, CHAIN.points);
});

test('of a run that is followed, the last place is the same', () => {
  for (const count of [1, 2, 255, 256, 300]) {
    const followed = followHeaders(CHAIN.bytes.subarray(0, HEADER_BYTES * count), GENESIS, PARAMS);
    assert.deepEqual(followed, { count, last: CHAIN.points[count - 1], fault: undefined });
  }
  const none = followHeaders(new Uint8Array(0), GENESIS, PARAMS);
  assert.deepEqual(none, { count: 0, last: GENESIS, fault: undefined });
});

test('it does not matter where a chain is cut into runs', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 8 }), (lengths) => {
      const points: ChainPoint[] = [];
      for (const length of lengths) {
        const run = CHAIN.bytes.subarray(HEADER_BYTES * points.length, HEADER_BYTES * (points.length + length));
        const judged = validateHeaders(run, points.at(-1) ?? GENESIS, PARAMS);
        assert.equal(judged.fault, undefined);
        points.push(...judged.points);
      }
      assert.deepEqual(points, CHAIN.points.slice(0, points.length));
    }),
    { seed: 20261122, numRuns: 30 },
  );
});

for (const height of [1_000_000, 2 ** 20 - 40, 2 ** 31 - 60, 2 ** 32 - 200]) {
  test(`at height ${height}, over the edge of a subtree, a run is what it is one by one`, () => {
    const parent = placeAt(height);
    const { bytes, points } = mineHeaders(parent, 100);
    assert.deepEqual(validateHeaders(bytes, parent, PARAMS), { points, fault: undefined });
    assert.deepEqual(followHeaders(bytes, parent, PARAMS).last, points.at(-1));
  });
}

test('work of any size is in the history, whatever its digits', () => {
  for (const before of [0n, 1n, 2n ** 64n - 1n, 2n ** 64n, 2n ** 128n, 2n ** 192n - 1n, 2n ** 192n, 2n ** 255n]) {
    const parent = { ...GENESIS, work: before };
    const { bytes, points } = mineHeaders(parent, 5);
    assert.deepEqual(validateHeaders(bytes, parent, PARAMS), { points, fault: undefined }, `${before}`);
  }
});

test('a run that is longer than what is judged at once is judged whole, and its bytes may stand anywhere', () => {
  const { bytes, points } = mineHeaders(GENESIS, 4200);
  const memory = new Uint8Array(bytes.length + 7);
  memory.set(bytes, 3);
  const judged = validateHeaders(memory.subarray(3, 3 + bytes.length), GENESIS, PARAMS);
  assert.equal(judged.fault, undefined);
  assert.equal(judged.points.length, 4200);
  assert.deepEqual(judged.points.at(-1), points.at(-1));
  memory[3 + HEADER_BYTES * 4100 + 50] = 0x5a;
  assert.deepEqual(
    validateHeaders(memory.subarray(3, 3 + bytes.length), GENESIS, PARAMS),
    judgeOneByOne(memory.slice(3, 3 + bytes.length), GENESIS),
  );
});

test('a change of any byte of any header has the fault that it has one by one', () => {
  const bytes = CHAIN.bytes.slice(0, HEADER_BYTES * 60);
  fc.assert(
    fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ change;
      const judged = validateHeaders(changed, GENESIS, PARAMS);
      assert.deepEqual(judged, judgeOneByOne(changed, GENESIS));
      const { count, last, fault } = followHeaders(changed, GENESIS, PARAMS);
      assert.deepEqual(
        { count, last, fault },
        { count: judged.points.length, last: judged.points.at(-1) ?? GENESIS, fault: judged.fault },
      );
    }),
    { seed: 20261122, numRuns: 400 },
  );
});

test('of headers that are linked the last hash is told, and of others none', () => {
  for (const count of [1, 2, 3, 100]) {
    const bytes = CHAIN.bytes.subarray(0, HEADER_BYTES * count);
    assert.equal(lastOfLinked(bytes), CHAIN.points[count - 1]?.hash);
  }
  assert.equal(lastOfLinked(new Uint8Array(0)), undefined);
  for (let place = 0; place < 10; place++) {
    const bytes = CHAIN.bytes.slice(0, HEADER_BYTES * 10);
    // The last byte of the nonce: every header is as it should be, but the next one names another.
    const at = HEADER_BYTES * (place + 1) - 1;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    const changed = hashHeader(bytes.subarray(HEADER_BYTES * 9));
    assert.equal(lastOfLinked(bytes), place === 9 ? changed : undefined, `header ${place}`);
  }
});

/** What breaks each rule and, but for V5, no other, though a nonce is found for it; the nonce is tried last. */
const FAULTS: Readonly<Record<string, (header: Header) => Partial<Header>>> = {
  'parent-unknown': () => ({ previousHash: hashBytes(Buffer.from('other')) }),
  'height-wrong': ({ height }) => ({ height: height + 1 }),
  'timestamp-before-parent': () => ({ timestamp: GENESIS.header.timestamp - 1 }),
  'bits-wrong': ({ bits }) => ({ bits: bits - 1 }),
  'work-too-low': () => ({}),
  'history-root-wrong': () => ({ historyRoot: hashBytes(Buffer.from('other')) }),
};
for (const [code, change] of Object.entries(FAULTS)) {
  test(`${code} is found in every place of a run, also where another header breaks the history root`, () => {
    for (let place = 0; place < 20; place++) {
      const bytes = CHAIN.bytes.slice(0, HEADER_BYTES * 20);
      bytes.set(faultyHeader(place, change, code), HEADER_BYTES * place);
      const expected = judgeOneByOne(bytes, GENESIS);
      assert.equal(expected.fault?.code, code);
      assert.equal(expected.points.length, place);
      assert.deepEqual(validateHeaders(bytes, GENESIS, PARAMS), expected);
      assert.deepEqual(followHeaders(bytes, GENESIS, PARAMS).fault, expected.fault);
    }
  });
}

test('a version or a nonce that is none, and a header that is cut off, have their own faults', () => {
  const bytes = CHAIN.bytes.slice(0, HEADER_BYTES * 9);
  for (const [at, byte] of [
    [HEADER_BYTES * 4, 0x4d],
    [HEADER_BYTES * 4 + 110, 0xff],
  ] as const) {
    const changed = bytes.slice();
    changed[at] = byte;
    assert.deepEqual(validateHeaders(changed, GENESIS, PARAMS), judgeOneByOne(changed, GENESIS));
  }
  const cut = bytes.slice(0, bytes.length - 1);
  const judged = validateHeaders(cut, GENESIS, PARAMS);
  assert.deepEqual(judged.fault, { code: 'header-size-invalid', sizeBytes: HEADER_BYTES - 1 });
  assert.deepEqual(judged, judgeOneByOne(cut, GENESIS));
});

/** The header at `place` of the chain with `change`, and a nonce with which it has the fault `code`. */
function faultyHeader(place: number, change: (header: Header) => Partial<Header>, code: string): Uint8Array {
  const parent = CHAIN.points[place - 1] ?? GENESIS;
  const header = CHAIN.points[place]?.header;
  assert.ok(header !== undefined);
  for (let nonce = 0; ; nonce++) {
    const bytes = encodeHeader({ ...header, ...change(header), nonce });
    if (judgeOneByOne(bytes, parent).fault?.code === code) return bytes;
  }
}
