import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readRecordsStory, readStreamNews, textWithoutProof } from './record-view.ts';

const HASH = 'ab'.repeat(32);
const AUTHOR = `did:key:z6Mk${'a'.repeat(44)}`;
const RECORD = {
  id: HASH,
  height: 7,
  hash: HASH,
  index: 2,
  time: '2026-11-22T13:37:00Z',
  authors: [{ author: AUTHOR, sequence: 0 }],
  data: 'DATA',
};
const PAGE = { records: [RECORD], next: 'more', order_by: 'place', looked_at: 3, indexed_to: 9, reorganised: false };

describe('records as the gateway tells them', () => {
  it('keep their JSON as it was written', () => {
    const data = '{"9":1,"10":1e2,"__proto__":{"x":1}}';
    const story = readRecordsStory(JSON.stringify(PAGE).replace('"DATA"', data));
    const { data: _, ...told } = RECORD;
    assert.deepEqual(story?.records, [{ ...told, authors: [AUTHOR], text: data, sizeBytes: data.length }]);
    assert.deepEqual([story?.next, story?.lookedAt, story?.indexedTo, story?.isReorganised], ['more', 3, 9, false]);
  });

  it('end where nothing comes next', () => {
    const story = readRecordsStory(JSON.stringify({ ...PAGE, records: [], next: null, indexed_to: -1 }));
    assert.deepEqual([story?.records, story?.next, story?.indexedTo], [[], undefined, -1]);
  });

  it('come and go in a stream, which says how far it is', () => {
    const cursor = `7-${HASH}-3`;
    const added = readStreamNews(JSON.stringify({ type: 'added', cursor, record: RECORD }));
    assert.ok(added?.type === 'added' && added.cursor === cursor && added.record.text === '"DATA"');
    assert.equal(readStreamNews(JSON.stringify({ type: 'removed', cursor, record: RECORD }))?.type, 'removed');
    const position = { type: 'position', cursor, tip: { height: 7, hash: HASH }, caught_up: true };
    assert.deepEqual(readStreamNews(JSON.stringify(position)), { type: 'position', tipHeight: 7, isCaughtUp: true });
  });

  const unreadable: readonly [string, unknown][] = [
    ['no object', []],
    ['without records', { ...PAGE, records: undefined }],
    ['with an id that is none', { ...PAGE, records: [{ ...RECORD, id: 'x' }] }],
    ['with an author that is no text', { ...PAGE, records: [{ ...RECORD, authors: [{ author: 5 }] }] }],
    ['with a height below 0', { ...PAGE, records: [{ ...RECORD, height: -1 }] }],
    ['with a cursor that is no text', { ...PAGE, next: 5 }],
  ];
  for (const [what, page] of unreadable) {
    it(`that are ${what} are not read at all`, () => {
      assert.equal(readRecordsStory(JSON.stringify(page)), undefined);
    });
  }

  it('and news of a kind that there is not are passed over', () => {
    assert.equal(readStreamNews('{"type":"invented"}'), undefined);
    assert.equal(readStreamNews('no JSON'), undefined);
  });
});

describe('the text of a signed entry for a glance', () => {
  it('is all but the proof', () => {
    assert.equal(
      textWithoutProof('{"10":1,"9":[{"proof":1}],"proof":{"type":"x"},"total":1e2}'),
      '{"10":1,"9":[{"proof":1}],"total":1e2}',
    );
  });

  it('is as it is where there can be no proof', () => {
    for (const text of ['"proof"', '[{"proof":1}]', '{"a":1}']) assert.equal(textWithoutProof(text), text);
  });
});
