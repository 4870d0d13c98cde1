import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionError, assertNever, assertPresent, assert as claim } from './assert.ts';

test('a claim that holds passes, and one that does not stops with its own words', () => {
  claim(true, 'holds');
  assert.throws(() => claim(false, 'the tip is known'), { name: 'AssertionError', message: 'the tip is known' });
});

for (const value of [0, '', false, null, Number.NaN]) {
  test(`${JSON.stringify(value)} is present`, () => {
    assert.ok(Object.is(assertPresent(value, 'is there'), value));
  });
}

test('undefined is not present', () => {
  assert.throws(() => assertPresent(undefined, 'is there'), new AssertionError('is there'));
});

test('a case that no switch handles is named', () => {
  assert.throws(() => assertNever({ type: 'new-kind' } as never), /unhandled case: \{"type":"new-kind"\}/);
});
