import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { beginningOf, textRuns, visibleText } from './visible-text.ts';

describe('text of strangers', () => {
  it('is all there, in order, whatever is marked in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const length = textRuns(text).reduce((sum, run) => {
          return sum + (run.type === 'plain' ? run.text.length : String.fromCodePoint(codeOf(run.text)).length);
        }, 0);
        assert.equal(length, text.length);
      }),
      { seed: 20261122, numRuns: 300 },
    );
  });

  const hostile = [
    '\u202e',
    '\u2066',
    '\u200b',
    '\u0000',
    '\u2028',
    '\ufeff',
    '\u{e0041}',
    '\ue000',
    '\ud800',
    '\u200d',
  ];
  for (const mark of hostile) {
    it(`names U+${mark.codePointAt(0)?.toString(16)} instead of showing it`, () => {
      const runs = textRuns(`a${mark}b`);
      assert.deepEqual(
        runs.map(({ type }) => type),
        ['plain', 'mark', 'plain'],
      );
      assert.ok(!visibleText(`a${mark}b`).includes(mark));
    });
  }

  it('tells what a mark does', () => {
    assert.deepEqual(textRuns('\u202e'), [{ type: 'mark', text: 'U+202E', name: 'right-to-left override' }]);
  });

  it('leaves line breaks, letters of every script and joined pictures as they are', () => {
    const text = 'a\n\tזה ß 中 👩‍🚀 👩🏽‍🚀';
    assert.deepEqual(textRuns(text), [{ type: 'plain', text }]);
  });

  it('is cut between characters', () => {
    assert.equal(beginningOf('ab😀', 3), 'ab');
    assert.equal(beginningOf('ab😀', 4), 'ab😀');
  });
});

function codeOf(name: string): number {
  return Number.parseInt(name.slice(2), 16);
}
