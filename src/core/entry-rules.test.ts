import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, singleBody } from '../../test/support/chain-fixture.ts';
import { entryOf } from '../../test/support/entry-fixture.ts';
import { ALICE, BOB, CAROL, signedEntry } from '../../test/support/signers.ts';
import { GENESIS_BODY } from './body.ts';
import { checkEntryRules, findBrokenEntry } from './entry-rules.ts';
import { isStamped } from './entry-stamp.ts';
import { genesisHash } from './genesis.ts';
import type { Hash } from './hash.ts';
import { createParams, DEFAULT_PARAMS, type NetworkParams } from './params.ts';

const SIGNED_ONLY = createParams({ name: 'signed', signatures: 'required' });
const WRITERS = createParams({ name: 'writers', signatures: 'required', writers: [ALICE.author, BOB.author].sort() });
const STAMPED = createParams({ name: 'stamped', stampBits: 4 });

function codeOf(text: string, params: NetworkParams = DEFAULT_PARAMS): string | undefined {
  const { bytes, id } = entryOf(text);
  const checked = checkEntryRules(bytes, id, params);
  return checked.ok ? undefined : checked.fault.code;
}

function signed(text: string, options: Parameters<typeof signedEntry>[1] = {}): string {
  return Buffer.from(signedEntry(text, options).bytes).toString();
}

test('an unsigned entry has no authors, and a signed one has those who signed it, in their order', () => {
  const plain = entryOf('{"a":1}');
  assert.deepEqual(checkEntryRules(plain.bytes, plain.id, DEFAULT_PARAMS), { ok: true, value: [] });
  const first = signedEntry('{"a":1}');
  const both = signedEntry(Buffer.from(first.bytes).toString(), { signer: BOB });
  assert.deepEqual(checkEntryRules(first.bytes, first.id, DEFAULT_PARAMS), { ok: true, value: [first.authorship] });
  assert.deepEqual(checkEntryRules(both.bytes, both.id, DEFAULT_PARAMS), {
    ok: true,
    value: [first.authorship, both.authorship],
  });
});

test('an entry of another network is refused, and both networks are named', () => {
  const { bytes, id } = signedEntry('{"a":1}', { params: SIGNED_ONLY });
  const fault = { code: 'proof-domain-other', domain: genesisHash(SIGNED_ONLY), expected: genesisHash(DEFAULT_PARAMS) };
  assert.deepEqual(checkEntryRules(bytes, id, DEFAULT_PARAMS), { ok: false, fault });
  assert.equal(codeOf(signed('{"a":1}', { params: SIGNED_ONLY }), SIGNED_ONLY), undefined);
});

test('a signature that does not fit is refused with its author, also where it stands beside one that fits', () => {
  const text = signed(signed('{"a":1}'), { signer: BOB });
  assert.equal(codeOf(text), undefined);
  const { proof } = JSON.parse(text);
  const forged = text.replace(proof[1].proofValue, proof[0].proofValue);
  const { bytes, id } = entryOf(forged);
  assert.deepEqual(checkEntryRules(bytes, id, DEFAULT_PARAMS), {
    ok: false,
    fault: { code: 'proof-signature-wrong', author: BOB.author },
  });
  assert.equal(codeOf(text.replace('"a":1', '"a":2')), 'proof-signature-wrong');
});

test('a network may want every entry signed', () => {
  for (const text of ['7', '"x"', '{}', '{"proof":[]}', '{"proof":{"type":"x"}}']) {
    assert.equal(codeOf(text, SIGNED_ONLY), 'proof-missing', text);
    assert.equal(codeOf(text), undefined, text);
  }
  assert.equal(codeOf(signed('{}', { params: SIGNED_ONLY, signer: CAROL }), SIGNED_ONLY), undefined);
});

test('a network may name who writes: then nobody else signs, not even beside a writer', () => {
  const params = WRITERS;
  const text = signed('{}', { params });
  assert.equal(codeOf(text, params), undefined);
  assert.equal(codeOf(signed(text, { params, signer: BOB }), params), undefined);
  const { bytes, id } = signedEntry(text, { params, signer: CAROL });
  assert.deepEqual(checkEntryRules(bytes, id, params), {
    ok: false,
    fault: { code: 'writer-unknown', author: CAROL.author },
  });
  assert.equal(codeOf(signed('{}', { params, signer: CAROL }), params), 'writer-unknown');
  assert.equal(codeOf('{}', params), 'proof-missing');
});

test('a network may ask for a stamp of work, signed or not, and says for how much', () => {
  const params = STAMPED;
  const stamped = signedEntry('{"a":1}', { params });
  assert.ok(isStamped(stamped.id, 4));
  assert.ok(checkEntryRules(stamped.bytes, stamped.id, params).ok);
  const texts = Array.from({ length: 64 }, (_, i) => `{"a":${i}}`);
  const judged = Map.groupBy(texts, (text) => codeOf(text, params));
  assert.deepEqual([...judged.keys()].sort(), ['stamp-too-low', undefined]);
  const { bytes, id } = entryOf(judged.get('stamp-too-low')?.[0] ?? '');
  assert.deepEqual(checkEntryRules(bytes, id, params), { ok: false, fault: { code: 'stamp-too-low', id, bits: 4 } });
});

test('the first broken entry of a body is named by its place, wherever it stands', () => {
  const good = signed('{"a":1}');
  const bad = good.replace('"a":1', '"a":2');
  const fault = (entry: number) => ({ code: 'proof-signature-wrong', author: ALICE.author, entry });
  assert.equal(findBrokenEntry(bodyOf(), DEFAULT_PARAMS), undefined);
  assert.equal(findBrokenEntry(bodyOf('1', good, '2', good), DEFAULT_PARAMS), undefined);
  assert.deepEqual(findBrokenEntry(bodyOf(bad), DEFAULT_PARAMS), fault(0));
  assert.deepEqual(findBrokenEntry(bodyOf(good, '7', '"DataIntegrityProof"', bad, bad), DEFAULT_PARAMS), fault(3));
  assert.deepEqual(findBrokenEntry(bodyOf(...Array<string>(9).fill('{"a":1}'), bad, '7'), DEFAULT_PARAMS), fault(9));
  assert.deepEqual(findBrokenEntry(singleBody(bad), DEFAULT_PARAMS), fault(0));
  assert.equal(findBrokenEntry(singleBody(good), DEFAULT_PARAMS), undefined);
  assert.equal(findBrokenEntry(GENESIS_BODY, WRITERS), undefined);
});

test('where the network demands something, every entry of a body is judged', () => {
  const good = signed('{"a":1}', { params: SIGNED_ONLY });
  assert.deepEqual(findBrokenEntry(bodyOf(good, good, '7'), SIGNED_ONLY), { code: 'proof-missing', entry: 2 });
  assert.equal(findBrokenEntry(bodyOf(good, good), SIGNED_ONLY), undefined);
  const stamped = Buffer.from(signedEntry('{}', { params: STAMPED }).bytes).toString();
  assert.equal(findBrokenEntry(bodyOf(stamped), STAMPED), undefined);
  assert.equal(findBrokenEntry(bodyOf(stamped, '{"a":0}', '{"a":1}', '{"a":2}'), STAMPED)?.code, 'stamp-too-low');
});

test('a network that asks for one bit asks for it of every entry', () => {
  const params = createParams({ name: 'one-bit', stampBits: 1 });
  const found = Array.from({ length: 16 }, (_, i) => findBrokenEntry(bodyOf(String(i)), params)?.code);
  assert.deepEqual([...new Set(found)].sort(), ['stamp-too-low', undefined]);
});

test('an entry that is known is not judged again, and each of the others is', () => {
  const bad = signed('{"a":1}').replace('"a":1', '"a":2');
  const asked: Hash[] = [];
  const isChecked = (id: Hash) => {
    asked.push(id);
    return id === entryOf(bad).id;
  };
  assert.equal(findBrokenEntry(bodyOf('1', bad, '2'), DEFAULT_PARAMS, isChecked), undefined);
  assert.deepEqual(asked, [entryOf(bad).id]);
  assert.equal(findBrokenEntry(bodyOf(bad, '7'), SIGNED_ONLY, isChecked)?.entry, 1);
});
