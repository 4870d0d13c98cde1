import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NonceRange, SearchKernel } from './kernel.ts';
import { SearchControl } from './search-control.ts';
import { runSearch } from './search-loop.ts';

test('a worker tries each of its nonces once, in order, and no other', () => {
  const kernel = new RecordingKernel(() => undefined);
  const control = new SearchControl();
  const reply = search(kernel, control, { firstNonce: 1000, count: 1_000_003 });
  assert.deepEqual(reply, { type: 'exhausted', search: 7 });
  let next = 1000;
  for (const range of kernel.ranges) {
    assert.equal(range.firstNonce, next);
    next += range.count;
  }
  assert.equal(next, 1000 + 1_000_003);
  assert.equal(control.hashes, 1_000_003);
});

test('slices grow until one takes about 2 ms', () => {
  const kernel = new RecordingKernel(() => undefined);
  search(kernel, new SearchControl(), { firstNonce: 0, count: 1_000_000 });
  const counts = kernel.ranges.map((range) => range.count);
  assert.deepEqual(counts.slice(0, 6), [256, 512, 1024, 2048, 2048, 2048]);
});

test('a search that was ended is left after the slice at hand, with no answer', () => {
  const control = new SearchControl();
  const kernel = new RecordingKernel(() => {
    if (kernel.ranges.length === 3) control.end();
    return undefined;
  });
  assert.equal(search(kernel, control, { firstNonce: 0, count: 2 ** 40 }), undefined);
  assert.equal(kernel.ranges.length, 3);
});

test('a search that was ended before it began tries nothing', () => {
  const control = new SearchControl();
  control.end();
  const kernel = new RecordingKernel(() => 0);
  assert.equal(search(kernel, control, { firstNonce: 0, count: 10 }), undefined);
  assert.equal(kernel.ranges.length, 0);
});

test('a hit ends the search for every worker, and counts the nonces up to it', () => {
  const control = new SearchControl();
  const kernel = new RecordingKernel((range) => range.firstNonce + 5);
  assert.deepEqual(search(kernel, control, { firstNonce: 300, count: 100 }), { type: 'found', search: 7, nonce: 305 });
  assert.equal(new SearchControl(control.memory).isOpen, false);
  assert.equal(control.hashes, 6);
});

test('a hit is not reported when another worker had one first', () => {
  const control = new SearchControl();
  const kernel = new RecordingKernel((range) => {
    control.end();
    return range.firstNonce;
  });
  assert.equal(search(kernel, control, { firstNonce: 0, count: 100 }), undefined);
});

test('a worker without nonces is done at once', () => {
  const kernel = new RecordingKernel(() => 0);
  const reply = search(kernel, new SearchControl(), { firstNonce: 10, count: 0 });
  assert.deepEqual(reply, { type: 'exhausted', search: 7 });
});

/** Answers as it is told, remembers what it was asked, and takes a microsecond of its own clock for each nonce. */
class RecordingKernel implements SearchKernel {
  readonly name = 'recording';
  readonly ranges: NonceRange[] = [];
  readonly #answer: (range: NonceRange) => number | undefined;
  nowMs = 0;

  constructor(answer: (range: NonceRange) => number | undefined) {
    this.#answer = answer;
  }

  search(range: NonceRange): number | undefined {
    this.ranges.push(range);
    this.nowMs += range.count / 1000;
    return this.#answer(range);
  }
}

function search(
  kernel: RecordingKernel,
  control: SearchControl,
  part: { readonly firstNonce: number; readonly count: number },
) {
  const bytes = { headerBytes: new Uint8Array(118), targetBytes: new Uint8Array(32) };
  const request = { search: 7, ...bytes, ...part, control: control.memory };
  return runSearch({ kernel, request, nowMs: () => kernel.nowMs });
}
