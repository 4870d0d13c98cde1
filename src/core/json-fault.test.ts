import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeJsonDamage, describeJsonFault, type JsonFault } from './json-fault.ts';

const FAULTS: readonly (readonly [fault: JsonFault, says: RegExp])[] = [
  [{ code: 'utf8-invalid' }, /UTF-8/],
  [{ code: 'json-syntax', offset: 71 }, /not JSON.* offset 71/],
  [{ code: 'json-depth', offset: 72, limit: 32 }, /offset 72 .* 32 levels/],
  [{ code: 'json-number-range', offset: 73 }, /number at offset 73/],
  [{ code: 'json-duplicate-key', key: 'a"b\n', offset: 74 }, /"a\\"b\\n" at offset 74/],
  [{ code: 'json-lone-surrogate', offset: 75 }, /offset 75 .*surrogate/],
  [{ code: 'json-not-canonical', offset: 76, reason: 'white-space' }, /offset 76 .*white space/],
  [{ code: 'json-not-canonical', offset: 77, reason: 'key-order' }, /offset 77 .*sort the keys/],
  [{ code: 'json-not-canonical', offset: 78, reason: 'string-escape' }, /offset 78 .*escape/],
  [{ code: 'json-not-canonical', offset: 79, reason: 'number-spelling' }, /offset 79 .*number/],
  [{ code: 'json-kind', offset: 80, expected: 'object' }, /object .*offset 80/],
  [{ code: 'json-kind', offset: 81, expected: 'array' }, /array .*offset 81/],
];
for (const [fault, says] of FAULTS) {
  test(`${'reason' in fault ? `${fault.code}, ${fault.reason}` : fault.code} is told in one line, with the place`, () => {
    const sentence = describeJsonFault(fault);
    assert.match(sentence, says);
    assert.match(sentence, /^[A-Z][^\n]+\.$/);
  });
}

test('who cannot mend the JSON hears what is wrong, and not what to do', () => {
  for (const [fault] of FAULTS) {
    const [finding] = describeJsonFault(fault).split(': ');
    assert.equal(describeJsonDamage(fault), `${finding}.`);
  }
});

test('a fault that is none is a mistake of ours', () => {
  assert.throws(() => describeJsonFault({ code: 'json-strange' } as never), { name: 'AssertionError' });
});
