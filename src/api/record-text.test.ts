import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Value } from 'typebox/value';
import type { JsonText } from '../core/json-text.ts';
import { hashLeaf } from '../core/merkle.ts';
import { RecordShape } from './record-shapes.ts';
import { recordText } from './record-text.ts';

const PLACE = { id: hashLeaf(new Uint8Array(1)), height: 7, hash: hashLeaf(new Uint8Array(2)), index: 3 };
const AUTHOR = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK';

test('a record has its place, its time and its authors, and its data as they stand', () => {
  const previous = hashLeaf(new Uint8Array(3));
  const authors = [
    { author: AUTHOR, sequence: 0, previous: undefined },
    { author: AUTHOR, sequence: 9, previous },
  ];
  const data = '{"10":1,"9":1e+21,"__proto__":["\\u0000"]}' as JsonText;
  const text = recordText({ ...PLACE, time: 1_795_305_600, authors, data });
  assert.ok(text.endsWith(`,"data":${data}}`));
  const { data: _, ...record } = JSON.parse(text);
  assert.deepEqual(record, {
    ...PLACE,
    time: '2026-11-22T00:00:00Z',
    authors: [
      { author: AUTHOR, sequence: 0 },
      { author: AUTHOR, sequence: 9, previous },
    ],
  });
  assert.ok(Value.Check(RecordShape, JSON.parse(text)));
});

test('each record has the time of its own block', () => {
  const texts = [1, 2, 2, 1].map((time) => recordText({ ...PLACE, time, authors: [], data: '0' as JsonText }));
  assert.deepEqual(
    texts.map((text) => JSON.parse(text).time.slice(-3)),
    ['01Z', '02Z', '02Z', '01Z'],
  );
});
