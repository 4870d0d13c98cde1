import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { generateKeyPair, privateKeyToProtobuf } from '@libp2p/crypto/keys';
import { loadNodeKey, NodeKeyError, type NodeKeyErrorCode } from './node-key.ts';

describe('node key', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cairn-node-key-'));
  });
  after(() => rm(folder, { recursive: true }));

  test('a key is made once, for its owner alone, and is the same ever after', async () => {
    const path = join(folder, 'made');
    const made = await loadNodeKey(path);
    assert.equal(made.type, 'Ed25519');
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    const loaded = await loadNodeKey(path);
    assert(loaded.equals(made));
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.startsWith('made')),
      ['made'],
    );
  });

  test('those who make a key at the same time get the same', async () => {
    const path = join(folder, 'contended');
    const keys = await Promise.all(Array.from({ length: 8 }, () => loadNodeKey(path)));
    assert.equal(new Set(keys.map((key) => key.publicKey.toString())).size, 1);
  });

  test('a key that others can read is refused', { skip: process.platform === 'win32' && 'no modes' }, async () => {
    const path = join(folder, 'exposed');
    await loadNodeKey(path);
    for (const mode of [0o640, 0o604, 0o644, 0o620]) {
      await chmod(path, mode);
      await assert.rejects(loadNodeKey(path), failure('node-key-exposed'));
    }
    await chmod(path, 0o400);
    await loadNodeKey(path);
  });

  test('what is not an Ed25519 key is refused and left as it is', async () => {
    const other = Buffer.from(privateKeyToProtobuf(await generateKeyPair('secp256k1'))).toString('base64');
    const good = Buffer.from(privateKeyToProtobuf(await generateKeyPair('Ed25519'))).toString('base64');
    const contents = [
      '',
      '\n',
      'not a key',
      'AAAA',
      other,
      good.slice(0, -8),
      `${good}${good}`,
      `!${good}`,
      'A'.repeat(9999),
    ];
    for (const [i, text] of contents.entries()) {
      const path = join(folder, `malformed-${i}`);
      await writeFile(path, text, { mode: 0o600 });
      await assert.rejects(loadNodeKey(path), failure('node-key-malformed'), JSON.stringify(text.slice(0, 40)));
      assert.equal(await readFile(path, 'utf8'), text);
    }
  });

  test('a place where no key can be read or made is named', async () => {
    await assert.rejects(loadNodeKey(join(folder, 'nowhere', 'key')), failure('node-key-unwritable'));
    await assert.rejects(loadNodeKey(folder), failure('node-key-malformed'));
  });
});

function failure(code: NodeKeyErrorCode): (error: unknown) => boolean {
  return (error) => {
    assert(error instanceof NodeKeyError);
    assert.equal(error.code, code);
    return true;
  };
}
