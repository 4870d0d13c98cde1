import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NonceRange, SearchKernel } from './kernel.ts';
import { NONCE_COUNT, type NonceRing } from './nonce-ring.ts';
import { SearchControl } from './search-control.ts';
import { runSearch, SliceSize } from './search-loop.ts';

test('a worker alone tries every nonce once, in order, and says so', () => {
  const kernel = new RecordingKernel(() => undefined);
  const control = new RecordingControl(kernel, { firstNonce: 1000, nonceCount: 1_000_003 });
  assert.deepEqual(search(kernel, control), { type: 'exhausted' });
  let tried = 0;
  for (const range of kernel.ranges) {
    assert.equal(range.firstNonce, (1000 + tried) % 1_000_003);
    tried += range.count;
  }
  assert.equal(tried, 1_000_003);
  assert.equal(control.tried, 1_000_003);
  assert.equal(control.end(), false);
});

test('a worker tries what others have not taken, and leaves it to the last of them to say that nothing fits', () => {
  const kernel = new RecordingKernel(() => undefined);
  const control = new RecordingControl(kernel, { firstNonce: 0, nonceCount: 1000 });
  const elsewhere = control.take(300);
  assert.ok(elsewhere !== undefined);
  assert.equal(search(kernel, control), undefined);
  assert.deepEqual(kernel.runs(), [
    [300, 256],
    [556, 444],
  ]);
  control.addTried(elsewhere.count);
  assert.equal(control.isExhausted, true);
});

test('slices grow until one takes about 2 ms', () => {
  const kernel = new RecordingKernel(() => undefined);
  search(kernel, new RecordingControl(kernel, { firstNonce: 0, nonceCount: 1_000_000 }));
  const counts = kernel.ranges.map((range) => range.count);
  assert.deepEqual(counts.slice(0, 6), [256, 512, 1024, 2048, 2048, 2048]);
});

test('a search begins with slices as large as the one before it ended with', () => {
  const slice = new SliceSize();
  const kernel = new RecordingKernel(() => undefined);
  search(kernel, new RecordingControl(kernel, { firstNonce: 0, nonceCount: 10_000 }), 1, slice);
  kernel.ranges.length = 0;
  search(kernel, new RecordingControl(kernel, { firstNonce: 0, nonceCount: 10_000 }), 1, slice);
  assert.equal(kernel.ranges[0]?.count, 2048);
});

for (const [hashesPerMs, sliceCostMs] of [
  [80_000, 0.03],
  [25_000, 0.03],
  [12_000, 0.03],
  [3000, 0],
  [500, 0],
] as const) {
  test(`at ${hashesPerMs / 1000} MH/s no slice takes over 4 ms, and less than 2 % of a second goes by between them`, () => {
    const kernel = new RecordingKernel(() => undefined, { hashesPerMs, sliceCostMs });
    const control = new RecordingControl(kernel, { firstNonce: 0, nonceCount: NONCE_COUNT });
    kernel.answer = () => {
      if (kernel.nowMs >= 1000) control.end();
      return undefined;
    };
    search(kernel, control);
    for (const { count } of kernel.ranges) assert.ok(sliceCostMs + count / hashesPerMs < 4, `${count} nonces`);
    assert.ok(control.tried > 0.98 * hashesPerMs * kernel.nowMs, `${control.tried} in ${kernel.nowMs} ms`);
  });
}

test('after a slice that took far too long, as when the machine is busy, the next is a little smaller', () => {
  const kernel = new RecordingKernel((range) => {
    if (range.count === 2048) kernel.nowMs += 100;
    return undefined;
  });
  search(kernel, new RecordingControl(kernel, { firstNonce: 0, nonceCount: 100_000 }));
  assert.deepEqual(
    kernel.ranges.slice(0, 6).map((range) => range.count),
    [256, 512, 1024, 2048, 1792, 2048],
  );
});

test('where a kernel becomes ten times slower, a slice takes about 2 ms again within a fifth of a second', () => {
  const kernel = new RecordingKernel(() => undefined, { hashesPerMs: 10_000, sliceCostMs: 0 });
  const control = new RecordingControl(kernel, { firstNonce: 0, nonceCount: NONCE_COUNT });
  kernel.answer = () => {
    if (kernel.nowMs >= 100) kernel.speed = { hashesPerMs: 1000, sliceCostMs: 0 };
    if (kernel.nowMs >= 300) control.end();
    return undefined;
  };
  search(kernel, control);
  const last = kernel.ranges.at(-1);
  assert.ok(last !== undefined && last.count < 2500, `${last?.count}`);
});

test('a run that is cut short at the last nonce there is does not change the size of the next', () => {
  const kernel = new RecordingKernel(() => undefined);
  const firstNonce = NONCE_COUNT - 256 - 512 - 1024 - 2048 - 5;
  const control = new RecordingControl(kernel, { firstNonce, nonceCount: NONCE_COUNT });
  kernel.answer = () => {
    if (kernel.ranges.length === 7) control.end();
    return undefined;
  };
  search(kernel, control);
  assert.deepEqual(kernel.runs().slice(4), [
    [NONCE_COUNT - 5, 5],
    [0, 2048],
    [2048, 2048],
  ]);
});

test('a search that was ended is left after the slice at hand, with no answer', () => {
  const kernel = new RecordingKernel(() => undefined);
  const control = new RecordingControl(kernel, { firstNonce: 0, nonceCount: NONCE_COUNT });
  kernel.answer = () => {
    if (kernel.ranges.length === 3) control.end();
    return undefined;
  };
  assert.equal(search(kernel, control), undefined);
  assert.equal(kernel.ranges.length, 3);
  assert.equal(control.tried, 256 + 512 + 1024);
});

test('a search that was ended before it began tries nothing', () => {
  const kernel = new RecordingKernel(() => 0);
  const control = new RecordingControl(kernel, { firstNonce: 0, nonceCount: 10 });
  control.end();
  assert.equal(search(kernel, control), undefined);
  assert.equal(kernel.ranges.length, 0);
});

test('a hit ends the search for every worker, and counts the nonces up to it', () => {
  const kernel = new RecordingKernel((range) => range.firstNonce + 5);
  const control = new RecordingControl(kernel, { firstNonce: 300, nonceCount: 1000 });
  assert.deepEqual(search(kernel, control), { type: 'found', nonce: 305 });
  assert.equal(control.take(1), undefined);
  assert.equal(control.tried, 6);
});

test('a hit is not reported when another worker had one first', () => {
  const kernel = new RecordingKernel((range) => range.firstNonce);
  const control = new RecordingControl(kernel, { firstNonce: 0, nonceCount: 1000 });
  kernel.answer = (range) => {
    control.end();
    return range.firstNonce;
  };
  assert.equal(search(kernel, control), undefined);
});

test('a hit in the last nonce of all is a hit, even if another worker looks up the moment it is counted', () => {
  const kernel = new RecordingKernel(() => 99);
  const control = new RecordingControl(kernel, { firstNonce: 0, nonceCount: 100 });
  control.onTried = () => {
    assert.equal(control.isExhausted, true);
    assert.equal(control.end(), false);
  };
  assert.deepEqual(search(kernel, control), { type: 'found', nonce: 99 });
});

test('a worker that is to search a tenth of its time rests nine times as long as each slice took', () => {
  const kernel = new RecordingKernel(() => undefined);
  const control = new RecordingControl(kernel, { firstNonce: 0, nonceCount: 2_000_000 });
  search(kernel, control, 0.1);
  const busyMs = 2000;
  assert.ok(Math.abs(kernel.nowMs - 10 * busyMs) < 100, `${kernel.nowMs}`);
  assert.ok(
    control.restsMs.every((restMs, i) => Math.abs(restMs - (9 * (kernel.ranges[i]?.count ?? 0)) / 1000) < 1e-6),
    'each rest is that of its slice',
  );
});

test('a worker that is to search all the time does not rest', () => {
  const kernel = new RecordingKernel(() => undefined);
  const control = new RecordingControl(kernel, { firstNonce: 0, nonceCount: 100_000 });
  search(kernel, control);
  assert.deepEqual(control.restsMs, []);
});

/** Answers as it is told, remembers what it was asked, and takes its time by a clock of its own. */
class RecordingKernel implements SearchKernel {
  readonly name = 'recording';
  readonly ranges: NonceRange[] = [];
  speed: { readonly hashesPerMs: number; readonly sliceCostMs: number };
  answer: (range: NonceRange) => number | undefined;
  nowMs = 0;

  constructor(
    answer: (range: NonceRange) => number | undefined,
    speed: { readonly hashesPerMs: number; readonly sliceCostMs: number } = { hashesPerMs: 1000, sliceCostMs: 0 },
  ) {
    this.answer = answer;
    this.speed = speed;
  }

  search(range: NonceRange): number | undefined {
    this.ranges.push(range);
    this.nowMs += this.speed.sliceCostMs + range.count / this.speed.hashesPerMs;
    return this.answer(range);
  }

  runs(): [firstNonce: number, count: number][] {
    return this.ranges.map(({ firstNonce, count }) => [firstNonce, count]);
  }
}

/** Rests by the kernel's clock, and lets somebody look up whenever nonces were counted. */
class RecordingControl extends SearchControl {
  readonly restsMs: number[] = [];
  onTried = () => {};
  readonly #kernel: RecordingKernel;

  constructor(kernel: RecordingKernel, ring: NonceRing) {
    super(ring);
    this.#kernel = kernel;
  }

  override addTried(count: number): void {
    super.addTried(count);
    this.onTried();
  }

  override rest(restMs: number): void {
    this.restsMs.push(restMs);
    this.#kernel.nowMs += restMs;
  }
}

function search(kernel: RecordingKernel, control: SearchControl, dutyCycle = 1, slice = new SliceSize()) {
  const bytes = { headerBytes: new Uint8Array(118), targetBytes: new Uint8Array(32) };
  return runSearch({ kernel, ...bytes, control, dutyCycle, slice, nowMs: () => kernel.nowMs });
}
