import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { hashKernel } from './hash-kernel.ts';
import type { SearchKernel } from './kernel.ts';
import { KernelSelfTest } from './kernel-self-test.ts';
import { tryKernel } from './kernel-trial.ts';

const selfTest = new KernelSelfTest((length) =>
  Uint8Array.from({ length }, (_, i) => createHash('sha256').update(`${i}`).digest()[0] ?? 0),
);

/** Tries a right kernel that does `noncesPerMs` at a time of its trial, by a clock that only it moves. */
function tryAt(noncesPerMs: (elapsedMs: number) => number) {
  let nowMs = 0;
  let startMs: number | undefined;
  const kernel: SearchKernel = {
    name: 'timed',
    search: (range) => {
      // What is timed finds nothing, and need not be done to know that.
      if (range.targetBytes.some((byte) => byte !== 0)) return hashKernel.search(range);
      startMs ??= nowMs;
      nowMs += range.count / noncesPerMs(nowMs - startMs);
      return undefined;
    },
  };
  const trial = tryKernel({ name: 'timed', load: () => kernel, selfTest, nowMs: () => nowMs });
  assert.ok(trial.outcome === 'passed');
  return { hashesPerSecond: Math.round(trial.hashesPerSecond), tookMs: nowMs - (startMs ?? 0) };
}

test('a kernel that is as fast from the beginning is timed for some 40 ms', () => {
  const { hashesPerSecond, tookMs } = tryAt(() => 5000);
  assert.equal(hashesPerSecond, 5_000_000);
  assert.ok(tookMs >= 40 && tookMs < 50, `${tookMs}`);
});

test('one that becomes faster while it is tried is timed at its best', () => {
  const { hashesPerSecond, tookMs } = tryAt((elapsedMs) => (elapsedMs < 35 ? 1000 : 8000));
  assert.equal(hashesPerSecond, 8_000_000);
  assert.ok(tookMs >= 75 && tookMs < 100, `${tookMs}`);
});

test('one that never stops becoming faster is not timed for ever', () => {
  const { tookMs } = tryAt((elapsedMs) => 1000 * 1.2 ** (elapsedMs / 10));
  assert.ok(tookMs >= 250 && tookMs < 270, `${tookMs}`);
});

test('a window that another process was given half of does not count against it', () => {
  let window = 0;
  const { hashesPerSecond } = tryAt(() => {
    window++;
    return window % 3 === 0 ? 5000 : 900;
  });
  assert.equal(hashesPerSecond, 5_000_000);
});
