/** CSV becomes the entries that it says, whatever chunks it comes in, and each record as soon as it is whole. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, constantFrom, assert as fastCheckAssert, integer, property, string, tuple } from 'fast-check';
import { scanCanonical } from '../core/canonical-scan.ts';
import { DEFAULT_PARAMS } from '../core/params.ts';
import { type CsvOptions, CsvReader } from './csv-reader.ts';
import type { EntryFault, SourceEntry } from './entry-reader.ts';

const COMMA: CsvOptions = { separator: ',', hasNumbers: false };

interface Read {
  readonly entries: readonly SourceEntry[];
  readonly fault: EntryFault | undefined;
}

function read(input: string | Uint8Array, options: CsvOptions = COMMA, chunkBytes = 1_000_000): Read {
  const bytes = Buffer.from(input);
  const reader = new CsvReader(options);
  const entries: SourceEntry[] = [];
  for (let start = 0; start <= bytes.length; start += chunkBytes) {
    // Memory that is used again, as a stream's may be.
    const chunk = Uint8Array.from(bytes.subarray(start, start + chunkBytes));
    for (const entry of reader.push(chunk)) {
      if (!entry.ok) return { entries, fault: entry.fault };
      entries.push(entry.value);
    }
    chunk.fill(0);
  }
  for (const entry of reader.end()) {
    if (!entry.ok) return { entries, fault: entry.fault };
    entries.push(entry.value);
  }
  return { entries, fault: undefined };
}

const texts = ({ entries }: Read) => entries.map(({ bytes }) => Buffer.from(bytes).toString());

test('the header names the keys, in whatever order, and values are strings', () => {
  const csv = '\ufeffz,a,"the ""b"""\r\n1,"x, y","line\nbreak"\r\n,,ü\n\n"",007,1e3';
  assert.deepEqual(texts(read(csv)), [
    '{"a":"x, y","the \\"b\\"":"line\\nbreak","z":"1"}',
    '{"a":"","the \\"b\\"":"ü","z":""}',
    '{"a":"007","the \\"b\\"":"1e3","z":""}',
  ]);
});

test('an entry knows its lines, and where the input goes on behind it', () => {
  const { entries } = read('a\n"1\n2"\n\n3');
  assert.deepEqual(
    entries.map(({ line, endLine, endBytes }) => [line, endLine, endBytes]),
    [
      [2, 3, 8],
      [5, 5, 10],
    ],
  );
});

test('numbers are what JSON spells so, where they are asked for and every reader reads the same', () => {
  const fields = ['1.50', '-0', '1e3', '007', '+1', '.5', '0x10', '9007199254740993', '1e400', 'NaN', ''];
  const { entries } = read(`n\n${fields.map((field) => `${field}`).join('\n')}\n""\n`, {
    separator: ',',
    hasNumbers: true,
  });
  assert.deepEqual(
    entries.map(({ bytes }) => Buffer.from(bytes).toString().slice(5, -1)),
    ['1.5', '0', '1000', '"007"', '"+1"', '".5"', '"0x10"', '"9007199254740993"', '"1e400"', '"NaN"', '""'],
  );
});

test('a record is an entry as soon as its line end has come', () => {
  const reader = new CsvReader(COMMA);
  const push = (text: string) => [...reader.push(Buffer.from(text))].map((entry) => entry.ok && entry.value.line);
  assert.deepEqual(push('a,b\n'), []);
  assert.deepEqual(push('1,2\n'), [2]);
  assert.deepEqual(push('1,"2\n'), []);
  assert.deepEqual(push('3"\r'), []);
  assert.deepEqual(push('\n'), [3]);
});

test('keys like __proto__ and integers are keys like any other', () => {
  assert.deepEqual(texts(read('__proto__,2,10,constructor,\na,b,c,d,e\n')), [
    '{"":"e","10":"c","2":"b","__proto__":"a","constructor":"d"}',
  ]);
});

test('a separator of another kind', () => {
  assert.deepEqual(texts(read('a;b\n1,5;"x;y"\n', { separator: ';', hasNumbers: false })), ['{"a":"1,5","b":"x;y"}']);
});

const FAULTS: readonly {
  readonly name: string;
  readonly csv: string | Uint8Array;
  readonly fault: [number, string];
}[] = [
  { name: 'a name twice in the header', csv: 'a,b,a\n1,2,3\n', fault: [1, 'csv-header-invalid'] },
  { name: 'a field too many', csv: 'a,b\n1,2\n1,2,3\n', fault: [3, 'csv-fields-wrong'] },
  { name: 'a field too few', csv: 'a,b\n1,2\n1\n', fault: [3, 'csv-fields-wrong'] },
  { name: 'a quote within a field without quotes', csv: 'a\n1\nx"y"\n', fault: [3, 'csv-quotes-wrong'] },
  { name: 'text after the quotes', csv: 'a\n1\n"x"y\n', fault: [3, 'csv-quotes-wrong'] },
  { name: 'a quote that is never closed', csv: 'a\n1\n"x\n2\n', fault: [3, 'csv-quotes-wrong'] },
  { name: 'bytes that are no UTF-8', csv: Buffer.from('a\n1\n\xff\n', 'latin1'), fault: [3, 'utf8-invalid'] },
  { name: 'an entry over 64 KiB', csv: `a\n1\n${'x'.repeat(65_600)}\n`, fault: [3, 'entry-too-large'] },
  { name: 'a record over 1 MiB', csv: `a\n1\n"${'x\n'.repeat(600_000)}"\n`, fault: [3, 'line-too-long'] },
];

for (const { name, csv, fault } of FAULTS) {
  test(`${name} is refused by its line, after what stands before it: ${fault[1]}`, () => {
    for (const chunkBytes of [7, 1_000_000].slice(csv.length > 10_000 ? 1 : 0)) {
      const outcome = read(csv, COMMA, chunkBytes);
      assert.deepEqual([outcome.fault?.line, outcome.fault?.code], fault);
      assert.match(outcome.fault?.message ?? '', /^[A-Z].*\.$/s);
      assert.equal(outcome.entries.length, fault[0] === 1 ? 0 : 1);
    }
  });
}

test('any records come out as they went in, however the bytes are cut, and canonical', () => {
  const field = string({
    unit: constantFrom('a', ',', '"', '\n', '\r\n', ' ', 'ü', '😀', '1', '.', '\t'),
    maxLength: 6,
  });
  const rows = array(tuple(field, field), { minLength: 1, maxLength: 8 });
  fastCheckAssert(
    property(rows, integer({ min: 1, max: 9 }), (records, chunkBytes) => {
      const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
      const csv = ['k,j', ...records.map((record) => record.map(quoted).join(','))].join('\r\n');
      const outcome = read(csv, COMMA, chunkBytes);
      assert.equal(outcome.fault, undefined);
      assert.deepEqual(
        texts(outcome).map((text) => JSON.parse(text)),
        records.map(([k, j]) => ({ j, k })),
      );
      for (const { bytes } of outcome.entries) assert.ok(scanCanonical(bytes, { ...DEFAULT_PARAMS, entriesMax: 1 }).ok);
    }),
    { seed: 20261122, numRuns: 300 },
  );
});
