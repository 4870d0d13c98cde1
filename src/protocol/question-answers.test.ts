/** Answers to a light client that are false, missing, of somebody else, or too many. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  answerOf,
  BOOK,
  CHAIN,
  DEEP,
  faultOf,
  hashAt,
  joined,
  mute,
  notFound,
  proofOf,
  SOME_HASH,
  TIP,
} from '../../test/support/asked-client.ts';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { partOf } from '../../test/support/chain-pieces.ts';
import { entryOf } from '../../test/support/entry-fixture.ts';
import { bookOf, type Part } from '../../test/support/lone-client.ts';
import type { LightQuestion } from './light-effects.ts';
import { QUESTION_PATIENCE_MS, QUESTIONS_MAX, QUESTIONS_PER_PEER_MAX, UNASKED_ANSWERS_MAX } from './light-limits.ts';
import type { Message } from './message.ts';

test('a body that the one who has shown the header does not have is asked of the next', () => {
  const lone = joined();
  lone.join('q', BOOK);
  lone.play('p', (message) => (message.type === 'get-blocks' ? [notFound(...message.hashes)] : BOOK.answers(message)));
  const answer = answerOf(lone, { type: 'block', height: DEEP, hash: undefined });
  assert.ok(answer.type === 'block');
  assert.deepEqual([answer.header.peer, answer.peer], ['p', 'q']);
});

test('what was not asked for may be missing', () => {
  const lone = joined();
  lone.play('p', mute);
  const requests = [
    lone.ask({ type: 'header-at', height: DEEP }),
    lone.ask({ type: 'block', height: 2_990, hash: undefined }),
    lone.ask({ type: 'entry', id: entryOf('"a9"').id }),
  ];
  lone.receive('p', notFound(SOME_HASH));
  lone.receive('p', notFound());
  lone.play('p', (message) => BOOK.answers(message));
  const asked = lone.sentTo('p').filter(({ type }) => type.startsWith('get-') && type !== 'get-chain-proof');
  for (const message of asked) for (const reply of BOOK.answers(message)) lone.receive('p', reply);
  for (const request of requests) assert.ok(lone.answerTo(request)?.ok);
});

test('what is said by another peer than the one that was asked, or about something else, is no answer', () => {
  const lone = joined();
  lone.play('p', mute);
  const header = lone.ask({ type: 'header-at', height: DEEP });
  const entry = lone.ask({ type: 'entry', id: entryOf('"a9"').id });
  lone.join('q', BOOK, mute);
  lone.receive('q', notFound(TIP.hash, entryOf('"a9"').id));
  lone.receive('q', proofOf(DEEP));
  const underOther = BOOK.proveHeaders(hashAt(2_999), [DEEP]);
  assert.ok(underOther);
  lone.receive('p', { type: 'header-proof', proof: underOther });
  for (const text of ['"a8"', '"a9"']) {
    const question = { type: 'get-entry-proof', tip: text === '"a8"' ? TIP.hash : hashAt(2_999), id: entryOf(text).id };
    for (const reply of BOOK.answers(question as Message)) lone.receive('p', reply);
  }
  assert.deepEqual([lone.answerTo(header), lone.answerTo(entry)], [undefined, undefined]);
  assert.deepEqual(lone.standings(), { p: 'agrees', q: 'agrees' }, 'which is no lie');
  lone.feed({ type: 'peer-disconnected', peer: 'q', reason: 'closed' });
  lone.receive('p', proofOf(DEEP));
  for (const reply of BOOK.answers({ type: 'get-entry-proof', tip: TIP.hash, id: entryOf('"a9"').id })) {
    lone.receive('p', reply);
  }
  assert.ok(lone.answerTo(header)?.ok && lone.answerTo(entry)?.ok);
});

test('who has nothing to give may say so as often as it is asked', () => {
  const lone = joined();
  for (let i = 0; i <= UNASKED_ANSWERS_MAX; i++) {
    assert.equal(faultOf(lone, { type: 'entry', id: entryOf(`"none ${i}"`).id }).code, 'entry-not-shown');
  }
  assert.deepEqual(lone.standings(), { p: 'agrees' });
});

test('that a peer has left the tip says nothing of an entry', () => {
  const lone = joined();
  lone.play('p', (message) => (message.type === 'get-entry-proof' ? [notFound(message.tip)] : mute(message)));
  const request = lone.ask({ type: 'entry', id: entryOf('"a9"').id });
  lone.advance(QUESTION_PATIENCE_MS);
  assert.equal(lone.answerTo(request), undefined);
  lone.advance(500);
  assert.deepEqual(lone.answerTo(request), { ok: false, fault: { code: 'question-unanswered', peersAsked: 1 } });
});

test('the client’s own questions take no place from those of its user, and end with the peer', () => {
  const lone = joined();
  const point = CHAIN.points[1_999];
  assert.ok(point);
  const rival = bookOf(
    partOf(CHAIN, 2_000),
    buildChain(TEST_PARAMS, point, 400, () => bodyOf('"r"')),
  );
  lone.play('p', mute);
  lone.join('rival', rival);
  assert.equal(lone.peer('rival')?.standing, 'apart');
  lone.advance(250);
  assert.equal(lone.sentTo('p').filter(({ type }) => type === 'get-header-proof').length, 1);
  assert.equal(lone.client.holdings.questions, 0);
  lone.feed({ type: 'peer-disconnected', peer: 'rival', reason: 'closed' });
  lone.receive('p', proofOf(2_400));
  assert.deepEqual(lone.standings(), { p: 'agrees' });
});

test('questions go round among the peers that can answer them', () => {
  const lone = joined();
  lone.join('q', BOOK);
  for (let height = 1; height <= 10; height++) answerOf(lone, { type: 'header-at', height });
  const asked = (peer: string) => lone.sentTo(peer).filter(({ type }) => type === 'get-header-proof').length;
  assert.deepEqual([asked('p'), asked('q')], [5, 5]);
});

test('one answer serves all who asked the same', () => {
  const lone = joined();
  lone.play('p', mute);
  const requests = [1, 2, 3].map(() => lone.ask({ type: 'header-at', height: DEEP }));
  const other = lone.ask({ type: 'header-at', height: DEEP + 1 });
  lone.receive('p', proofOf(DEEP));
  for (const request of requests) assert.ok(lone.answerTo(request)?.ok);
  assert.equal(lone.answerTo(other), undefined);
  assert.equal(lone.client.holdings.questions, 1);
});

test('a proof of another header than was asked for is no answer', () => {
  const lone = joined();
  lone.play('p', mute);
  const request = lone.ask({ type: 'header-at', height: DEEP });
  for (const message of [proofOf(DEEP + 1), proofOf()]) assert.deepEqual(lone.receive('p', message), []);
  assert.equal(lone.answerTo(request), undefined);
  lone.receive('p', proofOf(DEEP));
  assert.ok(lone.answerTo(request)?.ok);
});

test('there is room for so many questions, and one peer is asked so many at a time', () => {
  const lone = joined();
  lone.play('p', mute);
  const requests = Array.from({ length: QUESTIONS_MAX }, (_, i) => lone.ask({ type: 'header-at', height: 1 + i }));
  const fault = faultOf(lone, { type: 'header-at', height: 0 });
  assert.deepEqual(fault, { code: 'questions-full', limit: QUESTIONS_MAX });
  const asked = () => lone.sentTo('p').filter(({ type }) => type === 'get-header-proof').length;
  assert.equal(asked(), QUESTIONS_PER_PEER_MAX);
  lone.play('p', (message) => BOOK.answers(message));
  for (let height = 1; height <= QUESTIONS_PER_PEER_MAX; height++) lone.receive('p', proofOf(height));
  assert.ok(requests.every((request) => lone.answerTo(request)?.ok));
  assert.equal(asked(), QUESTIONS_MAX);
});

const LIES: readonly {
  readonly what: string;
  readonly question: LightQuestion;
  readonly lie: Part;
  readonly code: string;
}[] = [
  {
    what: 'a header that is not the one',
    question: { type: 'header-at', height: DEEP },
    lie: changedProof((proof) => {
      const [shown] = proof.headers;
      assert.ok(shown);
      const bytes = shown.bytes.slice();
      bytes[75] = (bytes[75] ?? 0) ^ 1;
      return { ...proof, headers: [{ ...shown, bytes }] };
    }),
    code: 'header-proof-wrong',
  },
  {
    what: 'more work than there was',
    question: { type: 'extends', older: { hash: SOME_HASH, height: DEEP } },
    lie: changedProof((proof) => {
      return { ...proof, headers: proof.headers.map(({ bytes, work }) => ({ bytes, work: work + 1n })) };
    }),
    code: 'header-proof-wrong',
  },
  {
    what: 'another body',
    question: { type: 'block', height: DEEP, hash: undefined },
    lie: ({ type }) =>
      type === 'get-blocks' ? [{ type: 'block', hash: hashAt(DEEP), bodyBytes: bodyOf('"no"').bytes }] : [],
    code: 'data-root-wrong',
  },
  {
    what: 'a body that is none',
    question: { type: 'block', height: 2_999, hash: undefined },
    lie: ({ type }) =>
      type === 'get-blocks' ? [{ type: 'block', hash: hashAt(2_999), bodyBytes: Uint8Array.of(0x5b) }] : [],
    code: 'json-syntax',
  },
  {
    what: 'an entry at another place',
    question: { type: 'entry', id: entryOf('"a7"').id },
    lie: (message) => {
      const [answer] = BOOK.answers(message);
      if (message.type !== 'get-entry-proof' || answer?.type !== 'entry-proof') return [];
      return [{ type: 'entry-proof', proof: { ...answer.proof, index: 1 } }];
    },
    code: 'entry-proof-wrong',
  },
];
for (const { what, question, lie, code } of LIES) {
  test(`who shows ${what} is convicted, and the answer comes from the next`, () => {
    const lone = joined();
    lone.join('honest', BOOK);
    lone.play('p', (message) => {
      const said = lie(message);
      return said.length > 0 ? said : BOOK.answers(message);
    });
    const answer = answerOf(lone, question);
    assert.ok(answer.type === question.type);
    assert.equal(lone.convictionOf('p').fault.code, code);
    assert.deepEqual(lone.standings(), { honest: 'agrees' });
  });
}

function changedProof(change: (proof: Extract<Message, { type: 'header-proof' }>['proof']) => typeof proof): Part {
  return (message) => {
    const [answer] = BOOK.answers(message);
    return answer?.type === 'header-proof' ? [{ type: 'header-proof', proof: change(answer.proof) }] : [];
  };
}
