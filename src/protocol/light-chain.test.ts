import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BuiltChain, bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { encodeRun } from '../../test/support/header-bytes.ts';
import { genesisPoint } from '../core/validation.ts';
import { LightChain, type LightNode } from './light-chain.ts';
import { LIGHT_WINDOW_BLOCKS } from './light-limits.ts';
import { LOCATOR_HASHES_MAX } from './limits.ts';

const GENESIS = genesisPoint(TEST_PARAMS);
const CHAIN = buildChain(TEST_PARAMS, GENESIS, 3 * LIGHT_WINDOW_BLOCKS, () => bodyOf());

test('the genesis is always there, at its height of any chain, and on it', () => {
  const chain = new LightChain(TEST_PARAMS);
  assert.equal(chain.tip, undefined);
  assert.equal(chain.find(GENESIS.hash), chain.genesis);
  chain.follow(tail(chain, 5_000, 5_010));
  assert.equal(chain.at(0), chain.genesis);
  assert.equal(chain.isOnChain(chain.genesis), true);
});

test('places are found by height as far down as they are in memory', () => {
  const chain = new LightChain(TEST_PARAMS);
  chain.follow(tail(chain, 100, 110));
  assert.equal(chain.at(105)?.point, CHAIN.points[104]);
  assert.deepEqual([chain.at(99), chain.at(111)], [undefined, undefined]);
  assert.equal(chain.at(102, chain.at(104))?.point, CHAIN.points[101]);
  assert.equal(chain.at(105, chain.at(104)), undefined);
});

test('only a better tip is followed', () => {
  const chain = new LightChain(TEST_PARAMS);
  const node = tail(chain, 1, 20);
  assert.equal(chain.follow(node), true);
  assert.equal(chain.follow(node), false);
  const lower = chain.at(10);
  assert.ok(lower);
  assert.equal(chain.follow(lower), false);
  assert.equal(chain.tip, node);
  const higher = tail(chain, 21, 22);
  assert.equal(chain.follow(higher), true);
  assert.equal(chain.tip, higher);
});

test('whether a place is on the chain is known where it can be traced, and otherwise left open', () => {
  const chain = new LightChain(TEST_PARAMS);
  const low = tail(chain, 50, 60);
  chain.follow(tail(chain, 100, 110));
  assert.equal(chain.isOnChain(low), undefined);
  assert.equal(chain.forkHeight(low), undefined);
  const fork = CHAIN.points[104];
  assert.ok(fork);
  const branch = buildChain(TEST_PARAMS, fork, 3, () => bodyOf('"b"'));
  const side = chain.insert(branch.points);
  assert.ok(side);
  assert.equal(chain.isOnChain(side), false);
  assert.equal(chain.forkHeight(side), 105);
  const parent = chain.at(102);
  assert.ok(parent);
  assert.equal(chain.isOnChain(parent), true);
  assert.equal(chain.forkHeight(parent), 102);
});

test('a place above the tip is not on the chain, even where it cannot be traced', () => {
  const chain = new LightChain(TEST_PARAMS);
  const high = tail(chain, 200, 205);
  chain.follow(tail(chain, 100, 110));
  assert.equal(chain.isOnChain(high), false);
});

test('places that come in pieces are joined', () => {
  const chain = new LightChain(TEST_PARAMS);
  const high = tail(chain, 8, 12);
  assert.equal(chain.canJudgeAfter(nodeAt(chain, 8)), false, 'nothing is before it');
  assert.equal(chain.canJudgeAfter(nodeAt(chain, 9)), false);
  assert.equal(chain.canJudgeAfter(nodeAt(chain, 10)), true);
  tail(chain, 1, 9);
  assert.equal(chain.at(3, high)?.point, CHAIN.points[2]);
  assert.equal(chain.canJudgeAfter(nodeAt(chain, 1)), true, 'from the genesis on, all is there');
  assert.equal(chain.canJudgeAfter(chain.genesis), true);
  assert.equal(tail(chain, 5, 12), high, 'what is there is not put there again');
  assert.equal(chain.insert([]), undefined);
  assert.equal(chain.size, 13);
});

test('what is known at the beginning of a run is found', () => {
  const chain = new LightChain(TEST_PARAMS);
  tail(chain, 1, 5);
  const run = encodeRun(CHAIN.blocks.slice(2, 8).map(({ header }) => header));
  const known = chain.knownPrefix(run);
  assert.deepEqual([known.count, known.last], [3, chain.find(CHAIN.points[4]?.hash ?? GENESIS.hash)]);
  const unknown = chain.knownPrefix(encodeRun(CHAIN.blocks.slice(9, 12).map(({ header }) => header)));
  assert.deepEqual(unknown, { count: 0, last: undefined });
  const all = chain.knownPrefix(encodeRun(CHAIN.blocks.slice(1, 3).map(({ header }) => header)));
  assert.equal(all.count, 2);
});

test('a run is taken in up to the header that breaks a rule', () => {
  const chain = new LightChain(TEST_PARAMS);
  const headers = CHAIN.blocks.slice(0, 5).map(({ header }) => header);
  const fine = chain.extend(chain.genesis, encodeRun(headers.slice(0, 2)));
  assert.deepEqual([fine.last.point, fine.fault, fine.evidence], [CHAIN.points[1], undefined, undefined]);
  const broken = encodeRun(headers.slice(2));
  broken[118 + 1] = 0xff;
  const { last, fault, evidence } = chain.extend(fine.last, broken);
  assert.equal(last.point.hash, CHAIN.points[2]?.hash);
  assert.equal(fault?.code, 'header-version-unknown');
  assert.equal(evidence?.headers.length, 3 * 118);
  const unlinked = chain.extend(last, encodeRun(headers.slice(4)));
  assert.deepEqual([unlinked.fault?.code, unlinked.evidence], ['parent-unknown', undefined]);
  const alien = encodeRun(headers.slice(4));
  alien[1] = 0xff;
  const nonsense = chain.extend(last, alien);
  assert.deepEqual([nonsense.fault?.code, nonsense.evidence], ['header-version-unknown', undefined]);
});

test('a locator reaches from the end to the genesis in few steps', () => {
  const chain = new LightChain(TEST_PARAMS);
  const end = tail(chain, 1, 2_000);
  const locator = chain.locator(end);
  assert.deepEqual(
    locator.slice(0, 11),
    CHAIN.points
      .slice(1_989, 2_000)
      .toReversed()
      .map(({ hash }) => hash),
  );
  assert.equal(locator.at(-1), GENESIS.hash);
  assert.equal(new Set(locator).size, locator.length);
  assert.ok(locator.length < 25 && locator.length <= LOCATOR_HASHES_MAX);
  assert.deepEqual(chain.locator(chain.genesis), [GENESIS.hash]);
});

test('what no end leads to is forgotten, and of each chain what is too old', () => {
  const chain = new LightChain(TEST_PARAMS);
  chain.follow(tail(chain, 1, 2 * LIGHT_WINDOW_BLOCKS));
  const side = chain.insert(branch(2 * LIGHT_WINDOW_BLOCKS - 10, 20, 's').points);
  const lost = chain.insert(branch(2 * LIGHT_WINDOW_BLOCKS - 20, 5, 'l').points);
  assert.ok(side && lost);
  chain.prune([side]);
  assert.equal(chain.find(lost.point.hash), undefined);
  assert.equal(chain.forkHeight(side), 2 * LIGHT_WINDOW_BLOCKS - 10);
  assert.equal(chain.at(LIGHT_WINDOW_BLOCKS), undefined);
  assert.equal(chain.at(LIGHT_WINDOW_BLOCKS + 1)?.parent, undefined);
  assert.equal(chain.size, LIGHT_WINDOW_BLOCKS + 20 + 1);
  assert.equal(chain.find(GENESIS.hash), chain.genesis);
});

test('it is looked for what can be forgotten only now and then', () => {
  const chain = new LightChain(TEST_PARAMS);
  chain.follow(tail(chain, 1, 100));
  chain.insert(branch(50, 10, 'l').points);
  chain.prune([]);
  assert.equal(chain.size, 111);
});

function nodeAt(chain: LightChain, height: number): LightNode {
  const node = chain.find(CHAIN.points[height - 1]?.hash ?? GENESIS.hash);
  assert.ok(node);
  return node;
}

/** Takes in the chain's places from one height to another, both included. */
function tail(chain: LightChain, from: number, to: number): LightNode {
  const last = chain.insert(CHAIN.points.slice(from - 1, to));
  assert.ok(last);
  return last;
}

function branch(forkHeight: number, count: number, name: string): BuiltChain {
  const fork = CHAIN.points[forkHeight - 1];
  assert.ok(fork);
  return buildChain(TEST_PARAMS, fork, count, () => bodyOf(`"${name}"`));
}
