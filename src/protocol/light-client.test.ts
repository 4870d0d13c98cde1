/** How a light client comes to the best chain that anybody shows, and follows it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { lastPoint, namedChain, partOf, pointAt } from '../../test/support/chain-pieces.ts';
import { bookOf, LoneClient } from '../../test/support/lone-client.ts';
import { headersOf } from '../../test/support/lone-machine.ts';
import { genesisPoint } from '../core/validation.ts';
import { CHAIN_PATIENCE_MS, CHAIN_PROOF_INTERVAL_MS, QUESTION_TIMEOUT_MS } from './light-limits.ts';
import { HOLD_RETRY_MS } from './limits.ts';
import type { Message } from './message.ts';

const GENESIS = genesisPoint(TEST_PARAMS);
const EMPTY = bookOf();
const CHAIN = namedChain(GENESIS, 40, 'a');
const BOOK = bookOf(CHAIN);
const LONG = namedChain(GENESIS, 5_000, 'l');
const LONG_BOOK = bookOf(LONG);

test('the tip is found from the genesis alone, by a proof with all headers', () => {
  const lone = new LoneClient();
  const effects = lone.join('p', BOOK);
  assert.equal(lone.tipHash, BOOK.tip.hash);
  assert.deepEqual(lone.sentTo('p'), [{ type: 'get-chain-proof' }]);
  const proven = effects.find((effect) => effect.type === 'tip-proven');
  assert.equal(proven?.report.method, 'proof');
  assert.equal(proven?.point.hash, BOOK.tip.hash);
  const moved = effects.filter((effect) => effect.type === 'tip-moved');
  assert.deepEqual(
    moved.map(({ move: { from, to, forkHeight, peer } }) => ({ from, to: to.hash, forkHeight, peer })),
    [{ from: undefined, to: BOOK.tip.hash, forkHeight: undefined, peer: 'p' }],
  );
});

test('the tip of a longer chain is found by a proof of samples, with little in memory', () => {
  const lone = new LoneClient();
  lone.join('p', LONG_BOOK);
  assert.equal(lone.tipHash, LONG_BOOK.tip.hash);
  assert.ok(lone.client.holdings.headers < 600);
  assert.deepEqual(lone.standings(), { p: 'agrees' });
});

test('a network without a block has the genesis for its tip', () => {
  const lone = new LoneClient();
  lone.join('p', EMPTY);
  assert.equal(lone.tipHash, GENESIS.hash);
  assert.deepEqual(lone.sentTo('p'), []);
  lone.join('q', BOOK);
  assert.deepEqual(lone.sentTo('q'), [{ type: 'get-chain-proof' }], 'the genesis is nothing to hold others against');
  assert.equal(lone.tipHash, BOOK.tip.hash);
  assert.deepEqual(lone.standings(), { p: 'behind', q: 'agrees' });
});

test('who has the tip that is followed, or an earlier one of its chain, is asked nothing', () => {
  const lone = new LoneClient();
  lone.join('p', BOOK);
  lone.join('same', BOOK);
  lone.join('late', bookOf(partOf(CHAIN, 33)));
  assert.deepEqual([...lone.sentTo('same'), ...lone.sentTo('late')], []);
  assert.deepEqual(lone.standings(), { p: 'agrees', same: 'agrees', late: 'behind' });
});

test('who claims the most is asked first, and the others when that has shown itself', () => {
  const lone = new LoneClient();
  const quiet = () => [];
  lone.join('small', bookOf(partOf(CHAIN, 20)), quiet);
  lone.join('large', BOOK, quiet);
  lone.join('middle', bookOf(partOf(CHAIN, 30)), quiet);
  assert.deepEqual(lone.sentTo('small'), [{ type: 'get-chain-proof' }], 'as long as it is the only one');
  assert.deepEqual(lone.sentTo('large'), []);
  lone.advance(CHAIN_PATIENCE_MS + 250);
  assert.deepEqual([lone.sentTo('large').length, lone.sentTo('middle').length], [1, 0]);
  lone.receive('large', { type: 'chain-proof', proof: BOOK.proof });
  assert.equal(lone.tipHash, BOOK.tip.hash);
  assert.deepEqual(lone.sentTo('middle'), [], 'its tip is known now');
  assert.deepEqual(lone.standings(), { small: 'new', large: 'agrees', middle: 'behind' });
  lone.receive('small', { type: 'chain-proof', proof: bookOf(partOf(CHAIN, 20)).proof });
  assert.deepEqual(lone.standings(), { small: 'behind', large: 'agrees', middle: 'behind' });
});

test('a false proof convicts who gave it, and the next best is taken', () => {
  const lone = new LoneClient();
  const proof = LONG_BOOK.proof.slice();
  proof[1] = (proof[1] ?? 0) ^ 1;
  const lie: Message = { type: 'chain-proof', proof };
  const effects = lone.join('liar', LONG_BOOK, ({ type }) => (type === 'get-chain-proof' ? [lie] : []));
  assert.equal(lone.convictionOf('liar').evidence.type, 'chain-proof');
  assert.equal(lone.tipHash, undefined);
  assert.ok(effects.some((effect) => effect.type === 'disconnect' && effect.peer === 'liar'));
  assert.equal(lone.peer('liar')?.standing, 'convicted');
  lone.join('honest', BOOK);
  assert.equal(lone.tipHash, BOOK.tip.hash);
  const again = lone.connect('liar');
  assert.deepEqual(
    again.map(({ type }) => type),
    ['send', 'disconnect'],
    'it is not listened to again',
  );
});

test('a claim of much work that is not shown moves nothing', () => {
  const lone = new LoneClient();
  lone.connect('p');
  lone.play('p', (message) => BOOK.answers(message));
  lone.receive('p', lone.hello(BOOK, { tip: { hash: LONG_BOOK.tip.hash, height: 10 ** 9, work: 2n ** 200n } }));
  assert.equal(lone.tipHash, BOOK.tip.hash);
  assert.equal(lone.client.peers[0]?.claimed?.work, BOOK.tip.work, 'its claim is what it has shown');
});

test('new headers are followed as they are told of, and a branch that is better is taken', () => {
  const lone = new LoneClient();
  lone.join('p', BOOK);
  lone.join('q', BOOK);
  const next = namedChain(lastPoint(CHAIN), 1, 'a');
  lone.receive('p', headersOf(next.blocks));
  assert.equal(lone.tipHash, next.blocks[0]?.hash);
  assert.deepEqual(lone.standings(), { p: 'agrees', q: 'behind' });
  const rival = namedChain(pointAt(CHAIN, 38), 4, 'r');
  lone.receive('q', headersOf(rival.blocks.slice(0, 2)));
  assert.deepEqual(lone.standings(), { p: 'agrees', q: 'forked' }, 'less work than the tip');
  const effects = lone.receive('q', headersOf(rival.blocks.slice(2)));
  assert.equal(lone.tipHash, rival.blocks[3]?.hash);
  const moved = effects.find((effect) => effect.type === 'tip-moved');
  assert.deepEqual([moved?.move.forkHeight, moved?.move.from?.hash, moved?.move.peer], [38, next.blocks[0]?.hash, 'q']);
  assert.deepEqual(lone.standings(), { p: 'forked', q: 'agrees' });
  assert.equal(lone.client.headerAt(39)?.hash, rival.blocks[0]?.hash);
});

test('of two tips with equal work the one with the lower hash is followed', () => {
  const [one, other] = [namedChain(GENESIS, 3, 'x'), namedChain(GENESIS, 3, 'y')].toSorted((a, b) =>
    lastPoint(a).hash < lastPoint(b).hash ? -1 : 1,
  );
  assert.ok(one && other);
  for (const order of [
    [one, other],
    [other, one],
  ]) {
    const lone = new LoneClient();
    for (const [i, chain] of order.entries()) lone.join(`p${i}`, bookOf(chain));
    assert.equal(lone.tipHash, lastPoint(one).hash);
  }
});

test('a header whose parent is not known is asked for with those before it', () => {
  const lone = new LoneClient();
  lone.join('p', BOOK);
  const grown = namedChain(lastPoint(CHAIN), 5, 'a');
  const book = bookOf(CHAIN, grown);
  lone.play('p', (message) => book.answers(message));
  lone.receive('p', headersOf(grown.blocks.slice(4)));
  const [, asked] = lone.sentTo('p');
  assert.equal(asked?.type, 'get-headers');
  assert.equal(asked.locator[0], BOOK.tip.hash);
  assert.equal(asked.locator.at(-1), GENESIS.hash);
  assert.equal(lone.tipHash, book.tip.hash);
});

test('news that come while headers are under way are asked for afterwards', () => {
  const lone = new LoneClient();
  lone.join('p', BOOK);
  const grown = namedChain(lastPoint(CHAIN), 6, 'a');
  lone.play('p', () => []);
  lone.receive('p', headersOf(grown.blocks.slice(3, 4)));
  lone.receive('p', headersOf(grown.blocks.slice(5, 6)));
  assert.equal(lone.sentTo('p').length, 2, 'one question at a time');
  lone.receive('p', headersOf(grown.blocks.slice(0, 4)));
  const [, , asked] = lone.sentTo('p');
  assert.deepEqual(asked?.type === 'get-headers' && asked.locator[0], grown.blocks[3]?.hash);
  lone.receive('p', headersOf(grown.blocks.slice(4)));
  assert.equal(lone.tipHash, grown.blocks[5]?.hash);
  assert.equal(lone.sentTo('p').length, 3);
});

test('a chain that has gone on by thousands of blocks is proven anew, not fetched', () => {
  const lone = new LoneClient();
  lone.join('p', bookOf(partOf(LONG, 2_500)));
  lone.nowMs += CHAIN_PROOF_INTERVAL_MS;
  lone.play('p', (message) => LONG_BOOK.answers(message));
  lone.receive('p', headersOf(LONG.blocks.slice(-1)));
  assert.deepEqual(
    lone.sentTo('p').map(({ type }) => type),
    ['get-chain-proof', 'get-headers', 'get-chain-proof'],
  );
  assert.equal(lone.tipHash, LONG_BOOK.tip.hash);
});

test('a proof is asked of one peer now and then only', () => {
  const lone = new LoneClient();
  lone.join('p', bookOf(partOf(LONG, 2_500)));
  lone.play('p', (message) => LONG_BOOK.answers(message));
  lone.receive('p', headersOf(LONG.blocks.slice(-1)));
  const count = () => lone.sentTo('p').filter(({ type }) => type === 'get-chain-proof').length;
  assert.equal(count(), 1);
  lone.advance(CHAIN_PROOF_INTERVAL_MS - 250);
  assert.equal(count(), 1);
  lone.advance(250);
  assert.equal(count(), 2);
  assert.equal(lone.tipHash, LONG_BOOK.tip.hash);
});

test('a branch from below what is in memory is shown by a proof, and told apart from being behind', () => {
  const lone = new LoneClient();
  lone.join('p', LONG_BOOK);
  lone.join('q', bookOf(partOf(LONG, 2_000), namedChain(pointAt(LONG, 2_000), 500, 'r')));
  lone.join('late', bookOf(partOf(LONG, 2_400)));
  for (const peer of ['q', 'late']) {
    assert.deepEqual(
      lone.sentTo(peer).map(({ type }) => type),
      ['get-headers', 'get-chain-proof'],
    );
  }
  assert.equal(lone.tipHash, LONG_BOOK.tip.hash);
  assert.equal(lone.peer('late')?.standing, 'apart', 'until somebody shows what stands at its height');
  lone.advance(250);
  assert.deepEqual(lone.standings(), { p: 'agrees', q: 'forked', late: 'behind' });
  const asked = lone.sentTo('p').filter(({ type }) => type === 'get-header-proof');
  assert.deepEqual(
    asked.map((message) => message.type === 'get-header-proof' && message.heights),
    [[2_500], [2_400]],
  );
});

test('who was behind on a chain that has been left for another is placed anew', () => {
  const lone = new LoneClient();
  const branch = namedChain(pointAt(LONG, 2_000), 2_900, 'r');
  const left = bookOf(partOf(LONG, 2_000), branch);
  lone.join('p', left);
  lone.join('late', bookOf(partOf(LONG, 2_000), partOf(branch, 300)));
  lone.advance(250);
  assert.deepEqual(lone.standings(), { p: 'agrees', late: 'behind' });
  lone.join('q', LONG_BOOK);
  assert.equal(lone.tipHash, LONG_BOOK.tip.hash);
  lone.advance(500);
  assert.deepEqual(lone.standings(), { p: 'forked', late: 'forked', q: 'agrees' });
});

test('what nobody can place is asked about again, now and then', () => {
  const lone = new LoneClient();
  lone.join('p', LONG_BOOK, (message) => (message.type === 'get-header-proof' ? [] : LONG_BOOK.answers(message)));
  lone.join('late', bookOf(partOf(LONG, 2_400)));
  const asked = () => lone.sentTo('p').filter(({ type }) => type === 'get-header-proof').length;
  lone.advance(QUESTION_TIMEOUT_MS - 250);
  assert.equal(asked(), 1);
  assert.deepEqual(lone.standings(), { p: 'agrees', late: 'apart' });
  lone.play('p', (message) => LONG_BOOK.answers(message));
  lone.advance(1_000);
  assert.equal(asked(), 2);
  assert.deepEqual(lone.standings(), { p: 'agrees', late: 'behind' });
  assert.equal(lone.client.holdings.questions, 0);
});

test('a better branch from below what is in memory is taken, and the one who had the other is told apart', () => {
  const lone = new LoneClient();
  const rival = bookOf(partOf(LONG, 2_000), namedChain(pointAt(LONG, 2_000), 2_000, 'r'));
  lone.join('p', rival);
  assert.equal(lone.tipHash, rival.tip.hash);
  const effects = lone.join('q', LONG_BOOK);
  assert.equal(lone.tipHash, LONG_BOOK.tip.hash);
  const moved = effects.find((effect) => effect.type === 'tip-moved');
  assert.deepEqual([moved?.move.from?.hash, moved?.move.forkHeight], [rival.tip.hash, undefined]);
  lone.advance(250);
  assert.deepEqual(lone.standings(), { p: 'forked', q: 'agrees' });
});

test('what is ahead of the clock is held, and asked for again when its time has come', () => {
  const lone = new LoneClient();
  const ahead = TEST_PARAMS.futureTimeMax + 5;
  lone.nowMs = (lastPoint(CHAIN).header.timestamp - ahead) * 1000;
  lone.join('p', BOOK);
  assert.equal(lone.client.tip?.header.height, 39, 'all but the last are in time');
  assert.deepEqual(lone.standings(), { p: 'agrees' });
  assert.equal(lone.peer('p')?.isAhead, true);
  const grown = bookOf(CHAIN, namedChain(lastPoint(CHAIN), 1, 'a'));
  lone.play('p', (message) => grown.answers(message));
  lone.advance(HOLD_RETRY_MS);
  const asked = lone.sentTo('p').filter(({ type }) => type === 'get-headers');
  assert.equal(asked.length, 1);
  assert.equal(lone.client.tip?.header.height, 39);
  lone.advance(6_000);
  assert.equal(lone.client.tip?.header.height, 40, 'of one message, what is in time');
  lone.advance(14_000);
  assert.equal(lone.tipHash, grown.tip.hash);
  assert.equal(lone.peer('p')?.isAhead, false);
  assert.ok(lone.sentTo('p').length < 12, 'it is asked every two seconds, and not after that');
});

test('a chain all of which is ahead of the clock is waited for', () => {
  const lone = new LoneClient();
  lone.nowMs = (GENESIS.header.timestamp - 1_000) * 1000;
  const book = bookOf(LONG);
  lone.join('p', book);
  assert.equal(lone.tipHash, undefined);
  assert.deepEqual([lone.peer('p')?.standing, lone.peer('p')?.isAhead], ['new', true]);
  lone.nowMs = (lastPoint(LONG).header.timestamp + 1) * 1000;
  lone.advance(CHAIN_PROOF_INTERVAL_MS + 250);
  assert.equal(lone.tipHash, book.tip.hash);
});

test('the same inputs at the same times give the same effects', () => {
  const [one, other] = [new LoneClient(), new LoneClient()];
  for (const lone of [one, other]) {
    lone.join('p', LONG_BOOK);
    lone.join('q', BOOK);
    lone.advance(1_000);
    lone.ask({ type: 'header-at', height: 7 });
  }
  assert.deepEqual(one.effects, other.effects);
});
