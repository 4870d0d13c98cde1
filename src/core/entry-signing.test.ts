import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryOf } from '../../test/support/entry-fixture.ts';
import { ALICE, BOB, CAROL, signedEntry, signerOf } from '../../test/support/signers.ts';
import { canonicalize } from './canonical-json.ts';
import { signEntry } from './entry-signing.ts';
import { isStamped } from './entry-stamp.ts';
import { genesisHash } from './genesis.ts';
import { type Hash, ZERO_HASH } from './hash.ts';
import { hashLeaf } from './merkle.ts';
import { createParams, DEFAULT_PARAMS } from './params.ts';
import { authorsOf } from './signed-entry.ts';

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString();

test('a signed entry is canonical, has what it had before, and says what was asked for', () => {
  const created = '2026-11-23T05:12:00Z';
  const { bytes, id, authorship } = signedEntry('{"a":1,"z":[]}', { sequence: 7, previous: ZERO_HASH, created });
  const text = textOf(bytes);
  assert.deepEqual(canonicalize(text, DEFAULT_PARAMS), { ok: true, value: text });
  const { proof, ...document } = JSON.parse(text);
  assert.deepEqual(document, { a: 1, z: [] });
  const { proofValue, verificationMethod, ...others } = proof;
  assert.deepEqual(others, {
    type: 'DataIntegrityProof',
    cryptosuite: 'eddsa-jcs-2022',
    proofPurpose: 'assertionMethod',
    domain: genesisHash(DEFAULT_PARAMS),
    sequence: 7,
    previous: ZERO_HASH,
    created,
  });
  assert.match(proofValue, /^z/);
  assert.equal(verificationMethod, `${ALICE.author}#${ALICE.author.slice('did:key:'.length)}`);
  assert.equal(id, hashLeaf(bytes));
  assert.deepEqual(authorship, { author: ALICE.author, sequence: 7, previous: ZERO_HASH, created, statement: id });
  assert.deepEqual(authorsOf(bytes), [authorship]);
});

test('a first statement names none before it, and says no time where none was given', () => {
  const { bytes, authorship } = signedEntry('{}');
  const { proof } = JSON.parse(textOf(bytes));
  assert.ok(!('previous' in proof) && !('created' in proof) && !('stamp' in proof) && !('@context' in proof));
  assert.deepEqual([authorship.previous, authorship.created], [undefined, undefined]);
  assert.deepEqual(authorsOf(bytes), [authorship]);
});

test('a context of the document stands in the proof as well', () => {
  const { bytes } = signedEntry('{"@context":["x",{"y":1}],"a":1}');
  assert.deepEqual(JSON.parse(textOf(bytes)).proof['@context'], ['x', { y: 1 }]);
  assert.equal(authorsOf(bytes).length, 1);
});

test('whoever signs beside others keeps their proofs and their statements, and makes an entry of another id', () => {
  const alone = signedEntry('{"a":1}');
  const both = signedEntry(textOf(alone.bytes), { signer: BOB, sequence: 2, previous: alone.id });
  const three = signedEntry(textOf(both.bytes), { signer: CAROL });
  assert.equal(JSON.parse(textOf(three.bytes)).proof.length, 3);
  assert.equal(new Set([alone.id, both.id, three.id]).size, 3);
  assert.deepEqual(authorsOf(three.bytes), [alone.authorship, both.authorship, three.authorship]);
  // The statement is the id that the entry has with this proof alone.
  const bobAlone = signedEntry('{"a":1}', { signer: BOB, sequence: 2, previous: alone.id });
  assert.equal(both.authorship.statement, bobAlone.id);
  assert.notEqual(both.authorship.statement, both.id);
});

test('eight authors may sign an entry, and a ninth may not', () => {
  let text = '{}';
  for (let number = 1; number <= 8; number++) text = textOf(signedEntry(text, { signer: signerOf(number) }).bytes);
  assert.equal(authorsOf(entryOf(text).bytes).length, 8);
  assert.deepEqual(sign(text, 9), { ok: false, fault: { code: 'proof-count', count: 9, limit: 8 } });
});

test('nobody signs twice, nor what has no room for a proof, nor what has something else in its place', () => {
  const text = textOf(signedEntry('{}').bytes);
  assert.deepEqual(sign(text, 1), { ok: false, fault: { code: 'proof-author-twice', author: ALICE.author } });
  const both = textOf(signedEntry(text, { signer: BOB }).bytes);
  for (const [number, { author }] of [ALICE, BOB].entries()) {
    assert.deepEqual(sign(both, number + 1), { ok: false, fault: { code: 'proof-author-twice', author } });
  }
  for (const other of ['7', '"x"', 'null', '[]', '[{}]']) {
    assert.deepEqual(sign(other, 1), { ok: false, fault: { code: 'sign-not-object' } }, other);
  }
  for (const proof of ['1', '{}', '[]', '{"type":"DataIntegrityProof"}', `[{"type":"DataIntegrityProof"}]`]) {
    assert.deepEqual(sign(`{"proof":${proof}}`, 1), { ok: false, fault: { code: 'sign-proof-taken' } }, proof);
  }
});

test('where the network asks for a stamp, it is looked for in the proof, from where one says and so far as one says', () => {
  const params = createParams({ name: 'stamped', stampBits: 5 });
  const whole = signedEntry('{"a":1}', { params });
  assert.ok(isStamped(whole.id, 5));
  const { stamp } = JSON.parse(textOf(whole.bytes)).proof;
  assert.ok(stamp > 0);
  const options = { signer: ALICE, sequence: 0, previous: undefined, params };
  const { bytes } = entryOf('{"a":1}');
  assert.deepEqual(signEntry(bytes, { ...options, search: { triesMax: stamp } }), {
    ok: false,
    fault: { code: 'stamp-not-found', next: stamp },
  });
  assert.deepEqual(signEntry(bytes, { ...options, search: { from: stamp, triesMax: 1 } }), { ok: true, value: whole });
});

test('an author who signs one thing has one statement, and for any other thing another one', () => {
  const statement = (options: Parameters<typeof signedEntry>[1], text = '{"a":1}') =>
    signedEntry(text, options).authorship.statement;
  const statements: Hash[] = [
    statement({}),
    statement({}, '{"a":2}'),
    statement({ signer: BOB }),
    statement({ sequence: 1, previous: ZERO_HASH }),
    statement({ sequence: 2, previous: ZERO_HASH }),
    statement({ sequence: 1, previous: 'f'.repeat(64) as Hash }),
    statement({ created: '2026-11-23T05:12:00Z' }),
    statement({ params: createParams({ name: 'other' }) }),
  ];
  assert.equal(new Set(statements).size, statements.length);
  assert.equal(statement({}), statements[0]);
});

function sign(text: string, number: number): ReturnType<typeof signEntry> {
  const options = { signer: signerOf(number), sequence: 0, previous: undefined, params: DEFAULT_PARAMS };
  return signEntry(entryOf(text).bytes, options);
}
