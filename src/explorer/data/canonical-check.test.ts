import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CanonicalCheck, checkSubmission, type SubmissionFault } from './canonical-check.ts';

const LIMITS = { entryBytesMax: 100, depthMax: 3 };

describe('a text that is to be appended', () => {
  it('has the id that a node would give it, however it is spelt', () => {
    const check = accepted('  { "a" : 1.0 }\n');
    assert.deepEqual(check.entries, [
      { id: 'c7261463ebd776f4650b6d0fe942d9cc38c925d90f77d440ab6df8d5dd258c5f', text: '{"a":1}', sizeBytes: 7 },
    ]);
    assert.ok(check.isRespelled);
    assert.ok(!accepted(' {"a":1}\n').isRespelled);
  });

  it('is as many entries as its array has elements', () => {
    const { entries } = accepted('["b", 3, [1], {"b":1,"a":"é"}]');
    assert.deepEqual(
      entries.map(({ text, sizeBytes }) => [text, sizeBytes]),
      [
        ['"b"', 3],
        ['3', 1],
        ['[1]', 3],
        ['{"a":"é","b":1}', 16],
      ],
    );
  });

  it('is nothing yet while it is blank', () => {
    assert.deepEqual(checkSubmission(' \n', LIMITS), { state: 'empty' });
  });

  it('is a list of no entries where it is an empty array, and one entry where that stands in another', () => {
    assert.deepEqual(accepted('[ ]').entries, []);
    assert.deepEqual(accepted('[[]]').entries.length, 1);
  });

  const faults: [string, string, string, SubmissionFault['place']][] = [
    ['that breaks off', '{"a":\n  1,', 'json-syntax', { offset: 10, line: 2, column: 5 }],
    ['with a key twice', '{"😀":1, "a":1,"a":2}', 'json-duplicate-key', { offset: 15, line: 1, column: 15 }],
    [
      'with an integer beyond what is exact',
      '[\n\n9007199254740993]',
      'json-number-range',
      { offset: 3, line: 3, column: 1 },
    ],
    ['with half a character', '"\\ud800"', 'json-lone-surrogate', { offset: 0, line: 1, column: 1 }],
    ['that nests too deep', '{"a":[{"b":[]}]}', 'json-depth', { offset: 11, line: 1, column: 12 }],
    ['with too large an entry', `["", "${'x'.repeat(99)}"]`, 'entry-too-large', undefined],
  ];
  for (const [name, text, code, place] of faults) {
    it(`${name} is refused, and the place is named`, () => {
      const check = checkSubmission(text, LIMITS);
      assert.ok(check.state === 'refused');
      assert.deepEqual([check.fault.code, check.fault.place], [code, place]);
    });
  }
});

function accepted(text: string): Extract<CanonicalCheck, { state: 'accepted' }> {
  const check = checkSubmission(text, LIMITS);
  assert.ok(check.state === 'accepted');
  return check;
}
