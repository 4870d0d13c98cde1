/** Evidence against authors with anything in it changed: nobody is convicted of what they have not signed. */
import assert from 'node:assert/strict';
import {
  encodeConflictEvidence,
  parseConflictEvidence,
  type VerifiedConflict,
  verifyConflictEvidence,
} from '../../../src/core/author-conflict.ts';
import { DEFAULT_PARAMS } from '../../../src/core/params.ts';
import { ALICE, BOB, signedEntry } from '../../../test/support/signers.ts';
import { ByteChoices } from '../byte-choices.ts';
import { changedText } from '../changed-text.ts';
import { type FuzzTarget, JSON_WORDS } from '../target.ts';

export const AUTHOR_EVIDENCE: FuzzTarget = {
  name: 'author-evidence',
  claim: 'evidence in which anything was changed proves nothing, or just what the one it was made of proves',
  words: JSON_WORDS,
  sizeMax: 80,
  weight: 1,
  seeds: () => [Buffer.of(0), Buffer.of(1, 2, 30, 8, 1), Buffer.of(0, 1, 200, 3, 40, 2), Buffer.of(2, 3, 99, 64, 7)],
  check(input) {
    const choices = new ByteChoices(input);
    let text = choices.pick(WHOLE);
    for (let changes = choices.integer(3); changes > 0; changes--) text = changedText(text, choices, WHOLE);
    const verdict = verdictOn(text);
    if (verdict !== undefined) assert.ok(PROVEN.has(verdict), text);
  },
};

/** What `text` proves; undefined where it proves nothing. */
function verdictOn(text: string): string | undefined {
  const evidence = parseConflictEvidence(Buffer.from(text, 'latin1'));
  if (!evidence.ok) return undefined;
  const written = Buffer.from(encodeConflictEvidence(evidence.value));
  const again = parseConflictEvidence(written);
  assert.ok(again.ok && written.equals(encodeConflictEvidence(again.value)), 'written and read, it is the same');
  const verified = verifyConflictEvidence(evidence.value);
  return verified.ok ? provenBy(verified.value) : undefined;
}

/** In either order of the two entries it is the same. */
function provenBy({ conflict, author, genesis }: VerifiedConflict): string {
  return JSON.stringify([author, genesis, conflict.kind, conflict.sequence, [conflict.earlier, conflict.later].sort()]);
}

const FIRST = signedEntry('{"a":1}');
const SHARED = signedEntry(new TextDecoder().decode(FIRST.bytes), { signer: BOB });
const OTHER = signedEntry('{"a":2}');
const ASTRAY = signedEntry('{"a":3}', { sequence: 1, previous: OTHER.authorship.statement });

/** The last pair is in order, and proves nothing. */
const WHOLE: readonly string[] = [
  [FIRST, OTHER],
  [SHARED, ASTRAY],
  [ASTRAY, OTHER],
].map(([one = FIRST, other = FIRST]) => {
  const evidence = { params: DEFAULT_PARAMS, author: ALICE.author, entries: [one.bytes, other.bytes] as const };
  return Buffer.from(encodeConflictEvidence(evidence)).toString('latin1');
});

/** Pieces of one may stand in the other: every pair of the entries that is in conflict may come out. */
const PROVEN: ReadonlySet<string | undefined> = new Set(
  [FIRST, SHARED, OTHER, ASTRAY].flatMap((one, i, all) =>
    all.slice(i + 1).map((other) => {
      const evidence = { params: DEFAULT_PARAMS, author: ALICE.author, entries: [one.bytes, other.bytes] as const };
      return verdictOn(Buffer.from(encodeConflictEvidence(evidence)).toString('latin1'));
    }),
  ),
);
