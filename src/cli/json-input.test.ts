/** One JSON value as people write it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readJsonStream, readJsonText } from './json-input.ts';

async function* piecesOf(...pieces: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece, 'latin1');
}

test('a value becomes canonical, however it is spelt and cut', async () => {
  const bytes = await readJsonStream(piecesOf('{"b": 1,', '\n "a": 2}\n'), 'stdin');
  assert.equal(Buffer.from(bytes).toString(), '{"a":2,"b":1}');
});

test('a byte order mark before the value is no part of it, and one within is no JSON', async () => {
  const bytes = await readJsonStream(piecesOf('\u00ef', '\u00bb\u00bf{"a":1}'), 'a.json');
  assert.equal(Buffer.from(bytes).toString(), '{"a":1}');
  const within = readJsonStream(piecesOf('[\u00ef\u00bb\u00bf1]'), 'a.json');
  await assert.rejects(within, { exitCode: 1, code: 'json-syntax', message: /^a\.json: .* at offset 1,/ });
});

test('what is no JSON is told of by the name that it has', () => {
  assert.throws(() => readJsonText('{', 'the JSON'), { code: 'json-syntax', message: /^the JSON: .* at offset 1,/ });
});

test('no more is read than a block could hold', async () => {
  const endless = (async function* () {
    for (;;) yield Buffer.alloc(1_048_576, ' ');
  })();
  await assert.rejects(readJsonStream(endless, 'stdin'), { code: 'body-too-large' });
});
