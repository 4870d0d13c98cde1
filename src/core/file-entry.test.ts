import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalize } from './canonical-json.ts';
import { encodeFileEntry, type FileEntry, parseFileEntry } from './file-entry.ts';
import { hashBytes } from './hash.ts';

const FILE: FileEntry = { sha256: hashBytes(new Uint8Array(0)), sizeBytes: 17, name: 'Vertrag „Süd“.pdf' };
const decoded = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const encoded = (text: string): Uint8Array => new TextEncoder().encode(text);

for (const [what, file] of [
  ['with its name', FILE],
  ['without a name', { ...FILE, name: undefined }],
  ['without content', { ...FILE, sizeBytes: 0 }],
  ['beyond 4 GiB', { ...FILE, sizeBytes: Number.MAX_SAFE_INTEGER }],
] as const) {
  test(`the entry of a file ${what} is canonical, and names it`, () => {
    const bytes = encodeFileEntry(file);
    assert.deepEqual(canonicalize(decoded(bytes), { depthMax: 1 }), { ok: true, value: decoded(bytes) });
    assert.deepEqual(parseFileEntry(bytes), file);
  });
}

test('half a surrogate pair in a name becomes the sign for what cannot be shown', () => {
  assert.equal(parseFileEntry(encodeFileEntry({ ...FILE, name: 'a\ud800' }))?.name, 'a\ufffd');
});

test('what an entry says besides is passed over', () => {
  const more = decoded(encodeFileEntry(FILE)).replace('"name"', '"matter":"7/26","name"');
  assert.deepEqual(parseFileEntry(encoded(more)), FILE);
});

for (const [what, from, to] of [
  ['another type', 'cairn/file/1', 'cairn/file/2'],
  ['no hash', '"sha256":', '"sha1":'],
  ['half a hash', /[0-9a-f]{32}/, ''],
  ['its hash in a list', /"([0-9a-f]{64})"/, '["$1"]'],
  ['capital letters in its hash', /[0-9a-f]{64}/, 'A'.repeat(64)],
  ['a size that is none', '17', '1.5'],
  ['a size below nothing', '17', '-1'],
  ['a size beyond counting', '17', '1e+21'],
  ['a name that is no text', '"name":"', '"name":7,"nickname":"'],
] as const) {
  test(`an entry with ${what} names no file`, () => {
    const changed = decoded(encodeFileEntry(FILE)).replace(from, to);
    assert.notEqual(changed, decoded(encodeFileEntry(FILE)));
    assert.equal(parseFileEntry(encoded(changed)), undefined);
  });
}

test('an entry that is no object names no file', () => {
  assert.equal(parseFileEntry(encoded('["cairn/file/1"]')), undefined);
});
