import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlockParams, SearchQuery } from '../api/http-shapes.ts';
import { RecordsQuery } from '../api/record-shapes.ts';
import { checkParameters } from './parameter-check.ts';
import { Problem } from './problem.ts';

const WRONG: readonly (readonly [schema: object, texts: object, parameter: string, detail: RegExp])[] = [
  [RecordsQuery, { order: 'up' }, 'order', /^The parameter "order" must be asc or desc\.$/],
  [RecordsQuery, { limit: 'ten' }, 'limit', /must be a whole number, in digits and once\.$/],
  [RecordsQuery, { limit: ['1', '2'] }, 'limit', /must be a whole number, in digits and once\.$/],
  [RecordsQuery, { limit: '0' }, 'limit', /must be 1 or more\.$/],
  [RecordsQuery, { limit: '1001' }, 'limit', /must be 1000 or less\.$/],
  [RecordsQuery, { text: ['left', 'pad'] }, 'text', /stands more than once\.$/],
  [RecordsQuery, { id: 'zz' }, 'id', /must be: The id of an entry: 64 lower-case hex digits\.$/],
  [RecordsQuery, { where: Array(9).fill('/a=1') }, 'where', /stands more than 8 times\.$/],
  [RecordsQuery, { where: ['/a=1', 'x'.repeat(9_000)] }, 'where', /has more than 8192 characters\.$/],
  [RecordsQuery, { 'a/b': '1' }, 'a/b', /^There is no parameter "a\/b" here: these are author, id, from,/],
  [SearchQuery, {}, 'text', /^The parameter "text" is missing\.$/],
  [SearchQuery, { text: '' }, 'text', /is empty\.$/],
  [BlockParams, { port: '5001', block: 'last' }, 'block', /must be: A height on the active chain, or a hash of 64/],
];

for (const [schema, texts, parameter, detail] of WRONG) {
  test(`${JSON.stringify(texts).slice(0, 40)} is refused in words that say what ${parameter} must be`, () => {
    const check = checkParameters({ schema, method: 'GET', url: '/', httpPart: 'querystring' });
    const answer = check(texts);
    assert.ok(typeof answer === 'object' && 'error' in answer && answer.error instanceof Problem);
    assert.match(answer.error.message, detail);
    const { code, ['parameter']: named } = answer.error.body('/');
    assert.deepEqual([code, named], ['parameter-invalid', parameter]);
  });
}
