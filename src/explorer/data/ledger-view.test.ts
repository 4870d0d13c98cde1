import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readBlockStory, readEntryStory, readPendingStory, readSubmitted } from './ledger-view.ts';

const HASH = 'ab'.repeat(32);
const BLOCK = {
  bits: '1f00ffff',
  data: ['a', { b: 'é' }],
  data_root: HASH,
  hash: HASH,
  history_root: HASH,
  index: 7,
  nonce: 42,
  prev_hash: HASH,
  timestamp: '22/11/2026, 14:03:09',
};

describe('a block as the gateway tells it', () => {
  it('has its entries beside their ids', () => {
    const story = readBlockStory(blockView(BLOCK, [HASH, HASH]));
    assert.deepEqual(story?.entries, [
      { id: HASH, text: '"a"', sizeBytes: 3 },
      { id: HASH, text: '{"b":"é"}', sizeBytes: 10 },
    ]);
    assert.deepEqual([story?.height, story?.timeMs, story?.sizeBytes], [7, Date.UTC(2026, 10, 22, 14, 3, 9), 16]);
  });

  it('has one entry where its data is no array, and none in the genesis', () => {
    assert.deepEqual(readBlockStory(blockView({ ...BLOCK, data: 5 }, [HASH]))?.entries.length, 1);
    assert.deepEqual(readBlockStory(blockView({ ...BLOCK, index: 0, data: {} }, []))?.entries, []);
  });

  it('keeps __proto__ and the order of keys', () => {
    const text = blockView({ ...BLOCK, data: 0 }, [HASH]).replace(
      '"data":0',
      '"data":{"9":1,"10":2,"__proto__":{"x":1}}',
    );
    assert.equal(readBlockStory(text)?.entries[0]?.text, '{"9":1,"10":2,"__proto__":{"x":1}}');
  });

  const broken: [string, string][] = [
    ['is no JSON', '{"block":'],
    ['lacks its block', '{}'],
    ['has fewer ids than entries', blockView(BLOCK, [HASH])],
    ['has a number for a hash', blockView({ ...BLOCK, hash: 5 }, [HASH, HASH])],
    ['has an impossible time', blockView({ ...BLOCK, timestamp: 'yesterday' }, [HASH, HASH])],
    ['has a height below zero', blockView({ ...BLOCK, index: -1 }, [HASH, HASH])],
  ];
  for (const [what, text] of broken) {
    it(`is nothing where it ${what}`, () => {
      assert.equal(readBlockStory(text), undefined);
    });
  }
});

describe('entries as the gateway tells them', () => {
  it('have their places', () => {
    const places = [{ height: 3, hash: HASH, index: 1, depth: 0 }];
    const view = { id: HASH, status: 'in-block', places, indexed_to: 9, data: [1] };
    assert.deepEqual(readEntryStory(JSON.stringify(view)), {
      id: HASH,
      text: '[1]',
      sizeBytes: 3,
      status: 'in-block',
      refusal: undefined,
      places,
      indexedTo: 9,
    });
  });

  it('wait, wait again, or were refused, of which there is no text', () => {
    const view = { id: HASH, places: [], indexed_to: 9 };
    const story = (facts: object) => readEntryStory(JSON.stringify({ ...view, ...facts }));
    for (const status of ['pending', 'returned']) {
      assert.equal(story({ status, data: 1 })?.status, status);
      assert.equal(story({ status }), undefined);
    }
    const refused = story({ status: 'refused', reason: 'pool-full', message: 'It is full.' });
    assert.deepEqual(refused?.refusal, { code: 'pool-full', message: 'It is full.' });
    assert.equal(refused?.text, '');
    assert.equal(story({ status: 'lost', data: 1 }), undefined);
  });

  it('wait in order', () => {
    const view = { count: 5, size_bytes: 70, entries: [{ id: HASH, data: null }] };
    assert.deepEqual(readPendingStory(JSON.stringify(view)), {
      count: 5,
      sizeBytes: 70,
      entries: [{ id: HASH, text: 'null', sizeBytes: 4 }],
    });
  });

  it('are new, or waited already', () => {
    const entries = ['pending', 'already-pending'].map((status) => ({ id: HASH, status }));
    assert.deepEqual(readSubmitted(JSON.stringify({ entries })), [
      { id: HASH, isNew: true },
      { id: HASH, isNew: false },
    ]);
    assert.equal(readSubmitted('<html>'), undefined);
  });
});

function blockView(block: unknown, ids: readonly string[]): string {
  return JSON.stringify({ block, active: true, depth: 2, work: '123', entry_ids: ids });
}
