import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toCsv } from './csv.ts';

describe('a table as CSV', () => {
  it('quotes what must be, and leaves absent cells empty', () => {
    assert.equal(
      toCsv([
        ['a', 'b "c", d', null],
        [1.5, 'two\nlines', undefined],
      ]),
      'a,"b ""c"", d",\r\n1.5,"two\nlines",\r\n',
    );
  });

  it('has nothing that a spreadsheet runs', () => {
    assert.equal(toCsv([['=1+1', '@x', -2]]), "'=1+1,'@x,-2\r\n");
  });
});
