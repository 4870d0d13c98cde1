import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { heldMemory } from '../../test/support/memory.ts';
import { AssertionError } from '../core/assert.ts';
import {
  encodeFrame,
  encodeFrameHeader,
  FRAME_BODY_BYTES_MAX,
  type FrameFault,
  FrameReader,
  FrameScanner,
  parseFrameHeader,
} from './frame.ts';

const LIMIT = 1000;

test("a message is framed as in the founding specification: '13        Valid message'", () => {
  assert.equal(textOf(encodeFrame(bytesOf('Valid message'))), '13        Valid message');
});

test('the size counts bytes, not characters', () => {
  assert.equal(textOf(encodeFrame(bytesOf('naïve ⛰ 🪨'))), '15        naïve ⛰ 🪨');
});

test('a size that ten digits cannot say is a mistake of the caller', () => {
  assert.equal(textOf(encodeFrameHeader(FRAME_BODY_BYTES_MAX)), '9999999999');
  for (const size of [FRAME_BODY_BYTES_MAX + 1, -1, 1.5, Number.NaN]) {
    assert.throws(() => encodeFrameHeader(size), AssertionError, `${size}`);
  }
});

const SIZES: readonly (readonly [header: string, size: number])[] = [
  ['0         ', 0],
  ['5         ', 5],
  ['13        ', 13],
  ['1000      ', 1000],
  ['0000000007', 7],
  ['00        ', 0],
];
for (const [header, size] of SIZES) {
  test(`the header '${header}' says ${size} bytes`, () => {
    assert.deepEqual(parseFrameHeader(bytesOf(header), LIMIT), { ok: true, value: size });
  });
}

const FAULTS: readonly (readonly [header: string, code: FrameFault['code']])[] = [
  ['+5        ', 'frame-header-invalid'],
  ['-5        ', 'frame-header-invalid'],
  [' 5        ', 'frame-header-invalid'],
  ['5x        ', 'frame-header-invalid'],
  ['x5        ', 'frame-header-invalid'],
  ['1 2       ', 'frame-header-invalid'],
  ['1        2', 'frame-header-invalid'],
  ['          ', 'frame-header-invalid'],
  ['5.0       ', 'frame-header-invalid'],
  ['1e3       ', 'frame-header-invalid'],
  ['0x10      ', 'frame-header-invalid'],
  ['5\t        ', 'frame-header-invalid'],
  ['5\0\0\0\0\0\0\0\0\0', 'frame-header-invalid'],
  ['5\r\n       ', 'frame-header-invalid'],
  ['GET / HTTP', 'frame-header-invalid'],
  ['', 'frame-header-invalid'],
  ['5', 'frame-header-invalid'],
  ['1001      ', 'frame-too-large'],
  ['9999999999', 'frame-too-large'],
];
for (const [header, code] of FAULTS) {
  test(`the header ${JSON.stringify(header)} is refused: ${code}`, () => {
    const parsed = parseFrameHeader(bytesOf(header), LIMIT);
    assert.ok(!parsed.ok);
    assert.equal(parsed.fault.code, code);
  });
}

test('a fault carries what was wrong, safe to print', () => {
  assert.deepEqual(parseFrameHeader(bytesOf('9999999999'), LIMIT), {
    ok: false,
    fault: { code: 'frame-too-large', sizeBytes: 9_999_999_999, limitBytes: LIMIT },
  });
  assert.deepEqual(parseFrameHeader(Uint8Array.from([0x1b, 0x5b, 0x33, 0xff, 0, 10, 0x7f, 0x20, 0x20, 0x20]), LIMIT), {
    ok: false,
    fault: { code: 'frame-header-invalid', header: '?[3????   ' },
  });
});

test('any size is read back from its header', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: FRAME_BODY_BYTES_MAX }), (size) => {
      assert.deepEqual(parseFrameHeader(encodeFrameHeader(size), FRAME_BODY_BYTES_MAX), { ok: true, value: size });
    }),
    { seed: 20261122, numRuns: 1000 },
  );
});

test('a message arrives whole wherever its bytes are cut in two, in the middle of a character too', () => {
  const messages = ['naïve ⛰ 🪨', '', 'second'];
  const stream = streamOf(messages);
  for (let cut = 0; cut <= stream.length; cut++) {
    const reader = new FrameReader(LIMIT);
    const received = [...readAll(reader, stream.subarray(0, cut)), ...readAll(reader, stream.subarray(cut))];
    assert.deepEqual(received, messages, `cut at ${cut}`);
    assert.ok(reader.isBetweenFrames);
  }
});

test('messages arrive whole byte by byte', () => {
  const messages = ['⛰', '', 'x'.repeat(300), '{"a":[1]}'];
  const reader = new FrameReader(LIMIT);
  const received = [...streamOf(messages)].flatMap((byte) => readAll(reader, Uint8Array.of(byte)));
  assert.deepEqual(received, messages);
});

test('several messages in one chunk arrive in order', () => {
  const messages = ['one', 'two', '', 'three'];
  assert.deepEqual(readAll(new FrameReader(LIMIT), streamOf(messages)), messages);
});

test('any messages arrive as they were sent, however the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 30 }),
      (messages, cuts) => {
        const stream = Buffer.concat(messages.map(encodeFrame));
        const reader = new FrameReader(LIMIT);
        const received: Uint8Array[] = [];
        let position = 0;
        for (let i = 0; position < stream.length; i++) {
          // A copy that is overwritten afterwards: a message gathered from several chunks must not be a view of one.
          const size = cuts[i % cuts.length] ?? 1;
          const chunk = Uint8Array.from(stream.subarray(position, position + size));
          position += size;
          for (const message of reader.push(chunk)) {
            assert.ok(message.ok);
            received.push(Uint8Array.from(message.value));
          }
          chunk.fill(0xee);
        }
        assert.deepEqual(received, messages);
        assert.ok(reader.isBetweenFrames);
      },
    ),
    { seed: 20261122, numRuns: 500 },
  );
});

test('only between two frames may a stream end in order', () => {
  const reader = new FrameReader(LIMIT);
  assert.ok(reader.isBetweenFrames);
  const stream = streamOf(['abc']);
  for (const byte of stream.subarray(0, -1)) {
    readAll(reader, Uint8Array.of(byte));
    assert.ok(!reader.isBetweenFrames);
  }
  readAll(reader, stream.subarray(-1));
  assert.ok(reader.isBetweenFrames);
});

test('messages before a fault are handed out, nothing after it is, and the fault stays', () => {
  const reader = new FrameReader(LIMIT);
  const stream = Buffer.concat([streamOf(['good']), bytesOf('bad header'), streamOf(['never'])]);
  const results = [...reader.push(stream)];
  assert.equal(results.length, 2);
  assert.deepEqual(results[1], { ok: false, fault: { code: 'frame-header-invalid', header: 'bad header' } });
  assert.deepEqual([...reader.push(streamOf(['never']))], [results[1]]);
  assert.ok(!reader.isBetweenFrames);
});

test('a fault is seen with the tenth byte of the header, before any of the message', () => {
  const scanner = new FrameScanner(LIMIT);
  assert.deepEqual([...scanner.push(bytesOf('999999999'))], []);
  const [part] = [...scanner.push(bytesOf('9'))];
  assert.ok(part !== undefined && !part.ok);
});

test('a header that claims 9,999,999,999 bytes takes no memory', () => {
  const before = heldMemory().arrayBuffers;
  const readers = Array.from({ length: 1000 }, () => {
    const reader = new FrameReader(FRAME_BODY_BYTES_MAX);
    assert.deepEqual(readAll(reader, bytesOf('9999999999')), []);
    assert.deepEqual(readAll(reader, bytesOf('the first bytes of it')), []);
    return reader;
  });
  const grownBytes = heldMemory().arrayBuffers - before;
  assert.equal(readers.length, 1000);
  assert.ok(grownBytes < 1_000_000, `${grownBytes} bytes for 1,000 readers`);
});

test('the scanner passes a message on as views of the chunks it came in, and keeps none', () => {
  const scanner = new FrameScanner(LIMIT);
  const chunk = streamOf(['abcdef']);
  const parts = [...scanner.push(chunk.subarray(0, 13)), ...scanner.push(chunk.subarray(13))];
  assert.deepEqual(
    parts.map((part) => (part.ok ? part.value.type : part.fault.code)),
    ['start', 'bytes', 'bytes', 'end'],
  );
  for (const part of parts) {
    if (part.ok && part.value.type === 'bytes') assert.equal(part.value.bytes.buffer, chunk.buffer);
  }
});

test('the scanner starts and ends an empty message', () => {
  assert.deepEqual(
    [...new FrameScanner(LIMIT).push(bytesOf('0         '))],
    [
      { ok: true, value: { type: 'start', sizeBytes: 0 } },
      { ok: true, value: { type: 'end' } },
    ],
  );
});

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}

function streamOf(messages: readonly string[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(messages.map((message) => encodeFrame(bytesOf(message)))));
}

/** The messages that `chunk` completes, as text. */
function readAll(reader: FrameReader, chunk: Uint8Array): string[] {
  return [...reader.push(chunk)].map((message) => {
    assert.ok(message.ok);
    return textOf(message.value);
  });
}
