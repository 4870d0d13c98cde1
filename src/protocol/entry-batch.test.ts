import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryOf } from '../../test/support/entry-fixture.ts';
import { createParams } from '../core/params.ts';
import { parseEntries } from './entry-batch.ts';
import { IDS_PER_MESSAGE_MAX } from './limits.ts';

const PARAMS = createParams({ name: 'test', entryBytesMax: 100, depthMax: 3 });

test('an array of canonical entries is cut into entries with their ids, copied out of the message', () => {
  const bytes = bytesOf('[1,"a",{"b":[]}]');
  const entries = parseEntries(bytes, PARAMS);
  assert.deepEqual(entries, { ok: true, value: ['1', '"a"', '{"b":[]}'].map(entryOf) });
  assert.ok(entries.ok && entries.value.every((entry) => entry.bytes.buffer !== bytes.buffer));
});

const FAULTS: readonly (readonly [text: string, code: string])[] = [
  ['[1, 2]', 'json-not-canonical'],
  ['[1,', 'json-syntax'],
  ['[1]]', 'json-syntax'],
  ['[{"b":1,"a":2}]', 'json-not-canonical'],
  ['[[[[[]]]]]', 'json-depth'],
  [`["${'x'.repeat(99)}"]`, 'entry-too-large'],
  [`[${Array(IDS_PER_MESSAGE_MAX + 1).fill('1')}]`, 'body-too-many-entries'],
];
for (const [text, code] of FAULTS) {
  test(`${text.slice(0, 30)} is ${code}`, () => {
    const entries = parseEntries(bytesOf(text), PARAMS);
    assert.equal(entries.ok ? undefined : entries.fault.code, code);
  });
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
