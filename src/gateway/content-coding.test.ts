import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ContentCoding, chooseCoding } from './content-coding.ts';

const ALL: ReadonlySet<ContentCoding> = new Set<ContentCoding>(['br', 'gzip', 'identity']);

describe('Accept-Encoding', () => {
  const cases: readonly [accepted: string | undefined, coding: ContentCoding][] = [
    ['gzip, deflate, br, zstd', 'br'],
    ['GZIP', 'gzip'],
    ['gzip;q=1.0, br;q=0', 'gzip'],
    ['br;q=0.001', 'br'],
    ['*', 'br'],
    ['br;q=0, *', 'gzip'],
    ['*;q=0', 'identity'],
    ['identity;q=0, br;q=0.000', 'identity'],
    ['deflate', 'identity'],
    ['', 'identity'],
    [undefined, 'identity'],
    ['brotli', 'identity'],
    [';q=0,,;;', 'identity'],
  ];
  for (const [accepted, coding] of cases) {
    it(`'${accepted}' gets ${coding}`, () => assert.equal(chooseCoding(accepted, ALL), coding));
  }

  it('never gets a form that there is not', () => {
    const plain = new Set<ContentCoding>(['identity', 'gzip']);
    assert.equal(chooseCoding('br', plain), 'identity');
    assert.equal(chooseCoding('br, gzip', plain), 'gzip');
  });
});
