import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { createSha256Each } from './sha256-each.ts';

const MESSAGES = Uint8Array.from({ length: 64 * 1000 }, (_, i) => (i * i) >>> 7);

const sha256Into = (data: Uint8Array, out: Uint8Array, offset: number) =>
  out.set(hash('sha256', data, 'buffer'), offset);

test('many messages are hashed side by side: the host is asked for a few, to compare', () => {
  let calls = 0;
  const sha256Each = createSha256Each((data, out, offset) => {
    calls++;
    sha256Into(data, out, offset);
  });
  const hashes = new Uint8Array(32 * 1000);
  sha256Each(MESSAGES, 64, 1, hashes);
  const last = Buffer.concat([Buffer.of(1), MESSAGES.subarray(-64)]);
  assert.equal(Buffer.from(hashes.subarray(-32)).toString('hex'), hash('sha256', last));
  assert.ok(calls < 10, String(calls));
});

test('code that hashes otherwise than the host is not used', () => {
  const sha256Each = createSha256Each((data, out, offset) => out.set(data.subarray(0, 32), offset));
  const hashes = new Uint8Array(32 * 1000);
  sha256Each(MESSAGES, 64, undefined, hashes);
  assert.deepEqual(hashes.subarray(-32), MESSAGES.subarray(-64, -32));
});

test('few messages at a time ask for no code', () => {
  let calls = 0;
  const sha256Each = createSha256Each(() => {
    calls++;
  });
  for (let i = 0; i < 100; i++) sha256Each(MESSAGES.subarray(0, 64 * 3), 64, 1, new Uint8Array(96));
  assert.equal(calls, 300);
});
