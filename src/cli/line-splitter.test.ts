/** Lines come out whole wherever the chunks are cut. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, constantFrom, assert as fastCheckAssert, integer, property } from 'fast-check';
import { type Line, LineSplitter } from './line-splitter.ts';

function splitLines(text: string, chunkBytes: number, lineBytesMax = 1_000): (string | object)[] {
  const splitter = new LineSplitter(lineBytesMax);
  const bytes = Buffer.from(text);
  const lines: (string | object)[] = [];
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    // Memory that is used again, as a stream's may be.
    const chunk = Uint8Array.from(bytes.subarray(start, start + chunkBytes));
    for (const line of splitter.push(chunk)) {
      if (!line.ok) return [...lines, line.fault];
      lines.push(describe(line.value));
    }
    chunk.fill(0);
  }
  for (const line of splitter.end()) lines.push(line.ok ? describe(line.value) : line.fault);
  return lines;
}

function describe({ number, bytes }: Line): string {
  return `${number}:${Buffer.from(bytes).toString()}`;
}

test('a line ends with its line feed, and the last one with the input', () => {
  assert.deepEqual(splitLines('a\n\nb', 100), ['1:a', '2:', '3:b']);
  assert.deepEqual(splitLines('a\n', 100), ['1:a']);
  assert.deepEqual(splitLines('', 100), []);
});

test('a byte order mark before the first line is left out, and only there', () => {
  assert.deepEqual(splitLines('\ufeffa\n\ufeffb', 1), ['1:a', '2:\ufeffb']);
});

test('a line over the limit is named, and nothing after it is read', () => {
  const fault = { code: 'line-too-long', line: 2, limitBytes: 3 };
  for (const chunkBytes of [1, 2, 100]) assert.deepEqual(splitLines('abc\nabcd\ne', chunkBytes, 3), ['1:abc', fault]);
});

test('lines are the same however the bytes are cut', () => {
  const text = array(constantFrom('a', 'ü', '😀', '\n', '\r'), { maxLength: 40 });
  fastCheckAssert(
    property(text, integer({ min: 1, max: 9 }), (characters, chunkBytes) => {
      const whole = characters.join('');
      assert.deepEqual(splitLines(whole, chunkBytes), splitLines(whole, 1_000));
    }),
    { seed: 20261122, numRuns: 300 },
  );
});
