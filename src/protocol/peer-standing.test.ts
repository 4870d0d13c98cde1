import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { lastPoint, namedChain } from '../../test/support/chain-pieces.ts';
import { genesisPoint } from '../core/validation.ts';
import { LightChain } from './light-chain.ts';
import { LightSession } from './light-session.ts';
import { tipOf } from './light-tip.ts';
import { describePeer, isSamePeer } from './peer-standing.ts';

const CHAIN = namedChain(genesisPoint(TEST_PARAMS), 9, 'a');

test('where a peer stands follows from what it has shown', () => {
  const chain = new LightChain(TEST_PARAMS);
  const high = chain.insert(CHAIN.points.slice(5));
  const low = chain.insert(CHAIN.points.slice(0, 2));
  assert.ok(high && low);
  chain.follow(high);
  const peer = new LightSession({ id: 'p', address: '/a', nowMs: 0 });
  const standing = () => describePeer(peer, chain).standing;
  assert.equal(standing(), 'new');
  peer.shown = high;
  assert.equal(standing(), 'agrees');
  peer.shown = high.parent;
  assert.equal(standing(), 'behind');
  peer.shown = low;
  assert.equal(standing(), 'apart');
  peer.placed = { hash: high.point.hash, isOnChain: true };
  assert.equal(standing(), 'apart', 'that was said of another tip');
  peer.placed = { hash: low.point.hash, isOnChain: true };
  assert.equal(standing(), 'behind');
  peer.placed = { hash: low.point.hash, isOnChain: false };
  assert.equal(standing(), 'forked');
  peer.displace();
  assert.equal(standing(), 'apart');
  peer.isSilent = true;
  assert.equal(standing(), 'silent');
});

test('whatever changes of a peer is seen', () => {
  const chain = new LightChain(TEST_PARAMS);
  const known = describePeer(new LightSession({ id: 'p', address: '/a', nowMs: 0 }), chain);
  const tip = tipOf(lastPoint(CHAIN));
  assert.ok(isSamePeer(known, { ...known }));
  assert.ok(isSamePeer({ ...known, shown: tip, claimed: tip }, { ...known, shown: { ...tip }, claimed: { ...tip } }));
  const changes = [
    { standing: 'behind' },
    { agent: 'other/2' },
    { shown: tip },
    { claimed: tip },
    { isAhead: true },
  ] as const;
  for (const change of changes) {
    assert.ok(!isSamePeer(known, { ...known, ...change }), Object.keys(change)[0]);
    assert.ok(!isSamePeer({ ...known, ...change }, known), Object.keys(change)[0]);
  }
});
