import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { test } from 'node:test';
import { generateKey, signerFromPem, signerFromSeed } from './signer.ts';

const SEED = Uint8Array.from({ length: 32 }, (_, i) => i);
const MESSAGE = Buffer.from('crate 17');

function pemOf(key: KeyObject): string {
  return String(key.export({ format: 'pem', type: 'pkcs8' }));
}

test('a key out of a PEM file signs as Node signs with it', () => {
  const pem = pemOf(generateKeyPairSync('ed25519').privateKey);
  for (const text of [pem, pem.replaceAll('\n', '\r\n'), `\n${pem}\n`]) {
    assert.deepEqual(Buffer.from(signerFromPem(text).sign(MESSAGE)), sign(null, MESSAGE, createPrivateKey(pem)));
  }
});

test('a seed is the key, and what becomes of the bytes afterwards changes nothing', () => {
  const seed = SEED.slice();
  const signer = signerFromSeed(seed);
  seed.fill(0);
  assert.deepEqual(signer.sign(MESSAGE), signerFromSeed(SEED).sign(MESSAGE));
  const made = generateKey();
  assert.equal(signerFromSeed(made.seed).author, made.signer.author);
  assert.notEqual(generateKey().signer.author, made.signer.author);
});

test('other keys are refused', () => {
  const good = pemOf(generateKeyPairSync('ed25519').privateKey);
  const { privateKey } = generateKeyPairSync('ed25519');
  const encrypted = privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' });
  for (const text of [
    '',
    'no key',
    pemOf(generateKeyPairSync('x25519').privateKey),
    pemOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
    String(encrypted),
    good.replaceAll('PRIVATE', 'PUBLIC'),
    good.replace('BEGIN', 'BEGIN OF'),
    good.replace('M', '*'),
    good + good,
  ]) {
    assert.throws(() => signerFromPem(text), { code: 'key-invalid' });
  }
  for (const length of [0, 31, 33, 64]) {
    assert.throws(() => signerFromSeed(new Uint8Array(length)), { code: 'key-invalid' });
  }
});
