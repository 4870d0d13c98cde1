import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { SyncProgress } from '../node/sync-meter.ts';
import { formatTimeLeft, ProgressLine, progressBar, syncLine } from './progress.ts';
import { Terminal } from './terminal.ts';

function makeTerminal(isTTY: boolean) {
  const stdout = Object.assign(new PassThrough(), { isTTY });
  const stderr = Object.assign(new PassThrough(), { isTTY, columns: 200 });
  const shown = () => (stderr.read() ?? '').toString().split('\r\u001b[2K').filter(Boolean);
  return { terminal: new Terminal({ stdin: new PassThrough(), stdout, stderr }), shown };
}

const BEHIND: SyncProgress = {
  phase: 'blocks',
  headersChecked: 1_000_000,
  targetHeight: 1_000_000,
  behind: 812_334,
  perSecond: 11_200.4,
  secondsLeft: 72,
};

test('a node that catches up says how far it is behind, how fast it is, and how long it will take', () => {
  assert.equal(syncLine(BEHIND), '███░░░░░░░░░░░░░░░░░  18 % behind by 812,334 · 11,200 blocks/s · 1 min 12 s left');
});

test('while headers are proven, it is headers that are counted', () => {
  const line = syncLine({ ...BEHIND, phase: 'headers', headersChecked: 500_000, targetHeight: 0, behind: 0 });
  assert.equal(line, '500,000 headers checked · 11,200 headers/s');
});

test('what is not known of a sync is left out', () => {
  const line = syncLine({ ...BEHIND, perSecond: undefined, secondsLeft: undefined });
  assert.equal(line, '███░░░░░░░░░░░░░░░░░  18 % behind by 812,334');
  assert.equal(syncLine({ ...BEHIND, phase: 'idle', behind: 0 }), undefined);
});

test('a bar is never longer than its place, whatever it is told', () => {
  for (const [done, of, bar] of [
    [0, 10, '░░░░░░░░░░░░░░░░░░░░   0 %'],
    [10, 10, '████████████████████ 100 %'],
    [15, 10, '████████████████████ 100 %'],
    [-5, 10, '░░░░░░░░░░░░░░░░░░░░   0 %'],
    [0, 0, '████████████████████ 100 %'],
    [999, 1_000, '███████████████████░  99 %'],
  ] as const) {
    assert.equal(progressBar(done, of), bar);
  }
});

for (const [seconds, text] of [
  [0.2, '1 s'],
  [59, '59 s'],
  [72, '1 min 12 s'],
  [3_599.5, '1 h 0 min'],
  [12_000, '3 h 20 min'],
  [190_800, '2 days 5 h'],
] as const) {
  test(`${seconds} seconds are ${text}`, () => assert.equal(formatTimeLeft(seconds), text));
}

test('a line of progress has what is done, the rate and what is left, and is not drawn faster than it can be read', () => {
  const { terminal, shown } = makeTerminal(true);
  let nowMs = 0;
  const line = new ProgressLine(terminal, { label: 'checking', unit: 'blocks', nowMs: () => nowMs });
  line.show(0, 4_000);
  nowMs = 50;
  line.show(50, 4_000);
  nowMs = 2_000;
  line.show(1_000, 4_000);
  assert.deepEqual(shown(), [
    'checking ░░░░░░░░░░░░░░░░░░░░   0 % 0 of 4,000 blocks',
    'checking █████░░░░░░░░░░░░░░░  25 % 1,000 of 4,000 blocks · 500 blocks/s · 6 s left',
  ]);
});

test('work of unknown size has no bar, and bytes have their units', () => {
  const { terminal, shown } = makeTerminal(true);
  let nowMs = 0;
  const line = new ProgressLine(terminal, { label: 'reading', unit: 'bytes', nowMs: () => nowMs });
  nowMs = 4_000;
  line.show(8_388_608);
  assert.deepEqual(shown(), ['reading 8 MiB · 2 MiB/s']);
});

test('where no person watches there is no progress', () => {
  const { terminal, shown } = makeTerminal(false);
  new ProgressLine(terminal, { label: 'checking', unit: 'blocks' }).show(1, 2);
  assert.deepEqual(shown(), []);
});
