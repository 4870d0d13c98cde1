import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PatientReader } from './patient-reader.ts';

test('what comes after the patience has ended is not lost', async () => {
  const late = Promise.withResolvers<string>();
  const reader = new PatientReader(
    (async function* () {
      yield await late.promise;
      yield 'b';
    })(),
  );
  assert.equal(await reader.take(1), undefined);
  assert.equal(await reader.take(1), undefined);
  late.resolve('a');
  assert.deepEqual(await reader.take(60_000), { done: false, value: 'a' });
  assert.deepEqual(await reader.peek(), { done: false, value: 'b' });
  assert.deepEqual(await reader.take(60_000), { done: false, value: 'b' });
  assert.deepEqual(await reader.take(60_000), { done: true, value: undefined });
});

test('a failure is told to whoever takes, and to nobody else', async () => {
  const failure = new Error('it broke');
  const reader = new PatientReader<string>({ next: () => Promise.reject(failure) });
  void reader.peek();
  await undefined;
  await assert.rejects(reader.take(60_000), failure);
});
