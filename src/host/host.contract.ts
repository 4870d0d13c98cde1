/** What any host of the rules must do (`src/core/host.d.ts`), as tests that each implementation runs. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

type Host = typeof import('#host');

/** Declares the tests of `host`, under `name`. */
export function testHost(name: string, host: Host): void {
  test(`${name}: SHA-256 of the examples of FIPS 180`, () => {
    for (const [text, hash] of SHA256_EXAMPLES) {
      assert.equal(host.sha256Hex(Buffer.from(text, 'latin1')), hash);
    }
  });

  for (const file of ['SHA256ShortMsg.rsp', 'SHA256LongMsg.rsp']) {
    const url = new URL(`../../../shared/vectors/sha256-nist/${file}`, import.meta.url);
    const skip = existsSync(url) ? false : 'the vectors of NIST are not beside the repository';
    test(`${name}: SHA-256 of every message in ${file}`, { skip }, () => {
      const cases = [...readFileSync(url, 'utf8').matchAll(/Len = (\d+)\s+Msg = (\w+)\s+MD = (\w+)/g)];
      assert.ok(cases.length >= 64);
      for (const [, bits, message = '', hash = ''] of cases) {
        const data = Buffer.from(message, 'hex').subarray(0, Number(bits) / 8);
        assert.equal(host.sha256Hex(data), hash);
      }
    });
  }

  test(`${name}: a view is read and written as a view`, () => {
    const memory = Uint8Array.from({ length: 128 }, (_, i) => i);
    const view = memory.subarray(65, 68);
    const expected = host.sha256Hex(Uint8Array.of(65, 66, 67));
    assert.equal(host.sha256Hex(view), expected);
    assert.equal(host.decodeUtf8(view), 'ABC');
    assert.equal(host.bytesToHex(view), '414243');
    const out = memory.subarray(8, 48);
    host.sha256Each(view, 3, undefined, out.subarray(4, 36));
    assert.equal(host.bytesToHex(memory.subarray(11, 45)), `0b${expected}2c`);
    host.hexInto('ff00', out, 38);
    assert.deepEqual([...memory.subarray(45, 49)], [45, 0xff, 0x00, 48]);
  });

  test(`${name}: SHA-256 of each of many messages, of any length and with any tag or none`, () => {
    for (const messageBytes of [1, 31, 32, 40, 54, 55, 56, 63, 64, 118, 119, 120, 150, 245, 246, 247, 248, 1000]) {
      for (const tag of [undefined, 0, 1, 0xff]) {
        for (const count of [0, 1, 2, 3, 4, 5, 67]) assertEach(messageBytes, tag, count);
      }
    }
    // More than the memory of any module holds at once, and not a multiple of anything.
    for (const messageBytes of [40, 64, 118, 150]) assertEach(messageBytes, 1, 3331);
  });

  test(`${name}: hashes take the place of what was hashed, and nothing else is written`, () => {
    for (const count of [1, 6, 1500]) {
      const memory = Uint8Array.from({ length: 64 * count + 70 }, (_, i) => i % 251);
      const before = memory.slice();
      const messages = memory.subarray(35, 35 + 64 * count);
      host.sha256Each(messages, 64, 1, messages);
      const last = Buffer.concat([Buffer.of(1), before.subarray(35 + 64 * (count - 1), 35 + 64 * count)]);
      const lastAt = 35 + 32 * (count - 1);
      assert.equal(host.bytesToHex(memory.subarray(lastAt, lastAt + 32)), host.sha256Hex(last));
      assert.deepEqual(memory.subarray(0, 35), before.subarray(0, 35));
      assert.deepEqual(memory.subarray(35 + 32 * count), before.subarray(35 + 32 * count));
    }
  });

  test(`${name}: hex of every byte, both ways`, () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const hex = host.bytesToHex(bytes);
    assert.equal(hex.length, 512);
    assert.equal(hex.slice(0, 6) + hex.slice(-6), '000102fdfeff');
    const out = new Uint8Array(257).fill(0xaa);
    host.hexInto(hex, out, 1);
    assert.deepEqual(out, Uint8Array.of(0xaa, ...bytes));
    host.hexInto('AbCd', out, 0);
    assert.deepEqual([...out.subarray(0, 3)], [0xab, 0xcd, 1]);
    assert.equal(host.bytesToHex(new Uint8Array(0)), '');
    host.hexInto('', out, 257);
  });

  for (const [text, hex] of UTF8_EXAMPLES) {
    test(`${name}: ${JSON.stringify(text)} is ${hex || 'nothing'} in UTF-8, both ways`, () => {
      assert.equal(Buffer.from(host.encodeUtf8(text)).toString('hex'), hex);
      assert.equal(host.decodeUtf8(Buffer.from(hex, 'hex')), text);
    });
  }

  test(`${name}: half of a surrogate pair is written as U+FFFD`, () => {
    assert.equal(Buffer.from(host.encodeUtf8('a\ud800b\udc00')).toString('hex'), '61efbfbd62efbfbd');
  });

  for (const [reason, hex] of NOT_UTF8) {
    test(`${name}: ${reason} is not UTF-8`, () => {
      for (const around of [hex, `61${hex}`, `${hex}61`, `e282ac${hex}${'61'.repeat(64)}`]) {
        assert.equal(host.decodeUtf8(Buffer.from(around, 'hex')), undefined, around);
      }
    });
  }

  test(`${name}: a text of a million characters comes back`, () => {
    const text = 'aé€\u{1f602}'.repeat(200_000);
    const bytes = host.encodeUtf8(text);
    assert.equal(bytes.length, 2_000_000);
    assert.equal(host.decodeUtf8(bytes), text);
  });

  test(`${name}: Ed25519 signs as RFC 8032 prints it, and verifies that and nothing near it`, () => {
    for (const [seedHex, keyHex, messageHex, signatureHex] of ED25519_EXAMPLES) {
      const [seed, message] = [Buffer.from(seedHex, 'hex'), Buffer.from(messageHex, 'hex')];
      const key = host.ed25519PublicKey(seed);
      assert.equal(Buffer.from(key).toString('hex'), keyHex);
      const signature = host.ed25519Sign(seed, message);
      assert.equal(Buffer.from(signature).toString('hex'), signatureHex);
      assert.equal(host.ed25519Verify(key, message, signature), true);
      assert.equal(host.ed25519Verify(key, Buffer.concat([message, Buffer.of(0)]), signature), false);
      for (const at of [0, 31, 32, 62]) {
        const changed = signature.slice();
        changed[at] = (changed[at] ?? 0) ^ 1;
        assert.equal(host.ed25519Verify(key, message, changed), false, `byte ${at}`);
      }
    }
  });

  test(`${name}: under a key that is no point nothing is signed`, () => {
    const key = Buffer.from(`02${'00'.repeat(31)}`, 'hex');
    const signature = host.ed25519Sign(Buffer.alloc(32, 1), Buffer.of(1));
    assert.equal(host.ed25519Verify(key, Buffer.of(1), signature), false);
  });

  test(`${name}: many keys are verified with, one after the other and once more`, () => {
    const message = Buffer.of(1, 2, 3);
    const signed = Array.from({ length: name === 'Node' ? 300 : 3 }, (_, i) => {
      const seed = Buffer.alloc(32, 1);
      seed.writeUInt16BE(i);
      return { key: host.ed25519PublicKey(seed), signature: host.ed25519Sign(seed, message) };
    });
    for (const { key, signature } of [...signed, ...signed]) assert.ok(host.ed25519Verify(key, message, signature));
    const [one, other] = signed;
    assert.ok(one && other && !host.ed25519Verify(one.key, message, other.signature));
  });

  function assertEach(messageBytes: number, tag: number | undefined, count: number): void {
    const messages = Uint8Array.from({ length: messageBytes * count }, (_, i) => (i * i) >>> 5);
    const expected = Buffer.alloc(32 * count);
    for (let i = 0; i < count; i++) {
      const message = messages.subarray(messageBytes * i, messageBytes * (i + 1));
      const hashed = tag === undefined ? message : Buffer.concat([Buffer.of(tag), message]);
      expected.write(host.sha256Hex(hashed), 32 * i, 'hex');
    }
    const out = new Uint8Array(32 * count + 1);
    host.sha256Each(messages, messageBytes, tag, out);
    const claim = `${count} messages of ${messageBytes} bytes with the tag ${tag}`;
    assert.deepEqual(Buffer.from(out), Buffer.concat([expected, Buffer.of(0)]), claim);
  }
}

/** Tests 1 to 3 of RFC 8032 §7.1: seed, public key, message, signature. */
const ED25519_EXAMPLES = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
] as const;

const SHA256_EXAMPLES = [
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
] as const;

const UTF8_EXAMPLES = [
  ['', ''],
  ['\0', '00'],
  ['\u007f\u0080', '7fc280'],
  ['\u07ff\u0800', 'dfbfe0a080'],
  ['\ud7ff\ue000', 'ed9fbfee8080'],
  ['\ufffd\uffff', 'efbfbdefbfbf'],
  ['\u{10000}\u{10ffff}', 'f0908080f48fbfbf'],
  ['\ufeffa', 'efbbbf61'],
  ['a\ufeff', '61efbbbf'],
] as const;

const NOT_UTF8 = [
  ['a continuation byte on its own', '80'],
  ['an overlong slash of two bytes', 'c0af'],
  ['an overlong slash of three bytes', 'e080af'],
  ['an overlong slash of four bytes', 'f08080af'],
  ['an encoded high surrogate', 'eda080'],
  ['an encoded surrogate pair', 'eda080edb080'],
  ['a code point beyond U+10FFFF', 'f4908080'],
  ['a sequence of five bytes', 'f888808080'],
  ['a sequence that breaks off', 'e282'],
  ['the byte fe', 'fe'],
  ['the byte ff', 'ff'],
] as const;
