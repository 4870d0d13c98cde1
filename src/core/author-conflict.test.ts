import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertPresent } from './assert.ts';
import {
  type ConflictEvidence,
  EVIDENCE_BYTES_MAX,
  encodeConflictEvidence,
  parseConflictEvidence,
  verifyConflictEvidence,
} from './author-conflict.ts';
import { createSigner, type Signer } from './ed25519.ts';
import { type NewlySigned, signEntry } from './entry-signing.ts';
import { genesisHash } from './genesis.ts';
import type { Hash } from './hash.ts';
import { createParams, DEFAULT_PARAMS, type NetworkParams } from './params.ts';

const ALICE = createSigner(new Uint8Array(32).fill(1));
const BOB = createSigner(new Uint8Array(32).fill(2));
const OTHER_NETWORK = createParams({ name: 'other' });

function signed(
  json: string | Uint8Array,
  options: {
    readonly signer?: Signer;
    readonly sequence?: number;
    readonly previous?: Hash | undefined;
    readonly params?: NetworkParams;
  } = {},
): NewlySigned {
  const { signer = ALICE, sequence = 0, previous, params = DEFAULT_PARAMS } = options;
  const outcome = signEntry(Buffer.from(json), { signer, sequence, previous, params });
  assert.ok(outcome.ok);
  return outcome.value;
}

const FIRST = signed('{"a":1}');
const SECOND = signed('{"a":2}');
const NEXT = signed('{"a":3}', { sequence: 1, previous: FIRST.authorship.statement });

function evidence(one: Uint8Array, other: Uint8Array, params = DEFAULT_PARAMS): ConflictEvidence {
  return { params, author: ALICE.author, entries: [one, other] };
}

const TEXT = Buffer.from(encodeConflictEvidence(evidence(FIRST.bytes, SECOND.bytes))).toString();

function verdict(given: ConflictEvidence) {
  const parsed = parseConflictEvidence(encodeConflictEvidence(given));
  assert.ok(parsed.ok);
  assert.deepEqual(
    parsed.value.entries.map((bytes) => Buffer.from(bytes).toString()),
    given.entries.map((bytes) => Buffer.from(bytes).toString()),
  );
  return verifyConflictEvidence(parsed.value);
}

test('two entries with one number convict their author', () => {
  const verified = verdict(evidence(FIRST.bytes, SECOND.bytes));
  assert.deepEqual(verified, {
    ok: true,
    value: {
      network: 'cairn',
      genesis: genesisHash(DEFAULT_PARAMS),
      author: ALICE.author,
      conflict: {
        kind: 'sequence-twice',
        sequence: 0,
        earlier: FIRST.authorship.statement,
        later: SECOND.authorship.statement,
      },
    },
  });
});

test('two entries of which the later follows another convict their author, in either order', () => {
  for (const pair of [
    [SECOND, NEXT],
    [NEXT, SECOND],
  ] as const) {
    const verified = verdict(evidence(pair[0].bytes, pair[1].bytes));
    assert.ok(verified.ok);
    assert.deepEqual([verified.value.conflict.kind, verified.value.conflict.sequence], ['previous-other', 1]);
  }
});

test('an entry that others have signed, too, convicts nobody beside the same without them', () => {
  // Anybody can make either of the other: the author has signed one thing.
  const shared = signed(FIRST.bytes, { signer: BOB });
  assert.notEqual(shared.id, FIRST.id);
  const verified = verdict(evidence(FIRST.bytes, shared.bytes));
  assert.deepEqual(verified, { ok: false, fault: { code: 'evidence-no-conflict' } });
});

test('a proof of somebody else takes nothing from the evidence, however wrong it is', () => {
  const text = Buffer.from(signed(SECOND.bytes, { signer: BOB }).bytes).toString();
  const proofValues = [...text.matchAll(/"proofValue":"(z\w+)"/g)].map(([, value = '']) => value);
  const broken = text.replace(assertPresent(proofValues[1], 'there are two proofs'), proofValues[0] ?? '');
  assert.notEqual(broken, text);
  assert.ok(verdict(evidence(FIRST.bytes, Buffer.from(broken))).ok);
});

for (const [claim, given, code] of [
  ['an entry and itself', evidence(FIRST.bytes, FIRST.bytes), 'evidence-no-conflict'],
  ['an entry and the next one', evidence(FIRST.bytes, NEXT.bytes), 'evidence-no-conflict'],
  [
    'an entry of somebody else',
    evidence(FIRST.bytes, signed('{"a":2}', { signer: BOB }).bytes),
    'evidence-author-other',
  ],
  ['an entry that is not signed', evidence(FIRST.bytes, Buffer.from('{"a":2}')), 'evidence-author-other'],
  [
    'an entry for another network',
    evidence(FIRST.bytes, signed('{"a":2}', { params: OTHER_NETWORK }).bytes),
    'evidence-domain-other',
  ],
  ['both for another network', evidence(FIRST.bytes, SECOND.bytes, OTHER_NETWORK), 'evidence-domain-other'],
  [
    'an entry that was changed',
    evidence(FIRST.bytes, Buffer.from(Buffer.from(SECOND.bytes).toString().replace('"a":2', '"a":4'))),
    'evidence-signature-wrong',
  ],
] as const) {
  test(`${claim} is no evidence: ${code}`, () => {
    const verified = verdict(given);
    assert.equal(verified.ok ? 'ok' : verified.fault.code, code);
  });
}

test('a file of 1 MiB is read, and one byte more is not', () => {
  const padded = (sizeBytes: number) => parseConflictEvidence(Buffer.from(TEXT.padEnd(sizeBytes)));
  assert.ok(padded(1_048_576).ok);
  assert.deepEqual(padded(1_048_577), { ok: false, fault: { code: 'evidence-too-large', limitBytes: 1_048_576 } });
});

for (const [place, pair] of [
  [0, [Buffer.from('{"a":2}'), FIRST.bytes]],
  [1, [FIRST.bytes, Buffer.from('{"a":2}')]],
] as const) {
  test(`that the entry at the place ${place} is the wrong one is said`, () => {
    const verified = verdict(evidence(pair[0], pair[1]));
    assert.deepEqual(verified, { ok: false, fault: { code: 'evidence-author-other', entry: place } });
  });
}

test('white space and the order of members do not matter', () => {
  const { author, entries, format, network } = JSON.parse(TEXT);
  const spelt = JSON.stringify({ network, format, entries, author }, undefined, 2);
  const parsed = parseConflictEvidence(Buffer.from(spelt));
  assert.ok(parsed.ok);
  assert.equal(Buffer.from(encodeConflictEvidence(parsed.value)).toString(), TEXT);
});

for (const [claim, bytes, fault] of [
  [
    'a file that is too large',
    Buffer.alloc(EVIDENCE_BYTES_MAX + 1, ' '),
    { code: 'evidence-too-large', limitBytes: EVIDENCE_BYTES_MAX },
  ],
  ['what is no UTF-8', Buffer.from([0x22, 0xff, 0x22]), { code: 'evidence-not-utf8' }],
  ['what is no JSON', Buffer.from('{'), { code: 'evidence-not-json' }],
  ['a key that stands twice', edited('{"author"', '{"author":1,"author"'), { code: 'evidence-not-json' }],
  ['another format', edited('conflict/1', 'conflict/2'), { code: 'evidence-member-invalid', member: 'format' }],
  ['a member too much', edited('{"author"', '{"x":1,"author"'), { code: 'evidence-member-invalid', member: 'x' }],
  ['no author', edited(`"author":"${ALICE.author}",`, ''), { code: 'evidence-member-invalid', member: 'author' }],
  [
    'an author that is none',
    edited(ALICE.author, 'did:key:z6Mk'),
    { code: 'evidence-member-invalid', member: 'author' },
  ],
  [
    'entries that are none',
    edited('"entries":[', '"entries":["x",'),
    { code: 'evidence-member-invalid', member: 'entries' },
  ],
  ['an entry that cannot be one', edited('"a":1', '"a":1e400'), { code: 'evidence-entry-invalid', entry: 0 }],
  ['the other that cannot be one', edited('"a":2', '"a":1e400'), { code: 'evidence-entry-invalid', entry: 1 }],
  [
    'an entry that nests too deep',
    whole({ entries: [JSON.parse(`${'['.repeat(33)}${']'.repeat(33)}`), {}] }),
    { code: 'evidence-entry-invalid', entry: 0, fault: { code: 'json-depth', offset: 32, limit: 32 } },
  ],
  ['no entries', edited('"entries"', '"entry"'), { code: 'evidence-member-invalid', member: 'entry' }],
  ['no array of entries', whole({ entries: undefined }), { code: 'evidence-member-invalid', member: 'entries' }],
  ['a long name', whole({ ['x'.repeat(99)]: 1 }), { code: 'evidence-member-invalid', member: 'x'.repeat(64) }],
  ['one entry', whole({ entries: [1] }), { code: 'evidence-member-invalid', member: 'entries' }],
  ['an object of entries', whole({ entries: { 0: 1, 1: 2 } }), { code: 'evidence-member-invalid', member: 'entries' }],
  ['no network', whole({ network: undefined }), { code: 'evidence-member-invalid', member: 'network' }],
  ['a network that is none', edited('"half_life":600', '"half_life":0'), { code: 'evidence-network-invalid' }],
] as const) {
  test(`${claim} is refused`, () => {
    const parsed = parseConflictEvidence(bytes);
    assert.ok(!parsed.ok);
    assert.deepEqual({ ...parsed.fault, ...fault }, parsed.fault);
  });
}

test('whatever stands in a file, it is judged and not thrown at', () => {
  const mutation = fc.tuple(fc.nat(TEXT.length - 1), fc.nat(255), fc.nat(40));
  fc.assert(
    fc.property(mutation, ([at, byte, cut]) => {
      const bytes = Buffer.concat([
        Buffer.from(TEXT.slice(0, at)),
        Buffer.from([byte]),
        Buffer.from(TEXT.slice(at + cut)),
      ]);
      const parsed = parseConflictEvidence(bytes);
      if (!parsed.ok) return;
      const verified = verifyConflictEvidence(parsed.value);
      // What still holds says the same.
      if (verified.ok) assert.deepEqual(verified, verdict(evidence(FIRST.bytes, SECOND.bytes)));
    }),
    { seed: 20_261_122, numRuns: 400 },
  );
});

function edited(from: string, to: string): Buffer {
  assert.ok(TEXT.includes(from), from);
  return Buffer.from(TEXT.replace(from, () => to));
}

/** The evidence with other members in the place of its own. */
function whole(members: object): Buffer {
  return Buffer.from(JSON.stringify({ ...JSON.parse(TEXT), ...members }));
}
