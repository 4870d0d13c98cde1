import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SyncMeter, type SyncReading } from './sync-meter.ts';

const fetching = (height: number, targetHeight = 10_000): SyncReading => {
  return { phase: 'blocks', headersChecked: targetHeight, targetHeight, behind: targetHeight - height, height };
};
const proving = (headersChecked: number): SyncReading => {
  return { phase: 'headers', headersChecked, targetHeight: 0, behind: 0, height: 0 };
};
const idle: SyncReading = { phase: 'idle', headersChecked: 10_000, targetHeight: 10_000, behind: 0, height: 10_000 };

/** A meter that was told `readings`, a second apart from `fromMs` on. */
function fed(readings: readonly SyncReading[], meter = new SyncMeter(), fromMs = 5_000): SyncMeter {
  for (const [i, reading] of readings.entries()) meter.sample(reading, fromMs + 1_000 * i);
  return meter;
}

test('a node that knows of nothing better is idle, and has neither a rate nor an end', () => {
  assert.deepEqual(fed([idle, idle, idle]).progress, {
    phase: 'idle',
    headersChecked: 10_000,
    targetHeight: 10_000,
    behind: 0,
    perSecond: undefined,
    secondsLeft: undefined,
  });
});

test('while blocks come, their rate and what is left at it are told', () => {
  assert.deepEqual(fed([fetching(0), fetching(200), fetching(1_000)]).progress, {
    phase: 'blocks',
    headersChecked: 10_000,
    targetHeight: 10_000,
    behind: 9_000,
    perSecond: 500,
    secondsLeft: 18,
  });
});

test('while headers are proven, it is their rate that is told, and no end: how many there are is not known', () => {
  const { perSecond, secondsLeft } = fed([proving(0), proving(4_000)]).progress;
  assert.deepEqual([perSecond, secondsLeft], [4_000, undefined]);
});

test('less than a second says nothing of a rate', () => {
  const meter = new SyncMeter();
  meter.sample(fetching(0), 0);
  meter.sample(fetching(512), 999);
  assert.deepEqual([meter.progress.perSecond, meter.progress.secondsLeft], [undefined, undefined]);
  meter.sample(fetching(512), 1_000);
  assert.equal(meter.progress.perSecond, 512);
});

test('only the last ten seconds count, so that a peer that has become slow shows', () => {
  const fast = Array.from({ length: 20 }, (_, i) => fetching(100 * i));
  const slow = Array.from({ length: 11 }, (_, i) => fetching(1_900 + 10 * (i + 1)));
  const meter = fed([...fast, ...slow]);
  assert.equal(meter.progress.perSecond, 10);
});

test('where nothing comes the rate is zero, and the end is unknown', () => {
  const { perSecond, secondsLeft } = fed(Array.from({ length: 15 }, () => fetching(7))).progress;
  assert.deepEqual([perSecond, secondsLeft], [0, undefined]);
});

test('headers that were proven are no blocks: with the phase the measuring begins anew', () => {
  const meter = fed([proving(0), proving(10_000), fetching(0)]);
  assert.equal(meter.progress.perSecond, undefined);
  assert.equal(fed([fetching(100)], meter, 8_000).progress.perSecond, 100);
});

test('blocks that a reorganisation takes away are no negative rate', () => {
  const meter = fed([fetching(500), fetching(600), fetching(400)]);
  assert.equal(meter.progress.perSecond, undefined);
  assert.equal(fed([fetching(430)], meter, 8_000).progress.perSecond, 30);
});

test('after a pause without anything to fetch the measuring begins anew', () => {
  const meter = fed([fetching(9_000), idle, fetching(10_000, 10_050)]);
  assert.equal(meter.progress.perSecond, undefined);
});
