import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counted, groupDigits, hashFact, numberFact, textFact } from './check-step.ts';

for (const [value, text] of [
  [0, '0'],
  [999, '999'],
  [1_000, '1,000'],
  [12_345, '12,345'],
  [1_234_567, '1,234,567'],
  [2n ** 64n, '18,446,744,073,709,551,616'],
] as const) {
  test(`${value} is written as ${text}`, () => assert.equal(groupDigits(value), text));
}

test('one is told apart from none and from many', () => {
  assert.deepEqual(
    [0, 1, 2, 1_204].map((count) => counted(count, 'block', 'blocks')),
    ['0 blocks', '1 block', '2 blocks', '1,204 blocks'],
  );
});

test('a fact has its name, its value as people read it, and its kind', () => {
  assert.deepEqual(numberFact('work', 4_096n), { name: 'work', value: '4,096', kind: 'number' });
  assert.deepEqual(hashFact('tip', 'ab12'), { name: 'tip', value: 'ab12', kind: 'hash' });
  assert.deepEqual(textFact('time', '13:37'), { name: 'time', value: '13:37', kind: 'text' });
});
