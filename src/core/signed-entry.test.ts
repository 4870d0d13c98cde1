import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { entryOf } from '../../test/support/entry-fixture.ts';
import { BOB, signedEntry } from '../../test/support/signers.ts';
import { canonicalize } from './canonical-json.ts';
import { ZERO_HASH } from './hash.ts';
import { DEFAULT_PARAMS } from './params.ts';
import { authorsOf, findProofType, parseSignedEntry } from './signed-entry.ts';

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString();

test('who has signed is told of no entry whose proof breaks the profile, and of none without one', () => {
  const text = textOf(signedEntry('{"a":1}').bytes);
  assert.deepEqual(authorsOf(entryOf(text.replace('"sequence":0', '"sequence":-1')).bytes), []);
  for (const other of [
    '7',
    '{}',
    '"DataIntegrityProof"',
    `[${text}]`,
    `{"a":${text}}`,
    '{"proof":"DataIntegrityProof"}',
    '{"proof":[[{"type":"DataIntegrityProof"}]]}',
  ]) {
    assert.deepEqual(authorsOf(entryOf(other).bytes), [], other);
    assert.equal(parseSignedEntry(entryOf(other).bytes), undefined, other);
  }
});

const BROKEN: readonly (readonly [member: string, change: (proof: Record<string, unknown>) => unknown])[] = [
  ...['type', 'verificationMethod', 'domain', 'sequence', 'proofValue', 'cryptosuite', 'proofPurpose'].flatMap(
    (member) => [
      [member, (proof: object) => ({ ...proof, [member]: 7.5 })] as const,
      [
        member,
        (proof: Record<string, unknown>) => Object.fromEntries(Object.entries(proof).filter(([key]) => key !== member)),
      ] as const,
    ],
  ),
  ['type', () => 7],
  ['previous', (proof) => ({ ...proof, previous: ZERO_HASH })],
  ['previous', (proof) => ({ ...proof, sequence: 1 })],
  ['previous', (proof) => ({ ...proof, sequence: 1, previous: 'x' })],
  ['stamp', (proof) => ({ ...proof, stamp: -1 })],
  ['stamp', (proof) => ({ ...proof, stamp: '1' })],
  ['sequence', (proof) => ({ ...proof, sequence: '0' })],
  ['@context', (proof) => ({ ...proof, '@context': 'x' })],
  ['created', (proof) => ({ ...proof, created: 7 })],
  ['created', (proof) => ({ ...proof, created: '' })],
  ['created', (proof) => ({ ...proof, created: ' 2026-11-23T05:12:00Z' })],
  ['created', (proof) => ({ ...proof, created: '2026-11-23T05:12:00Z ' })],
  ['created', (proof) => ({ ...proof, created: '2026-11-31T05:12:00Z' })],
];
for (const [member, change] of BROKEN) {
  test(`${member} is named as what is wrong: ${change.toString().replaceAll(/\s+/g, ' ')}`, () => {
    const both = JSON.parse(textOf(signedEntry(textOf(signedEntry('{"a":1}').bytes), { signer: BOB }).bytes));
    const canonical = canonicalize(
      JSON.stringify({ ...both, proof: [both.proof[0], change(both.proof[1])] }),
      DEFAULT_PARAMS,
    );
    assert.ok(canonical.ok);
    assert.deepEqual(parseSignedEntry(entryOf(canonical.value).bytes), {
      ok: false,
      fault: { code: 'proof-member-invalid', proof: 1, member },
    });
  });
}

test('the member that is wrong is named, a long one by its beginning, with the place of its proof', () => {
  const first = textOf(signedEntry('{"a":1}').bytes);
  const text = textOf(signedEntry(first, { signer: BOB, sequence: 1, previous: ZERO_HASH }).bytes);
  // Where the beginning ends within a pair of surrogates, what is told is text all the same.
  for (const [key, member] of [
    ['x'.repeat(100), 'x'.repeat(64)],
    [`${'x'.repeat(63)}😀`, `${'x'.repeat(63)}\ufffd`],
  ]) {
    const broken = text.replace('"sequence":1,', `"sequence":1,"${key}":1,`);
    const canonical = canonicalize(broken, DEFAULT_PARAMS);
    assert.ok(canonical.ok);
    assert.deepEqual(parseSignedEntry(entryOf(canonical.value).bytes), {
      ok: false,
      fault: { code: 'proof-member-invalid', proof: 1, member },
    });
  }
});

test('the type of a proof is found at the first place where it stands, as a plain search finds it', () => {
  const word = '"DataIntegrityProof"';
  const part = fc.constantFrom(
    word,
    'a',
    '"',
    'Data',
    'DataIntegrityProof',
    'Proof"',
    '"DataIntegrity',
    'ProofDataf"',
    'é',
    'f',
  );
  const property = fc.property(fc.array(part, { maxLength: 12 }), fc.nat(40), (parts, from) => {
    const bytes = Buffer.from(parts.join(''));
    assert.equal(findProofType(bytes, from), from > bytes.length ? -1 : bytes.indexOf(word, from));
  });
  fc.assert(property, { seed: 20_261_122, numRuns: 2_000 });
});
