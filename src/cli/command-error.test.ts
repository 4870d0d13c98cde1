import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RpcCallError } from '../probe/probe-client.ts';
import { describeError } from './command-error.ts';

for (const [said, told] of [
  ['this node keeps none: start it with --records', 'This node keeps none: start it with --records.'],
  ['The key "a" stands twice: keep one of the two.', 'The key "a" stands twice: keep one of the two.'],
] as const) {
  test(`what a node says, ${JSON.stringify(said)}, is told as a sentence`, () => {
    assert.equal(describeError(new RpcCallError({ code: -32_000, message: said, data: { code: 'x' } })), told);
  });
}
