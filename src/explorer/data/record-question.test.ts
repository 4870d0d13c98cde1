import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { missingIndexes, parseQuestion, questionOf, questionQuery } from './record-question.ts';
import { hrefTo, parseRoute } from './router.ts';

const AUTHOR = `did:key:z6Mk${'a'.repeat(44)}`;
const FULL = {
  author: AUTHOR,
  from: '2026-11-22',
  to: '2026-11-23T00:00:00Z',
  text: 'Left pad',
  where: '/kind=order\n/total>=20',
};

describe('a question about records', () => {
  it('is the same after a way through the address', () => {
    const { query } = parseRoute(hrefTo('records', { query: questionQuery(FULL) }));
    assert.deepEqual(questionOf(query), FULL);
    assert.deepEqual(questionOf({}), { author: '', from: '', to: '', text: '', where: '' });
  });

  it('leaves out of the address what is empty, and what people type around it', () => {
    const typed = { author: ' ', from: '', to: ' 2026-11-22 ', text: ' pad ', where: ' /a=1 \n\n /b=2\n' };
    assert.deepEqual(questionQuery(typed), {
      to: '2026-11-22',
      text: 'pad',
      where: '/a=1\n/b=2',
    });
  });

  it('is asked of the node as its interface has it', () => {
    const parsed = parseQuestion(FULL);
    assert.ok(parsed.ok);
    assert.deepEqual(parsed.value.query, [
      ['author', AUTHOR],
      ['from', '2026-11-22T00:00:00Z'],
      ['to', '2026-11-23T00:00:00Z'],
      ['text', 'left pad'],
      ['where', '/kind=order'],
      ['where', '/total>=20'],
    ]);
  });

  it('says what the node lacks to answer it at once', () => {
    const parsed = parseQuestion({ ...FULL, where: '/kind=order\n/total>=20\n/total<30' });
    assert.ok(parsed.ok);
    const { filter } = parsed.value;
    assert.deepEqual(missingIndexes(filter, { indexes: ['/kind'], full_text: true }), ['--index /total']);
    assert.deepEqual(missingIndexes(filter, { indexes: ['/total', '/kind'], full_text: false }), ['--full-text']);
    assert.deepEqual(missingIndexes({}, { indexes: [], full_text: false }), []);
  });

  for (const [name, text] of [
    ['author', 'me'],
    ['from', 'yesterday'],
    ['to', '1'],
    ['text', '--'],
    ['where', 'total>20'],
  ] as const) {
    it(`names its part that will not do: ${name} ${text}`, () => {
      const parsed = parseQuestion({ ...FULL, [name]: text });
      assert.equal(parsed.ok ? undefined : parsed.fault.parameter, name);
    });
  }
});
