/** What a light client does about peers that have no proofs, are slow, or do not show what they name. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { lastPoint, namedChain, partOf, pointAt } from '../../test/support/chain-pieces.ts';
import { bookOf, LoneClient } from '../../test/support/lone-client.ts';
import { headersOf } from '../../test/support/lone-machine.ts';
import { genesisPoint } from '../core/validation.ts';
import {
  CHAIN_PATIENCE_MS,
  CHAIN_PROOF_INTERVAL_MS,
  CHAIN_PROOF_TIMEOUT_MS,
  LIGHT_WINDOW_BLOCKS,
} from './light-limits.ts';
import { HEADERS_TIMEOUT_MS } from './limits.ts';
import type { Message } from './message.ts';

const GENESIS = genesisPoint(TEST_PARAMS);
const EMPTY = bookOf();
const CHAIN = namedChain(GENESIS, 40, 'a');
const BOOK = bookOf(CHAIN);
const LONG = namedChain(GENESIS, 5_000, 'l');
const LONG_BOOK = bookOf(LONG);

test('where a peer has no proofs, its chain is judged header by header, in bounded memory', () => {
  const lone = new LoneClient();
  let held = 0;
  lone.join('p', LONG_BOOK, (message) => {
    held = Math.max(held, lone.client.holdings.headers);
    return message.type === 'get-chain-proof' ? [{ type: 'not-found', hashes: [] }] : LONG_BOOK.answers(message);
  });
  assert.equal(lone.tipHash, LONG_BOOK.tip.hash);
  const proven = lone.effects.filter((effect) => effect.type === 'tip-proven');
  assert.deepEqual(
    proven.map(({ report }) => report),
    [{ method: 'headers', headers: 5_000 }],
  );
  assert.equal(lone.effects.filter((effect) => effect.type === 'tip-moved').length, 1, 'only at its end');
  assert.ok(held <= 2 * LIGHT_WINDOW_BLOCKS + 2_000, `${held} headers`);
  assert.equal(lone.client.headerAt(1), undefined);
});

test('a proof that does not come is not waited for: headers are, and after them a proof again', () => {
  const lone = new LoneClient();
  lone.join('p', BOOK, (message) => (message.type === 'ping' ? BOOK.answers(message) : []));
  lone.advance(CHAIN_PROOF_TIMEOUT_MS);
  assert.deepEqual(lone.standings(), { p: 'new' });
  lone.advance(250);
  assert.deepEqual(lone.standings(), { p: 'silent' });
  const types = () =>
    lone
      .sentTo('p')
      .filter(({ type }) => type !== 'ping')
      .map(({ type }) => type);
  lone.advance(HEADERS_TIMEOUT_MS);
  assert.deepEqual(types(), ['get-chain-proof', 'get-headers']);
  lone.play('p', (message) => BOOK.answers(message));
  lone.advance(HEADERS_TIMEOUT_MS + 500);
  assert.deepEqual(types(), ['get-chain-proof', 'get-headers', 'get-chain-proof']);
  assert.deepEqual(lone.standings(), { p: 'agrees' });
});

test('branches that peers have shown are not forgotten while another one shows a long chain', () => {
  const lone = new LoneClient();
  lone.join('p', BOOK);
  const rival = namedChain(pointAt(CHAIN, 38), 3, 'r');
  lone.join('q', BOOK);
  lone.receive('q', headersOf(rival.blocks.slice(0, 1)));
  lone.join('walker', LONG_BOOK, withoutProofs(LONG_BOOK));
  assert.equal(lone.tipHash, LONG_BOOK.tip.hash);
  lone.receive('q', headersOf(rival.blocks.slice(1)));
  assert.equal(lone.peer('q')?.shown?.hash, lastPoint(rival).hash);
  assert.deepEqual(lone.sentTo('q'), [], 'what it goes on from is known');
});

test('a chain that ends where a message does is at its end when nothing more comes', () => {
  const lone = new LoneClient();
  const even = bookOf(partOf(LONG, 4_000));
  lone.join('p', even, withoutProofs(even));
  assert.equal(lone.tipHash, even.tip.hash);
  assert.deepEqual(lone.standings(), { p: 'agrees' });
  const asked = lone.sentTo('p').filter(({ type }) => type === 'get-headers');
  assert.equal(asked.length, 2, 'it has named that tip');
  const proven = lone.effects.filter((effect) => effect.type === 'tip-proven');
  assert.deepEqual(
    proven.map(({ report }) => report),
    [{ method: 'headers', headers: 4_000 }],
  );
});

test('a walk that leads nowhere new is over', () => {
  const lone = new LoneClient();
  const first = LONG_BOOK.headersAfter([GENESIS.hash]);
  lone.join('p', LONG_BOOK, ({ type }) => {
    if (type === 'get-chain-proof') return [{ type: 'not-found', hashes: [] }];
    return type === 'get-headers' ? [{ type: 'headers', headers: first }] : [];
  });
  assert.equal(lone.client.tip?.header.height, 2_000);
  assert.equal(lone.sentTo('p').length, 3);
});

test('a peer with nothing but the genesis behind its claim is taken for that', () => {
  const lone = new LoneClient();
  lone.join('p', BOOK, ({ type }) => {
    if (type === 'get-chain-proof') return [{ type: 'not-found', hashes: [] }];
    return type === 'get-headers' ? [{ type: 'headers', headers: new Uint8Array(0) }] : [];
  });
  assert.deepEqual(lone.standings(), { p: 'agrees' });
  assert.equal(lone.tipHash, GENESIS.hash);
});

test('a node that begins with the genesis is followed as it grows', () => {
  const lone = new LoneClient();
  lone.join('p', EMPTY);
  lone.play('p', (message) => BOOK.answers(message));
  lone.receive('p', headersOf(CHAIN.blocks.slice(4, 5)));
  assert.equal(lone.tipHash, BOOK.tip.hash);
  assert.deepEqual(
    lone.sentTo('p').map(({ type }) => type),
    ['get-chain-proof'],
  );
});

test('a question for headers that is not answered is asked again, after a while', () => {
  const lone = new LoneClient();
  lone.join('p', BOOK);
  lone.join('q', bookOf(partOf(CHAIN, 20), namedChain(pointAt(CHAIN, 20), 5, 'q')), (message) => {
    return message.type === 'ping' ? BOOK.answers(message) : [];
  });
  lone.advance(HEADERS_TIMEOUT_MS + 250);
  assert.deepEqual(lone.standings(), { p: 'agrees', q: 'silent' });
  const asked = () => lone.sentTo('q').filter(({ type }) => type === 'get-headers').length;
  lone.advance(HEADERS_TIMEOUT_MS - 250);
  assert.equal(asked(), 1);
  lone.advance(500);
  assert.equal(asked(), 2);
  lone.receive('q', headersOf(namedChain(pointAt(CHAIN, 20), 5, 'q').blocks));
  assert.deepEqual(lone.standings(), { p: 'agrees', q: 'forked' });
});

test('news after an empty answer are asked for', () => {
  const lone = new LoneClient();
  lone.join('p', BOOK);
  lone.play('p', () => []);
  const grown = namedChain(lastPoint(CHAIN), 3, 'a');
  lone.receive('p', headersOf(grown.blocks.slice(1, 2)));
  lone.receive('p', { type: 'headers', headers: new Uint8Array(0) });
  const types = () => lone.sentTo('p').map(({ type }) => type);
  assert.deepEqual(types(), ['get-chain-proof', 'get-headers', 'get-headers']);
  lone.receive('p', { type: 'headers', headers: new Uint8Array(0) });
  lone.advance(CHAIN_PROOF_INTERVAL_MS);
  assert.deepEqual(
    types()
      .filter((type) => type !== 'ping')
      .at(-1),
    'get-chain-proof',
    'then its chain is another one',
  );
});

test('a place is found by its hash, also on a branch that a peer has shown', () => {
  const lone = new LoneClient();
  lone.join('p', BOOK);
  const rival = namedChain(pointAt(CHAIN, 30), 3, 'r');
  lone.receive('p', headersOf(rival.blocks));
  assert.equal(lone.client.find(lastPoint(rival).hash)?.header.height, 33);
  assert.equal(lone.client.find(BOOK.tip.hash)?.hash, BOOK.tip.hash);
  assert.equal(lone.client.find(lastPoint(LONG).hash), undefined);
});

test('a walk that another peer makes needless is ended', () => {
  const lone = new LoneClient();
  lone.join('p', LONG_BOOK, (message) =>
    message.type === 'get-chain-proof' ? [{ type: 'not-found', hashes: [] }] : [],
  );
  assert.deepEqual(
    lone.sentTo('p').map(({ type }) => type),
    ['get-chain-proof', 'get-headers'],
  );
  lone.join('q', LONG_BOOK);
  lone.advance(CHAIN_PATIENCE_MS + 250);
  assert.equal(lone.tipHash, LONG_BOOK.tip.hash);
  lone.receive('p', { type: 'headers', headers: LONG_BOOK.headersAfter([GENESIS.hash]) });
  assert.deepEqual(lone.standings(), { p: 'agrees', q: 'agrees' });
  assert.equal(lone.sentTo('p').length, 2);
});

test('a peer that names a tip and shows an earlier one is taken for what it shows', () => {
  const lone = new LoneClient();
  lone.join('p', BOOK);
  const late = bookOf(partOf(CHAIN, 30));
  lone.connect('q');
  lone.play('q', (message) => late.answers(message));
  lone.receive('q', lone.hello(late, { tip: { hash: LONG_BOOK.tip.hash, height: 50, work: 10n ** 9n } }));
  assert.deepEqual(lone.standings(), { p: 'agrees', q: 'behind' });
  assert.equal(lone.peer('q')?.shown?.height, 30);
});

test('many peers that claim the most and say nothing do not keep an honest one from being heard', () => {
  const lone = new LoneClient();
  const quiet = () => [];
  for (let i = 0; i < 15; i++) lone.join(`mute-${i}`, LONG_BOOK, quiet);
  lone.join('honest', BOOK);
  lone.advance(16 * (CHAIN_PATIENCE_MS + 250));
  assert.equal(lone.tipHash, BOOK.tip.hash);
});

/** What a node says that has no proofs to give. */
function withoutProofs(book: typeof BOOK) {
  return (message: Message): Message[] => {
    return message.type === 'get-chain-proof' ? [{ type: 'not-found', hashes: [] }] : book.answers(message);
  };
}
