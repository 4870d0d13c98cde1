/** The vectors of authors: records and what is shown by them, and evidence of conflicts, good and bad. */
import { encodeUtf8 } from '#host';
import { AuthorChain } from '../src/core/author-chain.ts';
import { encodeConflictEvidence, parseConflictEvidence, verifyConflictEvidence } from '../src/core/author-conflict.ts';
import type { Hash } from '../src/core/hash.ts';
import { createParams, DEFAULT_PARAMS } from '../src/core/params.ts';
import { authorsOf } from '../src/core/signed-entry.ts';
import { ALICE, BOB, signedEntry } from '../test/support/signers.ts';

/** What is in `authors.json`. */
export function authorVectors(): unknown {
  const records = [
    [],
    [FIRST, NEXT, LAST],
    // As they come, and as often.
    [LAST, FIRST, NEXT, FIRST],
    [FIRST, SHARED],
    [FIRST, LAST],
    [NEXT],
    [FIRST, SECOND, NEXT],
    [FIRST, OTHER_NEXT, LAST],
  ];
  const valid = [
    [FIRST, SECOND],
    [SECOND, NEXT],
    [NEXT, SECOND],
    [SHARED, SECOND],
  ].map((entries) => evidenceOf(entries));
  const [good = ''] = valid;
  const refused = [
    evidenceOf([FIRST, FIRST]),
    evidenceOf([FIRST, NEXT]),
    evidenceOf([FIRST, SHARED]),
    evidenceOf([FIRST, LAST]),
    evidenceOf([FIRST, signedEntry('{"a":2}', { signer: BOB }).bytes]),
    evidenceOf([FIRST, encodeUtf8('{"a":2}')]),
    evidenceOf([FIRST, signedEntry('{"a":2}', { params: createParams({ name: 'other' }) }).bytes]),
    good.replace('{"a":2,', '{"a":4,'),
    good.replace('{"a":2,', '{"a":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]],'),
    good.replace('cairn/author-conflict/1', 'cairn/author-conflict/2'),
    good.replace('{"author"', '{"at":1,"author"'),
    good.replace('"name":"cairn"', '"name":"Cairn"'),
    good.replace(/"author":"did:key:z/, '"author":"did:key:y'),
    good.replace('{"author"', '{"format":"cairn/author-conflict/1","author"'),
    '[]',
  ];
  return {
    records: records.map((entries) => ({
      author: ALICE.author,
      entries: entries.map(textOf),
      ...judgeRecord(entries),
    })),
    conflicts: valid.map((evidence) => ({ evidence, ...judgeEvidence(evidence) })),
    refused: refused.map((evidence) => ({ evidence, ...judgeEvidence(evidence) })),
  };
}

/** What the entries show of ALICE's record. */
export function judgeRecord(entries: readonly Uint8Array[]) {
  const chain = new AuthorChain();
  for (const entry of entries) for (const step of authorsOf(entry)) if (step.author === ALICE.author) chain.add(step);
  const { count, last, missing, gaps, conflicts } = chain.report();
  return { count, last: last ?? null, missing, gaps, conflicts };
}

/** What the evidence proves, or the code of what is wrong with it. */
export function judgeEvidence(text: string) {
  const parsed = parseConflictEvidence(encodeUtf8(text));
  const verified = parsed.ok ? verifyConflictEvidence(parsed.value) : parsed;
  if (!verified.ok) return { code: verified.fault.code };
  const { genesis, author, conflict } = verified.value;
  return { genesis, author, conflict };
}

function evidenceOf([one = FIRST, other = FIRST]: readonly Uint8Array[]): string {
  return textOf(encodeConflictEvidence({ params: DEFAULT_PARAMS, author: ALICE.author, entries: [one, other] }));
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

/** By ALICE, after the statement `previous`. */
function statement(text: string, sequence: number, previous: Hash): { readonly bytes: Uint8Array; readonly id: Hash } {
  return signedEntry(text, { sequence, previous });
}

const { bytes: FIRST, id: FIRST_ID } = signedEntry('{"a":1}');
const { bytes: SECOND, id: SECOND_ID } = signedEntry('{"a":2}');
const { bytes: NEXT, id: NEXT_ID } = statement('{"b":1}', 1, FIRST_ID);
const { bytes: OTHER_NEXT } = statement('{"b":2}', 1, SECOND_ID);
const { bytes: LAST } = statement('{"c":1}', 2, NEXT_ID);
/** The same statement of ALICE's in another entry: BOB has signed it, too. */
const { bytes: SHARED } = signedEntry(textOf(FIRST), { signer: BOB });
