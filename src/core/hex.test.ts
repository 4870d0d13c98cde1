import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHex } from './hex.ts';

test('two lower-case hex digits stand for each byte', () => {
  assert.deepEqual(parseHex(''), new Uint8Array(0));
  assert.deepEqual(parseHex('00ff7a'), Uint8Array.of(0x00, 0xff, 0x7a));
});

for (const value of ['0', '0g', '0A', ' 00', '00 ', '00\n', '0x00', 0, null, undefined, ['00']]) {
  test(`${JSON.stringify(value)} spells no bytes`, () => {
    assert.equal(parseHex(value), undefined);
  });
}
