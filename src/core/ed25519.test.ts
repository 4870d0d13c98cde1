import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { publicKeyOf } from './did-key.ts';
import { createSigner, SEED_BYTES, verifyEd25519 } from './ed25519.ts';
import { SIGNATURE_BYTES } from './ed25519-point.ts';

const FOLDER = new URL('../../../shared/vectors/ed25519/', import.meta.url);
const skip = existsSync(FOLDER) ? false : 'the published vectors are not beside the repository';

test('the examples of RFC 8032 §7.1 are signed and verified as printed there', { skip }, () => {
  const { vectors } = read<RfcVectors>('rfc8032-section7.1.json');
  assert.equal(vectors.length, 4);
  for (const { name, seed, publicKey, messageHex, signature } of vectors) {
    const signer = createSigner(hex(seed));
    assert.deepEqual(publicKeyOf(signer.author), new Uint8Array(hex(publicKey)), name);
    assert.deepEqual(signer.sign(hex(messageHex)), new Uint8Array(hex(signature)), name);
    const options = { publicKey: hex(publicKey), message: hex(messageHex), signature: hex(signature) };
    assert.ok(verifyEd25519(options), name);
    assert.ok(!verifyEd25519({ ...options, message: hex(`${messageHex}00`) }), name);
  }
});

test('every signature of Wycheproof is judged as published', { skip }, () => {
  const { testGroups } = read<WycheproofVectors>('wycheproof-ed25519_test.json');
  let count = 0;
  for (const { publicKey, tests } of testGroups) {
    for (const { tcId, msg, sig, result } of tests) {
      const isRight = verifyEd25519({ publicKey: hex(publicKey.pk), message: hex(msg), signature: hex(sig) });
      assert.equal(isRight, result === 'valid', `case ${tcId}`);
      count++;
    }
  }
  assert.ok(count >= 150, `${count} cases`);
});

test('what a signer has signed is right, for that message and that key alone', () => {
  const signer = createSigner(new Uint8Array(SEED_BYTES).fill(1));
  const other = createSigner(new Uint8Array(SEED_BYTES).fill(2));
  assert.notEqual(signer.author, other.author);
  const message = Uint8Array.of(1, 2, 3);
  const signature = signer.sign(message);
  assert.equal(signature.length, SIGNATURE_BYTES);
  const publicKey = publicKeyOf(signer.author);
  assert.ok(verifyEd25519({ publicKey, message, signature }));
  assert.ok(!verifyEd25519({ publicKey: publicKeyOf(other.author), message, signature }));
  assert.ok(!verifyEd25519({ publicKey, message: Uint8Array.of(1, 2, 4), signature }));
  for (let bit = 0; bit < 8 * SIGNATURE_BYTES; bit += 7) {
    const changed = signature.slice();
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.ok(!verifyEd25519({ publicKey, message, signature: changed }), `bit ${bit}`);
  }
});

test('a signer keeps its own key, whatever becomes of the seed that was given', () => {
  const seed = new Uint8Array(SEED_BYTES).fill(1);
  const signer = createSigner(seed);
  const before = signer.sign(Uint8Array.of(1));
  seed.fill(2);
  assert.deepEqual(signer.sign(Uint8Array.of(1)), before);
  assert.notEqual(createSigner(seed).author, signer.author);
  assert.throws(() => createSigner(new Uint8Array(31)), { message: 'a seed has 32 bytes' });
});

function read<Vectors>(name: string): Vectors {
  return JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'));
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}

interface RfcVectors {
  readonly vectors: readonly Readonly<Record<'name' | 'seed' | 'publicKey' | 'messageHex' | 'signature', string>>[];
}

interface WycheproofVectors {
  readonly testGroups: readonly {
    readonly publicKey: { readonly pk: string };
    readonly tests: readonly {
      readonly tcId: number;
      readonly msg: string;
      readonly sig: string;
      readonly result: string;
    }[];
  }[];
}
