import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALICE } from '../../test/support/signers.ts';
import { describeEntryRuleFault } from './entry-rule-text.ts';
import type { EntryRuleFault } from './entry-rules.ts';
import { ZERO_HASH } from './hash.ts';

const { author } = ALICE;
const FAULTS: readonly (readonly [fault: EntryRuleFault, said: RegExp])[] = [
  [{ code: 'proof-count', count: 9, limit: 8 }, /9 proofs.* 2 to 8 /],
  [{ code: 'proof-member-invalid', proof: 1, member: 'a"b' }, /proof 1 the member "a\\"b"/],
  [{ code: 'proof-author-twice', author }, /has signed the entry twice/],
  [{ code: 'proof-domain-other', domain: ZERO_HASH, expected: 'f'.repeat(64) as never }, /genesis 0{64}.*one is f{64}/],
  [{ code: 'proof-signature-wrong', author }, /does not fit the entry/],
  [{ code: 'proof-missing' }, /signed entries only/],
  [{ code: 'writer-unknown', author }, /may not write/],
  [{ code: 'stamp-too-low', id: ZERO_HASH, bits: 12 }, /begin with 12 zero bits/],
];

for (const [fault, said] of FAULTS) {
  test(`a person is told of ${fault.code} in a sentence with its facts`, () => {
    const text = describeEntryRuleFault(fault);
    assert.match(text, said);
    assert.match(text, /^[A-Zd].*\.$/);
    if ('author' in fault) assert.ok(text.includes(author));
  });
}

test('a fault that nobody knows is a mistake of ours', () => {
  assert.throws(() => describeEntryRuleFault({ code: 'other' } as never), {
    message: 'unhandled case: {"code":"other"}',
  });
});
