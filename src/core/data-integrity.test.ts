import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ALICE, BOB } from '../../test/support/signers.ts';
import { canonicalize } from './canonical-json.ts';
import {
  type CanonicalMembers,
  canonicalObject,
  createProofValue,
  signedBytes,
  verifyProofValue,
  withMember,
  withoutMember,
} from './data-integrity.ts';
import { parseDid, publicKeyOf } from './did-key.ts';
import { jsonValue, readMembers } from './json-text.ts';

const FOLDER = new URL('../../../shared/vectors/vc-di-eddsa/eddsa-jcs-2022/', import.meta.url);
const skip = existsSync(FOLDER) ? false : 'the vectors of the W3C are not beside the repository';

test('the example of the W3C has the document, the options, the hashes and the signature that are published', {
  skip,
}, () => {
  const signed = membersOf(read('signedJCS.json'));
  const proof = membersOf(signed.get('proof') ?? '');
  const matter = { document: withoutMember(signed, 'proof'), options: withoutMember(proof, 'proofValue') };
  assert.equal(canonicalObject(matter.document), read('canonDocJCS.txt'));
  assert.equal(canonicalObject(matter.options), read('proofCanonJCS.txt'));
  assert.equal(Buffer.from(signedBytes(matter)).toString('hex'), read('combinedHashJCS.txt'));
  const did = parseDid(methodOf(proof));
  assert.ok(did !== undefined);
  const value: string = JSON.parse(proof.get('proofValue') ?? '');
  assert.equal(value, read('sigBTC58JCS.txt'));
  assert.ok(verifyProofValue(matter, value, publicKeyOf(did)));
  const changed = { ...matter, document: withMember(matter.document, 'name', jsonValue('Alumni credential')) };
  assert.ok(!verifyProofValue(changed, value, publicKeyOf(did)));
});

test('a value that was signed is right for the document, the options and the key that it was made with', () => {
  const matter = { document: membersOf('{"a":1}'), options: membersOf('{"type":"x"}') };
  const value = createProofValue(matter, ALICE);
  assert.match(value, /^z[1-9A-HJ-NP-Za-km-z]{86,88}$/);
  const key = publicKeyOf(ALICE.author);
  assert.ok(verifyProofValue(matter, value, key));
  assert.ok(!verifyProofValue(matter, value, publicKeyOf(BOB.author)));
  assert.ok(!verifyProofValue({ ...matter, document: membersOf('{"a":2}') }, value, key));
  assert.ok(!verifyProofValue({ ...matter, options: membersOf('{"type":"y"}') }, value, key));
  // What stands on the left must not do on the right.
  assert.ok(!verifyProofValue({ document: matter.options, options: matter.document }, value, key));
  for (const other of [
    '',
    'z',
    value.slice(1),
    `m${value.slice(1)}`,
    `${value}1`,
    `z1${value.slice(1)}`,
    value.slice(0, -1),
  ]) {
    assert.ok(!verifyProofValue(matter, other, key), other);
  }
});

test('members are put in and taken out in canonical order', () => {
  const members = membersOf('{"10":1,"9":2,"a":3,"\u{1f600}":4,"\ue000":5}');
  for (const key of ['', '1', '95', 'b', '__proto__', '\u{1f601}', '\uffff']) {
    const text = canonicalObject(withMember(members, key, jsonValue(0)));
    assert.deepEqual(canonicalize(text, { depthMax: 1 }), { ok: true, value: text });
    assert.equal(canonicalObject(withoutMember(withMember(members, key, jsonValue(0)), key)), canonicalObject(members));
  }
  assert.equal(
    canonicalObject(withMember(members, '9', jsonValue(7))),
    '{"10":1,"9":7,"a":3,"\u{1f600}":4,"\ue000":5}',
  );
  assert.equal(canonicalObject(new Map()), '{}');
});

/** The members of any JSON object, in canonical form. */
function membersOf(text: string): CanonicalMembers {
  const canonical = canonicalize(text, { depthMax: 32 });
  const members = readMembers(canonical.ok ? canonical.value : '');
  assert.ok(members.ok, text);
  return members.value;
}

function methodOf(proof: CanonicalMembers): string {
  const method: string = JSON.parse(proof.get('verificationMethod') ?? '""');
  return method.slice(0, method.indexOf('#'));
}

function read(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8').trim();
}
