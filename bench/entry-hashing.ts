/** From what somebody submits to the id of the entry: canonical JSON and a hash. */
import { createHash } from 'node:crypto';
import canonicalizePackage from 'canonicalize';
import { sha256Hex } from '#host';
import { assert } from '../src/core/assert.ts';
import { canonicalizeBytes } from '../src/core/canonical-json.ts';
import { hashLeaf } from '../src/core/merkle.ts';
import { type Comparison, repeated } from './harness.ts';
import { auditEvent, order, type RecordJson, readings } from './records.ts';

/** Expected before the first run, from measurements of the parts: see RESULTS.md. */
const SIZES = [
  { make: auditEvent, perSecond: { unsorted: 400_000, sorted: 700_000 }, ratio: { unsorted: 2.2, sorted: 3.5 } },
  { make: order, perSecond: { unsorted: 90_000, sorted: 160_000 }, ratio: { unsorted: 2.2, sorted: 3.5 } },
  { make: readings, perSecond: { unsorted: 10_000, sorted: 18_000 }, ratio: { unsorted: 2.2, sorted: 3.5 } },
];

export function entryHashing(): Comparison[] {
  return SIZES.flatMap(({ make, perSecond, ratio }) => [
    comparison({ make, order: 'unsorted', perSecond: perSecond.unsorted, ratio: ratio.unsorted }),
    comparison({ make, order: 'sorted', perSecond: perSecond.sorted, ratio: ratio.sorted }),
  ]);
}

function comparison(options: {
  readonly make: (number: number) => RecordJson;
  readonly order: 'unsorted' | 'sorted';
  readonly perSecond: number;
  readonly ratio: number;
}): Comparison {
  const records = Array.from({ length: RECORDS }, (_, number) => options.make(number));
  const canonical = records.map((record) => canonicalText(record));
  const texts = options.order === 'sorted' ? canonical : records.map((record) => JSON.stringify(record));
  const submissions = texts.map((text) => new TextEncoder().encode(text));
  for (const [i, submission] of submissions.entries()) {
    const ours = new TextDecoder().decode(ourBytes(submission));
    assert(ours === canonical[i], 'both ways give the same bytes');
    assert(ourHash(submission) === theirHash(submission), 'both ways give the same hash');
  }
  const meanBytes = submissions.reduce((sum, { length }) => sum + length, 0) / RECORDS;
  const state = options.order === 'sorted' ? 'already canonical' : 'with unsorted keys';
  return {
    name: `canonicalise and hash entries of ${Math.round(meanBytes)} bytes, ${state}`,
    unit: 'entries',
    unitBytes: meanBytes,
    variants: [
      repeated(
        'canonicalizeBytes + sha256Hex, from bytes',
        RECORDS,
        () => {
          for (const submission of submissions) ourHash(submission);
        },
        { expectedPerSecond: options.perSecond },
      ),
      repeated('canonicalizeBytes + hashLeaf (the id), from bytes', RECORDS, () => {
        for (const submission of submissions) hashLeaf(ourBytes(submission));
      }),
      repeated(
        'JSON.parse + canonicalize 5.1.0 + createHash, from bytes',
        RECORDS,
        () => {
          for (const submission of submissions) theirHash(submission);
        },
        { expectedRatio: options.ratio },
      ),
      repeated('canonicalize 5.1.0 + createHash, from a parsed object', RECORDS, () => {
        for (const record of records) createHash('sha256').update(canonicalText(record)).digest('hex');
      }),
    ],
  };
}

function ourBytes(submission: Uint8Array): Uint8Array {
  const canonical = canonicalizeBytes(submission, { depthMax: 32 });
  assert(canonical.ok, 'the records are JSON');
  return canonical.value;
}

function ourHash(submission: Uint8Array): string {
  return sha256Hex(ourBytes(submission));
}

/** What a user of the packages would write. */
function theirHash(submission: Uint8Array): string {
  const text = Buffer.from(submission.buffer, submission.byteOffset, submission.byteLength).toString('utf8');
  return createHash('sha256')
    .update(canonicalText(JSON.parse(text)))
    .digest('hex');
}

function canonicalText(value: unknown): string {
  const text = canonicalizePackage(value);
  assert(text !== undefined, 'the records are JSON');
  return text;
}

const RECORDS = 64;
