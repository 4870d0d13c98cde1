import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeBase58 } from './base58.ts';
import { authorOfMethod, didOfKey, parseDid, publicKeyOf, verificationMethodOf } from './did-key.ts';

/** That of the vectors of the W3C's suites. */
const KEY = 'z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2';
const DID = `did:key:${KEY}`;

test('an author is the key in the text, and the key is the author', () => {
  const did = parseDid(DID);
  assert.equal(did, DID);
  assert.ok(did !== undefined);
  assert.equal(publicKeyOf(did).length, 32);
  assert.equal(didOfKey(publicKeyOf(did)), DID);
});

test('a key that no signature fits, or of another size, makes no author', () => {
  assert.throws(() => didOfKey(new Uint8Array(32)), { message: 'a key that was made is one that is let in' });
  assert.throws(() => didOfKey(new Uint8Array(33).fill(9)), { message: 'a key that was made is one that is let in' });
});

const OTHERS: Readonly<Record<string, string>> = {
  'no text': '',
  'another method': 'did:web:example.com',
  'another letter case': DID.toUpperCase(),
  'a key in another base': DID.replace('did:key:z', 'did:key:u'),
  'white space behind it': `${DID} `,
  'a fragment behind it': `${DID}#${KEY}`,
  'a digit more': `${DID}1`,
  'a digit less': DID.slice(0, -1),
  'no key': 'did:key:z',
  'a key of another kind': multikey(0xec, 0x01, 7),
  'a code of another length': multikey(0xed, 0x02, 7),
  'a point of small order': multikey(0xed, 0x01, 0),
};
for (const [name, text] of Object.entries(OTHERS)) {
  test(`${name} is no author, and no method of one`, () => {
    assert.equal(parseDid(text), undefined);
    assert.equal(authorOfMethod(`${text}#${text.slice('did:key:'.length)}`), undefined);
  });
}

test('the method of an author is the text and its key once more, and nothing else', () => {
  const did = parseDid(DID);
  assert.ok(did !== undefined);
  const method = verificationMethodOf(did);
  assert.equal(method, `${DID}#${KEY}`);
  assert.equal(authorOfMethod(method), DID);
  for (const other of ['', '#', DID, `${DID}#`, `${method}1`, `${DID}#key-1`, `#${KEY}`, `${method}#${KEY}`]) {
    assert.equal(authorOfMethod(other), undefined, other);
  }
});

/** The text of a key of 32 bytes, all `fill`, behind a code of two bytes. */
function multikey(first: number, second: number, fill: number): string {
  return `did:key:z${encodeBase58(Uint8Array.of(first, second, ...new Uint8Array(32).fill(fill)))}`;
}
