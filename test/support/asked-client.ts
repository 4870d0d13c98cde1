/** A light client that follows a chain, most of which it does not have in memory, and is asked about it. */
import assert from 'node:assert/strict';
import type { Hash } from '../../src/core/hash.ts';
import { genesisPoint } from '../../src/core/validation.ts';
import type { LightAnswer, LightQuestion } from '../../src/protocol/light-effects.ts';
import type { Message } from '../../src/protocol/message.ts';
import { bodyOf, buildChain, TEST_PARAMS } from './chain-fixture.ts';
import { bookOf, LoneClient, type Part } from './lone-client.ts';

export const CHAIN = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 3_000, (height) => {
  return bodyOf(`"a${height}"`, '"often"', `"z${height}"`);
});
export const BOOK = bookOf(CHAIN);
export const TIP = BOOK.tip;
export const SOME_HASH = 'ef'.repeat(32) as Hash;

/** A height below what a proof leaves in memory. */
export const DEEP = 1_234;

/** A client that follows the chain, with one peer. */
export function joined(): LoneClient {
  const lone = new LoneClient();
  lone.join('p', BOOK);
  assert.equal(lone.tipHash, TIP.hash);
  return lone;
}

export function answerOf(lone: LoneClient, question: LightQuestion): LightAnswer {
  const answer = lone.answerTo(lone.ask(question));
  assert.ok(answer?.ok, JSON.stringify(answer?.ok === false ? answer.fault : 'no answer'));
  return answer.value;
}

export function faultOf(lone: LoneClient, question: LightQuestion) {
  const answer = lone.answerTo(lone.ask(question));
  assert.ok(answer?.ok === false);
  return answer.fault;
}

export function hashAt(height: number): Hash {
  const point = CHAIN.points[height - 1];
  assert.ok(point);
  return point.hash;
}

export function proofOf(...heights: readonly number[]): Message {
  const proof = BOOK.proveHeaders(TIP.hash, heights);
  assert.ok(proof);
  return { type: 'header-proof', proof };
}

export function notFound(...hashes: readonly Hash[]): Message {
  return { type: 'not-found', hashes };
}

/** A peer that gives signs of life, and nothing else. */
export const mute: Part = (message) => (message.type === 'ping' ? BOOK.answers(message) : []);
