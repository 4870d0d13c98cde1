import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LedgerEvent } from '../../api/shapes.ts';
import { advance, isIn, RECENT_BLOCKS, type RecentBlock } from './recent-chain.ts';

const TIME = '2026-11-22T00:00:00Z';
const block = (height: number): RecentBlock => ({
  height,
  hash: `a${height}`,
  prev_hash: `a${height - 1}`,
  time: TIME,
  entries: 1,
  size_bytes: 2,
  bits: '1f00ffff',
});
const added = (height: number, prev_hash = `a${height - 1}`): LedgerEvent => ({
  type: 'block-added',
  height,
  hash: `a${height}`,
  prev_hash,
  time: TIME,
  entries: 1,
});

describe('the upper end of a chain', () => {
  it('takes a block that follows its tip, whose size is not known yet', () => {
    assert.deepEqual(advance([block(5)], added(6)), [
      { ...block(6), size_bytes: undefined, bits: undefined },
      block(5),
    ]);
  });

  it('keeps as many as are shown', () => {
    const full = Array.from({ length: RECENT_BLOCKS }, (_, index) => block(100 - index));
    assert.equal(advance(full, added(101))?.length, RECENT_BLOCKS);
  });

  it('does not take its tip twice', () => {
    const chain = [block(5)];
    assert.equal(advance(chain, added(5)), chain);
  });

  it('has to be asked for where a block does not follow its tip', () => {
    assert.equal(advance([block(5)], added(6, 'b5')), undefined);
    assert.equal(advance([], added(6)), undefined);
  });

  it('loses what a reorganisation removed', () => {
    assert.deepEqual(advance([block(6), block(5), block(4)], { type: 'block-removed', height: 5, hash: 'a5' }), [
      block(4),
    ]);
  });

  it('says of a block whether it is in it, as far as it reaches', () => {
    const chain = [block(6), block(5)];
    assert.equal(isIn(chain, { height: 5, hash: 'a5' }), true);
    assert.equal(isIn(chain, { height: 5, hash: 'b5' }), false);
    assert.equal(isIn(chain, { height: 4, hash: 'a4' }), undefined);
  });
});
