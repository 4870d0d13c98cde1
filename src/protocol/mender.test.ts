import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createParams } from '../core/params.ts';
import { genesisPoint } from '../core/validation.ts';
import type { Effect, PeerId } from './effects.ts';
import { MEND_TIMEOUT_MS, MENDED_AT_ONCE_MAX } from './limits.ts';
import { Mender } from './mender.ts';
import { PeerSession } from './peer-session.ts';

const point = genesisPoint(createParams({ name: 'mended' }));

function peersNamed(...ids: readonly PeerId[]): Map<PeerId, PeerSession> {
  return new Map(
    ids.map((id) => {
      const peer = new PeerSession({ id, address: '/memory/x', direction: 'outbound', nowMs: 0 });
      peer.agent = 'test';
      return [id, peer];
    }),
  );
}

function askedOf(effects: readonly Effect[]): PeerId[] {
  return effects.map((effect) => {
    assert.ok(effect.type === 'send' && effect.message.type === 'get-blocks');
    assert.deepEqual(effect.message.hashes, [point.hash]);
    return effect.peer;
  });
}

test('a damaged block is asked of one peer after the other, and then of the first again', () => {
  const mender = new Mender(peersNamed('one', 'two'));
  assert.deepEqual(askedOf(mender.found(point, 0)), ['one']);
  assert.deepEqual(askedOf(mender.retryOverdue(MEND_TIMEOUT_MS)), []);
  const asked: PeerId[][] = [];
  for (let time = 1; time <= 4; time++) asked.push(askedOf(mender.retryOverdue(time * (MEND_TIMEOUT_MS + 1))));
  assert.deepEqual(asked, [['two'], [], ['one'], ['two']]);
});

test('found twice it is asked for once, and mended it is wanted no more', () => {
  const mender = new Mender(peersNamed('one'));
  mender.found(point, 0);
  assert.deepEqual(mender.found(point, 1), []);
  assert.equal(mender.wanted(point.hash), point);
  mender.mended(point.hash);
  assert.equal(mender.wanted(point.hash), undefined);
  assert.deepEqual(mender.retryOverdue(10 * MEND_TIMEOUT_MS), []);
});

test('a peer that has not greeted is asked nothing, and the block is asked for when one has', () => {
  const peers = peersNamed('one');
  const one = peers.get('one');
  assert.ok(one !== undefined);
  one.agent = undefined;
  const mender = new Mender(peers);
  assert.deepEqual(mender.found(point, 0), []);
  one.agent = 'test';
  assert.deepEqual(askedOf(mender.retryOverdue(MEND_TIMEOUT_MS + 1)), ['one']);
});

test('no more are mended at once than the limit', () => {
  const mender = new Mender(peersNamed());
  for (let i = 0; i <= MENDED_AT_ONCE_MAX; i++) {
    const hash = i.toString(16).padStart(64, '0') as typeof point.hash;
    mender.found({ ...point, hash }, 0);
    assert.equal(mender.wanted(hash) !== undefined, i < MENDED_AT_ONCE_MAX);
  }
});
