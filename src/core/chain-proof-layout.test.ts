import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allHeadersBytes, hasAllHeaders, openedRuns, sampledBytes, tailParent } from './chain-proof-layout.ts';

test('L6: up to a height of 2,048 a proof has all headers, behind a claim of 69 bytes', () => {
  assert.deepEqual([hasAllHeaders(0), hasAllHeaders(2_048), hasAllHeaders(2_049)], [true, true, false]);
  assert.deepEqual([allHeadersBytes(0), allHeadersBytes(3)], [69, 69 + 3 * 44]);
});

test('L7: the tail is the last 512 headers', () => {
  assert.equal(tailParent(2_049), 1_537);
});

for (const [judged, runs] of [
  [[0, 9], '0-0 7-9'],
  [[1, 9], '0-1 7-9'],
  [[2, 9], '0-2 7-9'],
  [[3, 9], '0-3 7-9'],
  [[4, 9], '0-0 2-4 7-9'],
  [[0, 7, 9], '0-0 5-9'],
  [[0, 7, 10], '0-0 5-10'],
  [[0, 7, 11], '0-0 5-7 9-11'],
  [[0, 7, 8, 20], '0-0 5-8 18-20'],
] as const) {
  test(`L8: to judge the headers at ${judged.join(', ')}, the runs ${runs} are opened`, () => {
    const found = openedRuns(judged);
    assert.equal(found.map(({ first, last }) => `${first}-${last}`).join(' '), runs);
    const before = judged.flatMap((height) => [height - 2, height - 1, height]).filter((height) => height >= 0);
    const opened = found.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
    assert.deepEqual(
      opened,
      [...new Set([0, ...before])].toSorted((a, b) => a - b),
    );
  });
}

test('L7 to L9: a proof has its start, its drawn heights, its runs with the subtrees between them, and its tail', () => {
  const startAndTail = 69 + 32 + 2 + 512 * 44;
  assert.equal(sampledBytes(0, [{ first: 0, last: 0 }]), startAndTail);
  assert.equal(sampledBytes(3, [{ first: 0, last: 2 }]), startAndTail + 3 * 4 + 2 * 44);
  const runs = openedRuns([1, 9, 20]);
  // Between them stand the leaves 2 to 6, in subtrees of 2, 2 and 1, and 10 to 17, in subtrees of 2, 4 and 2.
  const between = 3 * 32 + 32 + 32 + 4 + 4 + 3 * 44;
  assert.equal(sampledBytes(1, runs), startAndTail + 4 + 44 + 2 * between);
});
