/** CSV that somebody appends: whatever is taken from it is what a block can hold, however its bytes come. */
import assert from 'node:assert/strict';
import { CsvReader } from '../../../src/cli/csv-reader.ts';
import type { EntryFault, SourceEntry } from '../../../src/cli/entry-reader.ts';
import { bodyFromEntries, parseBody } from '../../../src/core/body.ts';
import { DEFAULT_PARAMS } from '../../../src/core/params.ts';
import { ByteChoices } from '../byte-choices.ts';
import { bytesOf, type FuzzTarget } from '../target.ts';
import { piecesOf } from './json-text.ts';

export const CSV_RECORDS: FuzzTarget = {
  name: 'csv-records',
  claim:
    'records of CSV are objects that a block can hold, the same however the bytes are cut, up to the first that is none',
  words: [
    '"',
    '""',
    ',',
    ';',
    '\n',
    '\r\n',
    '\r',
    '\t',
    'a',
    '1',
    '1.50',
    '-0',
    '007',
    '1e400',
    '__proto__',
    '\xc3\xa9',
    '\xff',
    '\xef\xbb\xbf',
  ],
  sizeMax: 5_000,
  weight: 0.5,
  seeds: () =>
    ['a,b\n1,2\n"x, ""y""",\r\n', 'n\n"line\nbreak"\n\n3', '\ufeffk;j\n1;2\n', 'a,a\n1,2\n', 'a\n"x'].map((text) =>
      Buffer.concat([Buffer.of(0, 200, 7, 31), bytesOf(text)]),
    ),
  check(input) {
    const choices = new ByteChoices(input);
    const options = { separator: choices.pick([',', ';', '\t']), hasNumbers: choices.integer(1) === 1 };
    const sizes = [choices.integer(255), choices.integer(255), choices.integer(255)];
    const bytes = choices.rest();
    const cut = readAll(new CsvReader(options), piecesOf(bytes, sizes));
    assert.deepEqual(cut, readAll(new CsvReader(options), [bytes]), 'wherever the bytes are cut');
    const entries = cut.entries.map((entry) => Buffer.from(entry.text));
    assert.ok(parseBody(bodyFromEntries(entries).bytes, DEFAULT_PARAMS).ok, 'a block can hold what is taken');
    let before = { endLine: 0, endBytes: 0 };
    for (const entry of cut.entries) {
      assert.ok(entry.line > before.endLine && entry.endLine >= entry.line && entry.endBytes > before.endBytes);
      before = entry;
    }
    assert.ok(before.endBytes <= bytes.length);
  },
};

interface ReadAll {
  readonly entries: readonly (Omit<SourceEntry, 'bytes'> & { readonly text: string })[];
  readonly fault: EntryFault | undefined;
}

function readAll(reader: CsvReader, pieces: readonly Uint8Array[]): ReadAll {
  const entries: ReadAll['entries'][number][] = [];
  const results = function* () {
    for (const piece of pieces) yield* reader.push(piece);
    yield* reader.end();
  };
  for (const entry of results()) {
    if (!entry.ok) return { entries, fault: entry.fault };
    const { bytes, ...place } = entry.value;
    entries.push({ ...place, text: Buffer.from(bytes).toString() });
  }
  return { entries, fault: undefined };
}
