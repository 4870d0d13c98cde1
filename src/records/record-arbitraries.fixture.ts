/** Entries and questions that often meet: few numbers, few words, few authors. */
import fc from 'fast-check';
import { bodyOf } from '../../test/support/chain-fixture.ts';
import { ALICE, BOB, signedEntry } from '../../test/support/signers.ts';
import type { FieldCondition, RecordFilter } from '../api/record-filter.ts';
import { assertPresent } from '../core/assert.ts';
import { entryIds } from '../core/body.ts';

export const SIGNERS = [ALICE, BOB];
/** Of the fields that are indexed. */
export const POINTERS = ['/n', '/word', '/deep/0'];

/** Two of them are the same to an index, which keeps their beginnings. */
const WORDS = ['', 'a', 'ab', 'x'.repeat(200), `${'x'.repeat(200)}y`, 'z', '\uffee', '\u{1f600}'];

/** Several are the same words, and one is of two. */
export const NOTES = ['left', 'LEFT', 'pad', 'left-pad', 'straße', 'STRASSE', 'ΟΔΟΣ', 'οδος', '東京', '7'];

/** Entries that meet each other's conditions often: few numbers, few words, some fields missing, some signed. */
const entryText = fc
  .record(
    {
      n: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(1.5, 1e21, '1', true, null)),
      word: fc.constantFrom(...WORDS),
      deep: fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2 }),
      other: fc.integer({ min: 0, max: 2 }),
      note: fc.array(fc.constantFrom(...NOTES), { maxLength: 4 }).map((words) => words.join(', ')),
      deeper: fc.record({ note: fc.constantFrom(...NOTES) }),
    },
    { requiredKeys: [] },
  )
  .map((value) => JSON.stringify(value));
const entry = fc
  .tuple(entryText, fc.integer({ min: 0, max: 5 }))
  .map(([text, who]) => (SIGNERS[who] === undefined ? text : signed(text, who)));
/** Bodies of some such entries. */
export const bodies = fc.array(
  fc.array(entry, { maxLength: 5 }).map((texts) => bodyOf(...texts)),
  { minLength: 1, maxLength: 6 },
);

/** The entry `text`, signed by one of `SIGNERS`. */
export function signed(text: string, who: number): string {
  const { bytes } = signedEntry(text, { signer: assertPresent(SIGNERS[who], 'a signer') });
  return Buffer.from(bytes).toString();
}

const number = fc.integer({ min: -3, max: 3 });
const word = fc.constantFrom(...WORDS);
const comparison = fc.constantFrom('<' as const, '<=' as const, '>' as const, '>=' as const);
const condition: fc.Arbitrary<FieldCondition> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ pointer: fc.constant('/n'), op: comparison, value: number }) },
  { weight: 3, arbitrary: fc.record({ pointer: fc.constant('/word'), op: comparison, value: word }) },
  fc.record({
    pointer: fc.constantFrom(...POINTERS, '/other', '/nothing', '/deep'),
    op: comparison,
    value: fc.oneof(number, word),
  }),
  fc.record({
    pointer: fc.constantFrom(...POINTERS, '/other', '/nothing'),
    op: fc.constant('=' as const),
    value: fc.oneof(number, word, fc.constantFrom(true, null, 1.5)),
  }),
);
const parts = {
  author: fc.constantFrom(...SIGNERS.map(({ author }) => String(author))),
  id: fc.constantFrom(...entryIds(bodyOf('{}', '{"n":1}', '{"word":"a"}'))),
  from: fc.integer({ min: 960, max: 1_900 }),
  to: fc.integer({ min: 960, max: 1_900 }),
  text: fc
    .uniqueArray(fc.constantFrom('left', 'pad', 'strasse', 'οδοσ', '東京', '7', 'z', 'none'), {
      minLength: 1,
      maxLength: 3,
    })
    .map((words) => words.join(' ')),
};
/** What can be asked of them, narrow and wide. */
export const filter: fc.Arbitrary<RecordFilter> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ where: fc.array(condition, { minLength: 1, maxLength: 1 }) }) },
  { weight: 2, arbitrary: fc.record({ where: fc.array(condition, { minLength: 2, maxLength: 3 }) }) },
  fc.record({ from: parts.from, where: fc.array(condition, { minLength: 1, maxLength: 1 }) }),
  fc.record({ author: parts.author }),
  fc.record({ id: parts.id }),
  { weight: 3, arbitrary: fc.record({ text: parts.text }) },
  fc.record({ text: parts.text, where: fc.array(condition, { minLength: 1, maxLength: 1 }) }),
  fc.record({ from: parts.from, to: parts.to }, { requiredKeys: [] }),
  fc.record(parts, { requiredKeys: [] }),
);
