/** Entries with proofs, right and nearly right: the rules and the second implementation come to the same verdict on any of them. */
import assert from 'node:assert/strict';
import { canonicalize } from '../../../src/core/canonical-json.ts';
import { createProofValue } from '../../../src/core/data-integrity.ts';
import { publicKeyOf } from '../../../src/core/did-key.ts';
import { verifyEd25519 } from '../../../src/core/ed25519.ts';
import { checkEntryRules, findBrokenEntry } from '../../../src/core/entry-rules.ts';
import { genesisHash } from '../../../src/core/genesis.ts';
import { hashLeaf } from '../../../src/core/merkle.ts';
import { createParams, DEFAULT_PARAMS } from '../../../src/core/params.ts';
import { authorsOf, parseSignedEntry } from '../../../src/core/signed-entry.ts';
import { paramsDocument } from '../../../src/simulator/params-document.ts';
import { isSignature } from '../../../src/simulator/second-implementation/curve.ts';
import { entryFault } from '../../../src/simulator/second-implementation/entries.ts';
import { entryDemands } from '../../../src/simulator/second-implementation/params.ts';
import { singleBody } from '../../../test/support/chain-fixture.ts';
import { ALICE, BOB, CAROL, signedEntry } from '../../../test/support/signers.ts';
import { ByteChoices } from '../byte-choices.ts';
import { bytesOf, type FuzzTarget } from '../target.ts';

export const SIGNED_ENTRY: FuzzTarget = {
  name: 'signed-entry',
  claim: 'an entry, whatever its proofs, has the authors and the fault that the second implementation finds',
  words: [],
  sizeMax: 60,
  weight: 1,
  seeds: () => [
    Buffer.of(0),
    Buffer.of(1, 0, 3),
    Buffer.of(2, 1, 0, 5, 2),
    Buffer.of(3, 1, 1, 2, 7, 1),
    Buffer.of(0, 1, 4),
  ],
  check(input) {
    const choices = new ByteChoices(input);
    const params = choices.pick(NETWORKS);
    const text = changed(choices.pick(BASES), choices);
    const bytes = bytesOf(text);
    const id = hashLeaf(bytes);
    const checked = checkEntryRules(bytes, id, params);
    const expected = entryFault(text, entryDemands(paramsDocument(params), genesisHash(params)));
    assert.equal(checked.ok ? undefined : checked.fault.code, expected, text);
    assert.equal(findBrokenEntry(singleBody(text), params)?.code, expected, 'and in a body as by itself');
    if (checked.ok) assert.deepEqual(authorsOf(bytes), checked.value, 'its authors are those who signed it');
  },
};

export const SIGNATURE: FuzzTarget = {
  name: 'signature',
  claim: 'a signature, with any byte of it or of the key another, is right where the second implementation finds it so',
  words: ['\x00', '\xff', '\xed\xff\xff', '\x7f', '\x80'],
  sizeMax: 160,
  weight: 1,
  seeds: () => [Buffer.of(0), Buffer.of(1, 5, 7), Buffer.of(3, 0, 255, 40, 128, 63, 16), Buffer.of(2, 33, 1, 34, 0)],
  check(input) {
    const choices = new ByteChoices(input);
    const { key, message, signature } = choices.pick(SIGNATURES);
    const all = Buffer.concat([key, signature]);
    for (let changes = choices.integer(3); changes > 0; changes--) {
      const at = choices.integer(all.length - 1);
      const piece = choices.flag() ? choices.bytes(32) : Buffer.of(choices.integer(255));
      all.set(piece.subarray(0, all.length - at), at);
    }
    const [publicKey, changedSignature] = [all.subarray(0, 32), all.subarray(32)];
    assert.equal(
      verifyEd25519({ publicKey, message, signature: changedSignature }),
      isSignature(publicKey, message, changedSignature),
    );
  },
};

/** `text` with some of what is in its proofs, or around them, changed, and signed again now and then. */
function changed(text: string, choices: ByteChoices): string {
  const entry: Record<string, unknown> = JSON.parse(text);
  for (let changes = choices.integer(3); changes > 0; changes--) {
    const under = entry['proof'];
    const proofs: readonly unknown[] = Array.isArray(under) && under.length > 0 ? under : [under];
    const proof = proofs[choices.integer(proofs.length - 1)];
    const members = isObject(proof) && choices.integer(3) > 0 ? proof : entry;
    const key = choices.pick(members === entry ? ENTRY_KEYS : PROOF_KEYS);
    switch (choices.integer(4)) {
      case 0:
        delete members[key];
        break;
      case 1:
        members[key] = structuredClone(choices.pick(VALUES));
        break;
      case 2:
        if (typeof members[key] === 'string') members[key] = nearly(members[key], choices);
        break;
      case 3:
        entry['proof'] = structuredClone(
          choices.pick([[], [proof], [proof, ...proofs], [...proofs, 7], proofs.slice(1)]),
        );
        break;
      default:
        if (typeof members[key] === 'number') members[key] += choices.pick([1, -1, 0.5, 2 ** 53]);
    }
  }
  const canonical = canonicalize(JSON.stringify(entry), DEFAULT_PARAMS);
  if (!canonical.ok) return text;
  return choices.flag() ? signedAgain(canonical.value, choices) : canonical.value;
}

/** With one of its proofs signed as it stands, if it follows the profile. */
function signedAgain(text: string, choices: ByteChoices): string {
  const signed = parseSignedEntry(bytesOf(text));
  if (signed?.ok !== true) return text;
  const { document, proofs } = signed.value;
  const chosen = choices.pick(proofs);
  const signer = [ALICE, BOB, CAROL].find(({ author }) => author === chosen.author) ?? ALICE;
  return text.replace(chosen.proofValue, createProofValue({ document, options: chosen.options }, signer));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function nearly(text: string, choices: ByteChoices): string {
  const at = choices.integer(text.length);
  const put = choices.pick(['', '0', '1', 'a', 'A', 'z', 'l', '#', ' ', 'é', '-', 'did:key:']);
  return text.slice(0, at) + put + text.slice(at + choices.integer(1));
}

const STRICT = createParams({
  name: 'strict',
  signatures: 'required',
  writers: [ALICE.author, BOB.author],
  stampBits: 1,
});
const NETWORKS = [DEFAULT_PARAMS, STRICT, createParams({ name: 'signed', signatures: 'required' })];

const BASES: readonly string[] = NETWORKS.flatMap((params) => {
  const one = textOf(signedEntry('{"a":1}', { params }).bytes);
  const two = textOf(signedEntry(one, { params, signer: BOB, sequence: 3, previous: genesisHash(params) }).bytes);
  const created = '2026-11-23T05:12:00Z';
  const told = textOf(signedEntry('{"@context":["x"],"stamp":1}', { params, signer: CAROL, created }).bytes);
  return [one, two, told];
});

const PROOF_KEYS = [
  ...['type', 'cryptosuite', 'proofPurpose', 'verificationMethod', 'domain', 'sequence', 'previous', 'proofValue'],
  ...['created', 'stamp', '@context', 'expires', ''],
];
const ENTRY_KEYS = ['a', 'proof', '@context', 'stamp', 'proof '];
const VALUES: readonly unknown[] = [
  ...[
    '',
    'DataIntegrityProof',
    'eddsa-jcs-2022',
    '2096-02-29T00:00:00Z',
    '2100-02-29T00:00:00Z',
    ['x'],
    ['DataIntegrityProof'],
  ],
  ...[0, 1, -1, 0.5, 2 ** 53 - 1, null, true, [], {}, { type: 'DataIntegrityProof' }],
  ...[ALICE, BOB, CAROL].map(({ author }) => `${author}#${author.slice('did:key:'.length)}`),
  ...NETWORKS.map(genesisHash),
];

const SIGNATURES = [ALICE, BOB].flatMap((signer, i) =>
  [0, 1, 200].map((sizeBytes) => {
    const message = Buffer.alloc(sizeBytes, i);
    const key = Buffer.from(publicKeyOf(signer.author));
    return { key, message, signature: Buffer.from(signer.sign(message)) };
  }),
);

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}
