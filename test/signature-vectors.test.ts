/** That signatures are judged as `vectors/signatures.json` says: by the rules, by either host, and by the second implementation. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ed25519 } from '@noble/curves/ed25519.js';
import { bytesToHex, encodeUtf8 } from '#host';
import { canonicalObject, signedBytes } from '../src/core/data-integrity.ts';
import { didOfKey, parseDid, publicKeyOf } from '../src/core/did-key.ts';
import { createSigner, verifyEd25519 } from '../src/core/ed25519.ts';
import { isPlainPoint, isVerifiable } from '../src/core/ed25519-point.ts';
import { checkEntryRules } from '../src/core/entry-rules.ts';
import { genesisHash } from '../src/core/genesis.ts';
import { hashLeaf } from '../src/core/merkle.ts';
import { encodeParams, paramsHash, parseParams } from '../src/core/params.ts';
import { type Authorship, authorsOf, parseSignedEntry } from '../src/core/signed-entry.ts';
import * as nodeHost from '../src/host/host-node.ts';
import * as portableHost from '../src/host/host-portable.ts';
import { paramsDocument } from '../src/simulator/params-document.ts';
import { isSignature } from '../src/simulator/second-implementation/curve.ts';
import { entryFault } from '../src/simulator/second-implementation/entries.ts';
import { entryDemands } from '../src/simulator/second-implementation/params.ts';

const VECTORS: SignatureVectors = JSON.parse(
  readFileSync(new URL('../vectors/signatures.json', import.meta.url), 'utf8'),
);

for (const { comment, valid, public_key, message, signature } of VECTORS.ed25519) {
  test(`${comment} is ${valid ? 'a signature' : 'no signature'}, to the rules and to the second implementation`, () => {
    const [key, bytes, signed] = [hex(public_key), hex(message), hex(signature)];
    assert.equal(verifyEd25519({ publicKey: key, message: bytes, signature: signed }), valid);
    assert.equal(isSignature(key, bytes, signed), valid);
  });
}

for (const [name, host] of Object.entries({ 'host-node': nodeHost, 'host-portable': portableHost })) {
  test(`${name} verifies whatever the rules let through to it as the vectors have it`, () => {
    const asked = VECTORS.ed25519.filter(({ public_key, signature }) => isVerifiable(hex(public_key), hex(signature)));
    assert.ok(asked.length > 15, `${asked.length} are let through`);
    for (const { comment, valid, public_key, message, signature } of asked) {
      assert.equal(host.ed25519Verify(hex(public_key), hex(message), hex(signature)), valid, comment);
    }
  });
}

test('the points that are kept out are those whose order divides 8, all of them', () => {
  const { Point } = ed25519;
  const generator = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05');
  assert.ok(!generator.multiplyUnsafe(4n).is0(), 'its multiples are eight');
  let sum = Point.ZERO;
  for (let i = 0; i < 8; i++) {
    assert.ok(!isPlainPoint(sum.toBytes()), `${i} times the point of order 8`);
    assert.ok(isPlainPoint(sum.add(Point.BASE).toBytes()), 'and with the base point');
    sum = sum.add(generator);
  }
  assert.ok(sum.is0());
});

test('authors are their keys, and what is no author is none', () => {
  for (const { seed, public_key, author } of VECTORS.authors.valid) {
    assert.equal(createSigner(hex(seed)).author, author);
    assert.equal(didOfKey(hex(public_key)), author);
    const did = parseDid(author);
    assert.ok(did !== undefined);
    assert.equal(bytesToHex(publicKeyOf(did)), public_key);
  }
  for (const text of VECTORS.authors.refused) assert.equal(parseDid(text), undefined, text);
});

for (const { params: document, params_hash, valid, refused } of VECTORS.networks) {
  const parsed = parseParams(document);
  assert.ok(parsed.ok);
  const params = parsed.value;

  test(`the network ${params.name} has its parameters, and its entries their authors`, () => {
    assert.equal(encodeParams(params), document);
    assert.equal(paramsHash(params), params_hash);
    for (const { entry, id, proofs } of valid) {
      const bytes = encodeUtf8(entry);
      assert.equal(hashLeaf(bytes), id);
      const authors = checkEntryRules(bytes, hashLeaf(bytes), params);
      assert.ok(authors.ok, entry);
      assert.deepEqual(authorsOf(bytes), authors.value);
      assert.equal(authors.value.length, proofs.length);
      const signed = parseSignedEntry(bytes);
      for (const [i, expected] of proofs.entries()) {
        const author: Authorship | undefined = authors.value[i];
        assert.ok(author);
        const options = signed?.ok ? signed.value.proofs[i]?.options : undefined;
        assert.ok(signed?.ok && options !== undefined);
        const { document } = signed.value;
        assert.deepEqual(
          {
            ...author,
            previous: author.previous ?? null,
            created: author.created ?? null,
            options: canonicalObject(options),
            document: canonicalObject(document),
            signed_bytes: bytesToHex(signedBytes({ document, options })),
          },
          expected,
        );
      }
    }
  });

  test(`what breaks a rule of the network ${params.name} is refused with its code`, () => {
    for (const { entry, code } of refused) {
      const bytes = encodeUtf8(entry);
      const checked = checkEntryRules(bytes, hashLeaf(bytes), params);
      assert.equal(checked.ok ? undefined : checked.fault.code, code, entry);
    }
  });

  test(`the second implementation comes to the same for the network ${params.name}`, () => {
    const demands = entryDemands(paramsDocument(params), genesisHash(params));
    for (const { entry } of valid) assert.equal(entryFault(entry, demands), undefined, entry);
    for (const { entry, code } of refused) assert.equal(entryFault(entry, demands), code, entry);
  });
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}

interface SignatureVectors {
  readonly ed25519: readonly Ed25519Vector[];
  readonly authors: {
    readonly valid: readonly { readonly seed: string; readonly public_key: string; readonly author: string }[];
    readonly refused: readonly string[];
  };
  readonly networks: readonly {
    readonly params: string;
    readonly params_hash: string;
    readonly valid: readonly { readonly entry: string; readonly id: string; readonly proofs: readonly object[] }[];
    readonly refused: readonly { readonly entry: string; readonly code: string }[];
  }[];
}

interface Ed25519Vector {
  readonly comment: string;
  readonly public_key: string;
  readonly message: string;
  readonly signature: string;
  readonly valid: boolean;
}
