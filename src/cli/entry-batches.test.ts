/** From lines to batches: nothing lost, nothing changed, and the line named that is no entry. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as nextTurn } from 'node:timers/promises';
import { batchEntries } from './entry-batches.ts';
import { type EntryFault, JsonLineReader } from './entry-reader.ts';

interface Read {
  /** The number of each batch's entries. */
  readonly sizes: readonly number[];
  readonly entries: readonly string[];
  readonly lines: readonly number[];
  readonly fault: EntryFault | undefined;
}

async function read(text: string | Uint8Array, chunkBytes = 65_536): Promise<Read> {
  const bytes = Buffer.from(text);
  async function* chunks() {
    for (let start = 0; start < bytes.length; start += chunkBytes) yield bytes.subarray(start, start + chunkBytes);
  }
  const sizes: number[] = [];
  const entries: string[] = [];
  const lines: number[] = [];
  let fault: EntryFault | undefined;
  for await (const batch of batchEntries(chunks(), new JsonLineReader())) {
    assert.equal(fault, undefined, 'nothing comes after a fault');
    if (!batch.ok) {
      ({ fault } = batch);
      continue;
    }
    sizes.push(batch.value.entries.length);
    entries.push(...batch.value.entries.map((entry) => Buffer.from(entry).toString()));
    lines.push(...batch.value.lines);
  }
  return { sizes, entries, lines, fault };
}

/** In one chunk: what comes bit by bit is cut by time, too. */
const AT_ONCE = 4_194_304;

test('entries are canonical text of the very value: no key and no digit is lost', async () => {
  const { entries, lines } = await read(
    '{"b":1.50,"a":"\\u00fc"}\r\n\n  \n{"__proto__":{"x":1},"1":2}\n"no line feed"',
  );
  assert.deepEqual(entries, ['{"a":"ü","b":1.5}', '{"1":2,"__proto__":{"x":1}}', '"no line feed"']);
  assert.deepEqual(lines, [1, 4, 5]);
});

test('entries stay what they were when the memory of the source is used again', async () => {
  const memory = Buffer.alloc(16);
  async function* source() {
    for (const lines of ['{"a":1,"b":2}\n1\n', '{"b":3, "a":4}\n\n', 'true\nfalse\nnull\n']) {
      yield memory.subarray(0, memory.write(lines));
    }
  }
  const entries: string[] = [];
  for await (const batch of batchEntries(source(), new JsonLineReader())) {
    assert.ok(batch.ok);
    entries.push(...batch.value.entries.map((entry) => Buffer.from(entry).toString()));
  }
  assert.deepEqual(entries, ['{"a":1,"b":2}', '1', '{"a":4,"b":3}', 'true', 'false', 'null']);
});

test('a batch has 4,096 entries at most', async () => {
  const { sizes, entries } = await read(Array.from({ length: 10_000 }, (_, i) => `${i}\n`).join(''), AT_ONCE);
  assert.deepEqual(sizes, [4_096, 4_096, 1_808]);
  assert.deepEqual(
    entries,
    Array.from({ length: 10_000 }, (_, i) => String(i)),
  );
});

test('a batch has 900 KiB at most', async () => {
  const entry = JSON.stringify('x'.repeat(60_000));
  const { sizes } = await read(`${entry}\n`.repeat(40), AT_ONCE);
  assert.equal(Math.max(...sizes), Math.floor((900 * 1_024) / 60_003));
  assert.equal(
    sizes.reduce((sum, size) => sum + size, 0),
    40,
  );
});

test('what has come is a batch as soon as the source pauses, and a fault in the source is thrown', async () => {
  const { promise: pause, resolve: goOn } = Promise.withResolvers<void>();
  async function* chunks() {
    yield Buffer.from('1\n2\n3');
    await pause;
    yield Buffer.from('4\n');
    throw new Error('the disk is gone');
  }
  const batches = batchEntries(chunks(), new JsonLineReader());
  const first = await batches.next();
  assert(first.done !== true && first.value.ok);
  assert.deepEqual(first.value.value.lines, [1, 2]);
  goOn();
  await assert.rejects(batches.next(), /the disk is gone/);
});

test('a batch does not wait for a source that goes on slowly without a pause', async () => {
  const ending = new AbortController();
  async function* chunks() {
    for (let i = 0; !ending.signal.aborted; i++) {
      yield Buffer.from(`${i}\n`);
      await nextTurn(1);
    }
  }
  const batches = batchEntries(chunks(), new JsonLineReader());
  const first = await batches.next();
  ending.abort();
  await batches.return();
  assert(first.done !== true && first.value.ok);
  // It would have all of them, if it waited until it is full.
  assert.ok(first.value.value.entries.length < 1_000);
});

test('a batch says where its input goes on after each entry', async () => {
  async function* chunks() {
    yield Buffer.from('\ufeff1\n\n"ü"\r\n');
    yield Buffer.from('33');
  }
  const ends: object[] = [];
  for await (const batch of batchEntries(chunks(), new JsonLineReader())) if (batch.ok) ends.push(...batch.value.ends);
  assert.deepEqual(ends, [
    { bytes: 5, line: 1 },
    { bytes: 12, line: 3 },
    { bytes: 14, line: 4 },
  ]);
});

test('a reader that begins in the middle names lines and bytes of the whole input', async () => {
  async function* chunks() {
    yield Buffer.from('3\n4\nno JSON');
  }
  const read = [];
  const reader = new JsonLineReader({ bytes: 4, line: 2 });
  for await (const batch of batchEntries(chunks(), reader)) {
    if (batch.ok) read.push(batch.value.lines, batch.value.ends.at(-1));
    else read.push(batch.fault.line);
  }
  assert.deepEqual(read, [[3, 4], { bytes: 8, line: 4 }, 5]);
});

const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

const FAULTS: readonly { readonly name: string; readonly line: string | Uint8Array; readonly code: string }[] = [
  { name: 'no JSON', line: '{"a":', code: 'json-syntax' },
  { name: 'two values', line: '1 2', code: 'json-syntax' },
  { name: 'a key that stands twice', line: '{"a":1,"a":2}', code: 'json-duplicate-key' },
  { name: 'an integer beyond 2^53-1', line: '9007199254740993', code: 'json-number-range' },
  { name: 'half of a surrogate pair', line: '"\\ud800"', code: 'json-lone-surrogate' },
  { name: 'bytes that are no UTF-8', line: Uint8Array.of(0x22, 0xff, 0x22), code: 'utf8-invalid' },
  { name: 'an array of 33 levels', line: deep(33), code: 'json-depth' },
  { name: '100,000 open brackets', line: '['.repeat(100_000), code: 'json-depth' },
  { name: 'an entry over 64 KiB', line: JSON.stringify('x'.repeat(65_535)), code: 'entry-too-large' },
  { name: 'a line over 1 MiB', line: JSON.stringify('x'.repeat(1_048_576)), code: 'line-too-long' },
];

for (const { name, line, code } of FAULTS) {
  test(`${name} is refused by its line: ${code}`, async () => {
    const { entries, fault } = await read(
      Buffer.concat([Buffer.from('1\n\n'), Buffer.from(line), Buffer.from('\n4\n')]),
    );
    assert.deepEqual(entries, ['1']);
    assert.equal(fault?.line, 3);
    assert.equal(fault.code, code);
    assert.match(fault.message, /^[A-Z].*\.$/s);
    if (code === 'json-depth') assert.match(fault.message, /32 levels/);
  });
}

test('what is just within the limits is an entry', async () => {
  const { entries, fault } = await read(`${deep(32)}\n${JSON.stringify('x'.repeat(65_534))}\n`);
  assert.equal(fault, undefined);
  assert.equal(entries.length, 2);
});
