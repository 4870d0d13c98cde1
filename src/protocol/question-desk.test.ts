/** What is asked of a light client, and how it comes to its answers. */
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
import { bookOf, LoneClient } from '../../test/support/lone-client.ts';
import { headersOf } from '../../test/support/lone-machine.ts';
import { genesisPoint } from '../core/validation.ts';
import { QUESTION_PATIENCE_MS, QUESTION_TIMEOUT_MS } from './light-limits.ts';

const GENESIS = genesisPoint(TEST_PARAMS);

test('a header in memory is answered from there, also the genesis and the tip', () => {
  const lone = joined();
  const asked = lone.sentTo('p').length;
  for (const height of [0, 2_900, 3_000]) {
    const answer = answerOf(lone, { type: 'header-at', height });
    assert.ok(answer.type === 'header-at');
    const { header, hash, work, proof, peer, tip } = answer.header;
    const point = height === 0 ? GENESIS : CHAIN.points[height - 1];
    assert.deepEqual({ header, hash, work }, { header: point?.header, hash: point?.hash, work: point?.work });
    assert.deepEqual([proof, peer, tip.hash], [undefined, undefined, TIP.hash]);
  }
  assert.equal(lone.sentTo('p').length, asked);
});

test('an older header is shown by a proof that it is under the tip', () => {
  const lone = joined();
  const answer = answerOf(lone, { type: 'header-at', height: DEEP });
  assert.ok(answer.type === 'header-at');
  assert.deepEqual(answer.header.hash, hashAt(DEEP));
  assert.equal(answer.header.work, CHAIN.points[DEEP - 1]?.work);
  assert.deepEqual([answer.header.peer, answer.header.tip.hash], ['p', TIP.hash]);
  assert.equal(answer.header.proof?.headers.length, 1);
});

test('heights that no block of the chain has are told so', () => {
  const lone = joined();
  for (const height of [3_001, -1, 1.5, Number.NaN]) {
    const fault = faultOf(lone, { type: 'header-at', height });
    assert.deepEqual(fault, { code: 'height-not-on-chain', height, tipHeight: 3_000 });
  }
});

test('a block comes with its body, by height, or if it is the one that is meant', () => {
  const lone = joined();
  for (const [height, hash] of [
    [DEEP, undefined],
    [DEEP, hashAt(DEEP)],
    [2_999, undefined],
    [3_000, TIP.hash],
  ] as const) {
    const answer = answerOf(lone, { type: 'block', height, hash });
    assert.ok(answer.type === 'block');
    assert.deepEqual(answer.block, CHAIN.blocks[height - 1]);
    assert.equal(answer.peer, 'p');
  }
  assert.deepEqual(faultOf(lone, { type: 'block', height: DEEP, hash: SOME_HASH }), {
    code: 'block-not-on-chain',
    hash: SOME_HASH,
    there: hashAt(DEEP),
  });
});

test('an entry is shown to stand in a block of the chain', () => {
  const lone = joined();
  for (const [text, height, index] of [
    [`"z${DEEP}"`, DEEP, 2],
    ['"often"', 1, 1],
    ['"a3000"', 3_000, 0],
  ] as const) {
    const { id } = entryOf(text);
    const answer = answerOf(lone, { type: 'entry', id });
    assert.ok(answer.type === 'entry');
    assert.deepEqual([answer.header.hash, answer.header.header.height], [hashAt(height), height]);
    assert.equal(answer.header.work, CHAIN.points[height - 1]?.work);
    assert.deepEqual([answer.proof.id, answer.proof.index], [id, index]);
  }
});

test('an entry that nobody shows is not said to be missing, but not to have been shown, and by how many', () => {
  const lone = joined();
  lone.join('q', BOOK);
  const { id } = entryOf('"nowhere"');
  assert.deepEqual(faultOf(lone, { type: 'entry', id }), { code: 'entry-not-shown', peersAsked: 2 });
});

test('an entry that one peer hides is found with the next', () => {
  const lone = joined();
  const { id } = entryOf('"a7"');
  lone.play('p', (message) => (message.type === 'get-entry-proof' ? [notFound(message.id)] : BOOK.answers(message)));
  lone.join('q', BOOK);
  const answer = answerOf(lone, { type: 'entry', id });
  assert.ok(answer.type === 'entry' && answer.header.peer === 'q');
});

test('whether the chain goes on from an older tip is found out at any depth', () => {
  const lone = joined();
  for (const height of [0, 5, DEEP, 2_990, 3_000]) {
    const hash = height === 0 ? GENESIS.hash : hashAt(height);
    const yes = answerOf(lone, { type: 'extends', older: { hash, height } });
    assert.ok(yes.type === 'extends' && yes.doesExtend);
    const no = answerOf(lone, { type: 'extends', older: { hash: SOME_HASH, height } });
    assert.ok(no.type === 'extends' && !no.doesExtend);
    assert.equal(no.header.hash, hash, 'and what stands there instead');
  }
  assert.equal(
    faultOf(lone, { type: 'extends', older: { hash: SOME_HASH, height: 3_001 } }).code,
    'height-not-on-chain',
  );
});

test('a question that comes before any chain waits for one, within reason', () => {
  const lone = new LoneClient();
  const early = lone.ask({ type: 'header-at', height: DEEP });
  lone.join('p', BOOK);
  assert.ok(lone.answerTo(early)?.ok);
  const alone = new LoneClient();
  const vain = alone.ask({ type: 'header-at', height: DEEP });
  alone.advance(QUESTION_TIMEOUT_MS);
  assert.equal(alone.answerTo(vain), undefined);
  alone.advance(250);
  assert.deepEqual(alone.answerTo(vain), { ok: false, fault: { code: 'tip-unknown' } });
});

test('who does not answer is left for the next peer, and a question that nobody answers ends', () => {
  const lone = joined();
  lone.play('p', mute);
  lone.join('q', BOOK);
  lone.play('q', mute);
  const request = lone.ask({ type: 'header-at', height: DEEP });
  const asked = (peer: string) => lone.sentTo(peer).filter(({ type }) => type === 'get-header-proof').length;
  lone.advance(QUESTION_PATIENCE_MS);
  assert.deepEqual([asked('p'), asked('q')], [1, 0]);
  lone.advance(250);
  assert.deepEqual([asked('p'), asked('q')], [1, 1]);
  lone.advance(QUESTION_PATIENCE_MS + 250);
  assert.deepEqual(lone.answerTo(request), { ok: false, fault: { code: 'question-unanswered', peersAsked: 2 } });
  assert.deepEqual(lone.standings(), { p: 'agrees', q: 'agrees' }, 'slow is no lie');
});

test('an answer that comes too late is not taken', () => {
  const lone = joined();
  lone.play('p', mute);
  const request = lone.ask({ type: 'header-at', height: DEEP });
  lone.advance(2 * QUESTION_PATIENCE_MS);
  const fault = lone.answerTo(request);
  lone.receive('p', proofOf(DEEP));
  assert.deepEqual(lone.answerTo(request), fault);
});

test('a question waits for a peer that can answer it', () => {
  const lone = joined();
  lone.feed({ type: 'peer-disconnected', peer: 'p', reason: 'closed' });
  const request = lone.ask({ type: 'header-at', height: DEEP });
  const vain = lone.ask({ type: 'header-at', height: DEEP + 1 });
  lone.feed({ type: 'request-cancelled', request: vain });
  lone.advance(QUESTION_TIMEOUT_MS - 1_000);
  assert.equal(lone.answerTo(request), undefined);
  lone.join('q', BOOK);
  assert.ok(lone.answerTo(request)?.ok);
  assert.equal(lone.answerTo(vain), undefined, 'whoever asked has gone');
});

test('a question that nobody could be asked ends in time', () => {
  const lone = joined();
  lone.feed({ type: 'peer-disconnected', peer: 'p', reason: 'closed' });
  const request = lone.ask({ type: 'header-at', height: DEEP });
  lone.advance(QUESTION_TIMEOUT_MS + 250);
  assert.deepEqual(lone.answerTo(request), { ok: false, fault: { code: 'question-unanswered', peersAsked: 0 } });
});

test('a question that is with a peer who leaves goes to another', () => {
  const lone = joined();
  lone.play('p', mute);
  lone.join('q', BOOK);
  const request = lone.ask({ type: 'header-at', height: DEEP });
  lone.feed({ type: 'peer-disconnected', peer: 'p', reason: 'closed' });
  const answer = lone.answerTo(request);
  assert.ok(answer?.ok && answer.value.type === 'header-at' && answer.value.header.peer === 'q');
});

test('peers that are behind are asked what stands below their own tip', () => {
  const lone = joined();
  lone.play('p', mute);
  lone.join('late', bookOf(partOf(CHAIN, 2_800)));
  const answer = (height: number) => {
    const request = lone.ask({ type: 'block', height, hash: undefined });
    lone.advance(QUESTION_PATIENCE_MS + 500);
    return lone.answerTo(request);
  };
  assert.ok(answer(DEEP)?.ok, 'who has shown the header is asked for the body first');
  assert.ok(answer(2_800)?.ok, 'its tip is its own to give');
  assert.equal(answer(2_801)?.ok, false);
  const shown = lone.sentTo('late').find(({ type }) => type === 'get-header-proof');
  assert.ok(shown?.type === 'get-header-proof' && shown.tip === hashAt(2_800));
});

test('who is on another branch is not asked about this one', () => {
  const lone = joined();
  const point = CHAIN.points[2_989];
  assert.ok(point);
  const rival = buildChain(TEST_PARAMS, point, 5, () => bodyOf('"r"'));
  lone.join('rival', bookOf(partOf(CHAIN, 2_990), rival));
  assert.deepEqual(lone.standings(), { p: 'agrees', rival: 'forked' });
  lone.feed({ type: 'peer-disconnected', peer: 'p', reason: 'closed' });
  lone.ask({ type: 'header-at', height: DEEP });
  assert.ok(!lone.sentTo('rival').some(({ type }) => type === 'get-header-proof'));
});

test('an answer under a tip that has been left meanwhile is asked for again', () => {
  const lone = joined();
  lone.play('p', mute);
  const request = lone.ask({ type: 'header-at', height: DEEP });
  const entry = lone.ask({ type: 'entry', id: entryOf('"a5"').id });
  const point = CHAIN.points[2_998];
  assert.ok(point);
  const rival = buildChain(TEST_PARAMS, point, 3, () => bodyOf('"r"'));
  const book = bookOf(partOf(CHAIN, 2_999), rival);
  lone.join('q', book);
  assert.equal(lone.tipHash, book.tip.hash);
  lone.receive('p', proofOf(DEEP));
  for (const message of BOOK.answers({ type: 'get-entry-proof', tip: TIP.hash, id: entryOf('"a5"').id })) {
    lone.receive('p', message);
  }
  for (const number of [request, entry]) {
    const answer = lone.answerTo(number);
    assert.ok(answer?.ok && 'header' in answer.value);
    assert.deepEqual([answer.value.header.peer, answer.value.header.tip.hash], ['q', book.tip.hash]);
  }
});

test('a peer whose chain has moved can be asked again, under its new tip', () => {
  const lone = joined();
  lone.play('p', (message) => (message.type === 'get-header-proof' ? [notFound(message.tip)] : BOOK.answers(message)));
  const request = lone.ask({ type: 'header-at', height: DEEP });
  lone.advance(1_000);
  assert.equal(lone.answerTo(request), undefined, 'it may know of a tip that is on its way here');
  const grown = buildChain(TEST_PARAMS, TIP, 1, () => bodyOf('"next"'));
  const book = bookOf(CHAIN, grown);
  lone.play('p', (message) => book.answers(message));
  lone.receive('p', headersOf(grown.blocks));
  const answer = lone.answerTo(request);
  assert.ok(answer?.ok && answer.value.type === 'header-at' && answer.value.header.tip.hash === book.tip.hash);
});
