import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type PrefaceFault, PrefaceGuard, type PrefaceState } from './preface-guard.ts';

const ENCRYPTERS = ['/tls/1.0.0', '/noise'];
const HEADER = message('/multistream/1.0.0\n');
const NOISE = message('/noise\n');

/** A message with its length before it, in as few bytes as it takes. */
function message(text: string): Buffer {
  const length = text.length < 0x80 ? [text.length] : [(text.length % 0x80) + 0x80, Math.floor(text.length / 0x80)];
  return Buffer.concat([Buffer.from(length), Buffer.from(text)]);
}

const unknown = (length: number) => message(`${'x'.repeat(length - 1)}\n`);
const preface = (...rest: Uint8Array[]) => Buffer.concat([HEADER, ...rest]);

const cases: readonly [string, Uint8Array, PrefaceState | PrefaceFault['code']][] = [
  ['nothing', Buffer.alloc(0), 'under-way'],
  ['the header alone', HEADER, 'under-way'],
  ['TLS', preface(message('/tls/1.0.0\n')), 'over'],
  ['Noise', preface(NOISE), 'over'],
  ['an encrypter, and what it says already', preface(NOISE, Buffer.alloc(100_000, 0xff)), 'over'],
  ['an encrypter that is not all there', preface(NOISE).subarray(0, -1), 'under-way'],
  ['an encrypter in another spelling', preface(message('/noise \n')), 'under-way'],
  ['an unknown encrypter and then a known one', preface(message('/secio/1.0.0\n'), NOISE), 'over'],
  ['the longest message', preface(unknown(1024), NOISE), 'over'],
  ['a message that is too long by one', preface(unknown(1025)), 'preface-length-invalid'],
  ['a length of three bytes', preface(Buffer.from([0x87, 0x80, 0])), 'preface-length-invalid'],
  ['a flood of 0xff', Buffer.alloc(100_000, 0xff), 'preface-length-invalid'],
  ['a flood of 0xff after the header', preface(Buffer.alloc(100_000, 0xff)), 'preface-length-invalid'],
  ['an empty message', preface(Buffer.alloc(1)), 'preface-length-invalid'],
  ['HTTP', Buffer.from(`GET / HTTP/1.1\r\n${'x'.repeat(100)}`), 'preface-newline-missing'],
  ['a later multistream-select', message('/multistream/2.0.0\n'), 'preface-header-invalid'],
  ['an encrypter without the header', NOISE, 'preface-header-invalid'],
  ['seven unknown encrypters and then a known one', preface(...Array(7).fill(unknown(9)), NOISE), 'over'],
  ['eight unknown encrypters', preface(...Array(8).fill(unknown(9)), NOISE), 'preface-too-many-proposals'],
  ['a few very long proposals', preface(...Array(4).fill(unknown(1024)), NOISE), 'preface-too-long'],
];

function readWhole(bytes: Uint8Array): PrefaceState | PrefaceFault['code'] {
  const state = new PrefaceGuard(ENCRYPTERS).read(bytes);
  return state.ok ? state.value : state.fault.code;
}

function readByteByByte(bytes: Uint8Array): PrefaceState | PrefaceFault['code'] {
  const guard = new PrefaceGuard(ENCRYPTERS);
  for (const byte of bytes) {
    const state = guard.read(Uint8Array.of(byte));
    if (!state.ok) return state.fault.code;
    if (state.value === 'over') return 'over';
  }
  return 'under-way';
}

describe('the preface of a connection', () => {
  for (const [name, bytes, expected] of cases) {
    test(`${name}: ${expected}, in one piece as byte by byte`, () => {
      assert.equal(readWhole(bytes), expected);
      assert.equal(readByteByByte(bytes), expected);
    });
  }

  test('a length that does not end is a fault at its second byte', () => {
    const guard = new PrefaceGuard(ENCRYPTERS);
    assert.deepEqual(guard.read(Uint8Array.of(0xff)), { ok: true, value: 'under-way' });
    assert.deepEqual(guard.read(Uint8Array.of(0xff)), { ok: false, fault: { code: 'preface-length-invalid' } });
  });
});
