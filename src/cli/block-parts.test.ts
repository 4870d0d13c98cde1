import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBlockParts } from './block-parts.ts';
import { CommandError } from './command-error.ts';

/** `text` in pieces of `size` bytes. */
async function* piecesOf(text: string, size: number): AsyncGenerator<Uint8Array, void, undefined> {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function blocksOf(text: string, size = 3): Promise<readonly string[]> {
  const parts = await Array.fromAsync(readBlockParts(piecesOf(text, size)));
  return parts.flatMap(({ blocks }) => blocks.map((block) => block.trim()));
}

for (const [what, text] of [
  ['an array', '[{"a":"€,]"},{"b":[1,2]}]'],
  ['an array with white space', '\n [ {"a":"€,]"} ,\n{"b":[1,2]}\t]\n\n'],
  ['lines', '{"a":"€,]"}\n{"b":[1,2]}\n'],
  ['lines without an end, and empty ones between', '\r\n{"a":"€,]"}\r\n\n \n{"b":[1,2]}'],
] as const) {
  test(`the blocks of ${what} are found wherever it is cut`, async () => {
    for (const size of [1, 2, 5, 1_000]) assert.deepEqual(await blocksOf(text, size), ['{"a":"€,]"}', '{"b":[1,2]}']);
  });
}

test('an empty array has no blocks', async () => {
  assert.deepEqual(await blocksOf('[]'), []);
});

for (const [text, says] of [
  ['', /there is nothing in it/],
  [' \n ', /there is nothing in it/],
  ['[{"a":1}', /it ends in the middle/],
  ['[{"a":1}}]', /no JSON at byte 8/],
  ['[{"a":1},{a}]', /block 1 is no JSON/],
  ['{"a":1}\n{"a":\n', /block 1 is no JSON/],
  ['{"a":"\ud800"}\n{"a":1}{', /block 1 is no JSON/],
] as const) {
  test(`${JSON.stringify(text)} is said to be no chain, and why`, async () => {
    await assert.rejects(blocksOf(text), (error) => error instanceof CommandError && says.test(error.message));
  });
}

test('a part is given on as soon as it is large enough, and says how far the input was read', async () => {
  const block = `{"a":"${'x'.repeat(300_000)}"}`;
  const parts = await Array.fromAsync(readBlockParts(piecesOf(`${block}\n${block}\n${block}\n`, 65_536)));
  assert.deepEqual(
    parts.map(({ blocks }) => blocks.length),
    [2, 1],
  );
  assert.equal(parts.at(-1)?.readBytes, 3 * (block.length + 1));
});
