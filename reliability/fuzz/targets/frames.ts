/** What streams carry: frames, and lines of JSON. */
import assert from 'node:assert/strict';
import { LineSplitter } from '../../../src/cli/line-splitter.ts';
import {
  encodeFrame,
  encodeFrameHeader,
  FRAME_HEADER_BYTES,
  FrameReader,
  parseFrameHeader,
} from '../../../src/protocol/frame.ts';
import { ByteChoices } from '../byte-choices.ts';
import { bytesOf, type FuzzTarget } from '../target.ts';
import { piecesOf } from './json-text.ts';

export const FRAME_HEADER: FuzzTarget = {
  name: 'frame-header',
  claim: 'ten characters are a size where they are digits and then spaces, and are written back as they were read',
  words: [
    '         ',
    '9999999999',
    '4294967296',
    '2097152   ',
    '2097153   ',
    '0x',
    '-1',
    '+1',
    '1e3',
    '.',
    '\t',
    '\x00',
  ],
  sizeMax: 12,
  weight: 1,
  seeds: () => ['13        ', '0         ', '9999999999', '0000000013', '          ', ' 13       '].map(bytesOf),
  check(input) {
    const header = new Uint8Array(FRAME_HEADER_BYTES);
    header.set(input.subarray(0, FRAME_HEADER_BYTES));
    const text = Buffer.from(header).toString('latin1');
    const result = parseFrameHeader(header, LIMIT_BYTES);
    const digits = /^(\d{1,10}) *$/.exec(text)?.[1];
    if (digits === undefined) assert.ok(!result.ok && result.fault.code === 'frame-header-invalid', 'no size is none');
    else if (Number(digits) > LIMIT_BYTES)
      assert.ok(!result.ok && result.fault.code === 'frame-too-large', 'a limit holds');
    else {
      assert.ok(result.ok && result.value === Number(digits), 'a size is what its digits say');
      const spelt = Buffer.from(encodeFrameHeader(result.value)).toString();
      if (String(Number(digits)) === digits) assert.equal(spelt, text, 'it is written as it was read');
    }
  },
};

export const FRAMES: FuzzTarget = {
  name: 'frames',
  claim: 'a stream in any pieces gives the messages of the whole stream, up to the first header that is none',
  words: ['0         ', '1         ', '13        Valid message', '65        ', '64        ', '99        ', ' '],
  sizeMax: 4_000,
  weight: 3,
  seeds: () => [
    Buffer.concat([Buffer.of(1, 2, 3, 4), encodeFrame(bytesOf('Valid message')), encodeFrame(bytesOf(''))]),
    Buffer.concat([Buffer.of(255, 0, 9, 10), encodeFrame(bytesOf('x'.repeat(64))), encodeFrame(bytesOf('{}'))]),
    Buffer.concat([Buffer.of(11, 11, 1, 1), encodeFrame(bytesOf('x'.repeat(60))), bytesOf('70        ')]),
  ],
  check(input) {
    const choices = new ByteChoices(input);
    const sizes = [choices.integer(255), choices.integer(255), choices.integer(255), choices.integer(255)];
    const stream = choices.rest();
    const read = readFrames(piecesOf(stream, sizes));
    assert.deepEqual(read, framesOf(stream), 'pieces change nothing');
  },
};

export const LINES: FuzzTarget = {
  name: 'lines',
  claim: 'lines that arrive in any pieces are the lines of the whole, each with its number',
  words: ['\n', '\r\n', '\n\n', '\xef\xbb\xbf', '{}\n', '[1,2]\n', ' \t\r'],
  sizeMax: 2_000,
  weight: 1,
  seeds: () => [
    Buffer.concat([Buffer.of(3, 1, 0, 5), bytesOf('\ufeff{"a":1}\n{"b":2}\r\n\n"c"')]),
    Buffer.concat([Buffer.of(3, 1, 0, 5), bytesOf(`${'x'.repeat(64)}\n${'y'.repeat(65)}\n`)]),
  ],
  check(input) {
    const choices = new ByteChoices(input);
    const sizes = [choices.integer(255), choices.integer(255), choices.integer(255), choices.integer(255)];
    const bytes = choices.rest();
    const read: string[] = [];
    const splitter = new LineSplitter(LIMIT_BYTES);
    const results = function* () {
      for (const piece of piecesOf(bytes, sizes)) yield* splitter.push(piece);
      yield* splitter.end();
    };
    let isFault = false;
    for (const line of results()) {
      if (!line.ok) {
        assert.equal(line.fault.line, read.length + 1, 'the line that is too long is named');
        isFault = true;
        break;
      }
      read.push(Buffer.from(line.value.bytes).toString('latin1'));
      assert.equal(line.value.number, read.length, 'lines are counted from 1');
    }
    const lines = Buffer.from(bytes).toString('latin1').split('\n');
    if (lines.at(-1) === '') lines.pop();
    const tooLong = lines.findIndex((line) => line.length > LIMIT_BYTES);
    assert.equal(isFault, tooLong >= 0, 'only a line that is too long ends the reading');
    const expected = lines.slice(0, tooLong < 0 ? undefined : tooLong);
    assert.deepEqual(
      read,
      expected.map((line, i) => (i === 0 ? line.replace(/^\xef\xbb\xbf/, '') : line)),
    );
  },
};

/** Every message, and the code of what ended the stream: a fault, or its end between two frames or within one. */
type Read = { readonly messages: readonly string[]; readonly end: string };

function readFrames(pieces: readonly Uint8Array[]): Read {
  const reader = new FrameReader(LIMIT_BYTES);
  const messages: string[] = [];
  for (const piece of pieces) {
    for (const message of reader.push(piece)) {
      if (!message.ok) return { messages, end: message.fault.code };
      messages.push(Buffer.from(message.value).toString('latin1'));
    }
  }
  return { messages, end: reader.isBetweenFrames ? 'between' : 'within' };
}

/** The same of the whole stream, by slicing. */
function framesOf(stream: Uint8Array): Read {
  const messages: string[] = [];
  let rest = Buffer.from(stream).toString('latin1');
  while (rest !== '') {
    const digits = /^(\d+) *$/.exec(rest.slice(0, FRAME_HEADER_BYTES))?.[1];
    if (rest.length < FRAME_HEADER_BYTES) return { messages, end: 'within' };
    if (digits === undefined) return { messages, end: 'frame-header-invalid' };
    const sizeBytes = Number(digits);
    if (sizeBytes > LIMIT_BYTES) return { messages, end: 'frame-too-large' };
    rest = rest.slice(FRAME_HEADER_BYTES);
    if (rest.length < sizeBytes) return { messages, end: 'within' };
    messages.push(rest.slice(0, sizeBytes));
    rest = rest.slice(sizeBytes);
  }
  return { messages, end: 'between' };
}

const LIMIT_BYTES = 64;
