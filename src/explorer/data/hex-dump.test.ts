import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hexDump } from './hex-dump.ts';

const BYTES = new TextEncoder().encode('{"a":"é"}\n12');

describe('a hex dump', () => {
  it('has places, bytes and what of them is ASCII', () => {
    assert.equal(
      hexDump(BYTES, { perRow: 8, rowsMax: 10 }),
      '00000  7b 22 61 22 3a 22 c3 a9  {"a":"..\n00008  22 7d 0a 31 32           "}.12',
    );
  });

  it('ends with the last row that is asked for', () => {
    assert.equal(hexDump(BYTES, { perRow: 8, rowsMax: 1 }).split('\n').length, 1);
    assert.equal(hexDump(new Uint8Array(0), { perRow: 8, rowsMax: 1 }), '');
  });
});
