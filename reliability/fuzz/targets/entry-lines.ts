/** Lines of JSON that somebody appends: whatever is taken from them is what a block can hold. */
import assert from 'node:assert/strict';
import { batchEntries } from '../../../src/cli/entry-batches.ts';
import { JsonLineReader } from '../../../src/cli/entry-reader.ts';
import { bodyFromEntries, parseBody } from '../../../src/core/body.ts';
import { canonicalizeBytes } from '../../../src/core/canonical-json.ts';
import { DEFAULT_PARAMS } from '../../../src/core/params.ts';
import { ByteChoices } from '../byte-choices.ts';
import { bytesOf, type FuzzTarget, JSON_WORDS } from '../target.ts';
import { piecesOf } from './json-text.ts';

export const ENTRY_LINES: FuzzTarget = {
  name: 'entry-lines',
  claim: 'each line is an entry where a block can hold it in its canonical form, up to the first that is none',
  words: [
    ...JSON_WORDS,
    '\n',
    '}\n{',
    '['.repeat(31),
    '['.repeat(32),
    ']'.repeat(32),
    '{"a":'.repeat(32),
    '}'.repeat(32),
  ],
  sizeMax: 5_000,
  weight: 0.5,
  seeds: () =>
    ['{"b":1,"a":2}\n[3, 4]\n\n"x"\r\n', `${'['.repeat(32)}${']'.repeat(32)}\n1`, '{"a":[]}\nnot json\n2'].map((text) =>
      Buffer.concat([Buffer.of(200, 7, 31), bytesOf(text)]),
    ),
  async check(input) {
    const choices = new ByteChoices(input);
    const sizes = [choices.integer(255), choices.integer(255), choices.integer(255)];
    const bytes = choices.rest();
    const entries: Uint8Array[] = [];
    let faultLine: number | undefined;
    for await (const batch of batchEntries(sourceOf(piecesOf(bytes, sizes)), new JsonLineReader())) {
      if (batch.ok) entries.push(...batch.value.entries);
      else faultLine = batch.fault.line;
    }
    assert.ok(parseBody(bodyFromEntries(entries).bytes, DEFAULT_PARAMS).ok, 'a block can hold what is taken');
    const { texts, badLine } = readLines(Buffer.from(bytes));
    assert.deepEqual(
      entries.map((entry) => Buffer.from(entry).toString()),
      texts,
      'each is the canonical form of its line',
    );
    assert.equal(faultLine, badLine, 'the first line that is none is named');
  },
};

/** The same from the whole: the entries in canonical form, and the number of the line that is none. */
function readLines(bytes: Buffer): { readonly texts: readonly string[]; readonly badLine: number | undefined } {
  const texts: string[] = [];
  const lines = bytes.toString('latin1').split('\n');
  for (const [i, line] of lines.entries()) {
    const content = Buffer.from(i === 0 ? line.replace(/^\xef\xbb\xbf/, '') : line, 'latin1');
    if (/^[ \t\r]*$/.test(content.toString('latin1'))) continue;
    // As the only element of an array, an entry counts its own brackets whatever it begins with.
    const body = canonicalizeBytes(Buffer.concat([Buffer.from('['), content, Buffer.from(']')]), DEFAULT_PARAMS);
    const parsed = body.ok ? parseBody(body.value, DEFAULT_PARAMS) : undefined;
    if (!body.ok || parsed?.ok !== true || parsed.value.spans.length !== 2) return { texts, badLine: i + 1 };
    texts.push(Buffer.from(body.value.subarray(1, -1)).toString());
  }
  return { texts, badLine: undefined };
}

async function* sourceOf(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}
