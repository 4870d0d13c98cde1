/** The vectors of signatures: Ed25519 by the ledger's rule, authors, signed entries, and what is wrong with some. */
import { bytesToHex, decodeUtf8, encodeUtf8 } from '#host';
import { assert, assertPresent } from '../src/core/assert.ts';
import { canonicalize } from '../src/core/canonical-json.ts';
import { canonicalObject, createProofValue, signedBytes } from '../src/core/data-integrity.ts';
import { parseDid, publicKeyOf } from '../src/core/did-key.ts';
import { checkEntryRules } from '../src/core/entry-rules.ts';
import type { SigningOptions } from '../src/core/entry-signing.ts';
import { stampEntry } from '../src/core/entry-stamp.ts';
import { genesisHash } from '../src/core/genesis.ts';
import { hashLeaf } from '../src/core/merkle.ts';
import { createParams, DEFAULT_PARAMS, encodeParams, type NetworkParams, paramsHash } from '../src/core/params.ts';
import { parseSignedEntry } from '../src/core/signed-entry.ts';
import { ALICE, BOB, CAROL, signedEntry, signerOf } from '../test/support/signers.ts';
import { ed25519Cases } from './ed25519-cases.ts';

/** What is in `signatures.json`. */
export function signatureVectors(): unknown {
  return {
    ed25519: ed25519Cases(),
    authors: {
      valid: [ALICE, BOB, CAROL].map(({ author }, i) => ({
        seed: bytesToHex(new Uint8Array(32).fill(i + 1)),
        public_key: bytesToHex(publicKeyOf(author)),
        author,
      })),
      refused: refusedAuthors(),
    },
    networks: [OPEN, STRICT].map((params) => ({
      params: encodeParams(params),
      params_hash: paramsHash(params),
      valid: (params === OPEN ? openEntries() : strictEntries()).map((text) => validVector(text, params)),
      refused: (params === OPEN ? brokenEntries() : entriesRefusedByStrict()).map((text) =>
        refusedVector(text, params),
      ),
    })),
  };
}

function validVector(text: string, params: NetworkParams): unknown {
  const bytes = encodeUtf8(text);
  const id = hashLeaf(bytes);
  const authors = checkEntryRules(bytes, id, params);
  assert(authors.ok, text);
  const parsed = parseSignedEntry(bytes);
  return {
    entry: text,
    id,
    proofs: authors.value.map(({ author, sequence, previous, created, statement }, i) => {
      assert(parsed?.ok === true, 'an entry with authors is signed');
      const { options } = assertPresent(parsed.value.proofs[i], 'each author has a proof');
      const matter = { document: parsed.value.document, options };
      return {
        author,
        sequence,
        previous: previous ?? null,
        created: created ?? null,
        statement,
        options: canonicalObject(options),
        document: canonicalObject(matter.document),
        signed_bytes: bytesToHex(signedBytes(matter)),
      };
    }),
  };
}

function refusedVector(text: string, params: NetworkParams): unknown {
  const bytes = encodeUtf8(text);
  const checked = checkEntryRules(bytes, hashLeaf(bytes), params);
  assert(!checked.ok, text);
  return { entry: text, code: checked.fault.code };
}

function openEntries(): string[] {
  const first = signed('{"a":1}');
  const second = signed('{"a":2}', { sequence: 1, previous: first.statement, created: '2026-11-23T05:12:00Z' });
  const both = signed(second.text, { signer: BOB });
  const others = [2, 3, 4, 5, 6, 7, 8];
  return [
    first.text,
    second.text,
    both.text,
    signed(both.text, { signer: CAROL, sequence: 2 ** 53 - 1, previous: both.statement }).text,
    others.reduce((text, number) => signed(text, { signer: signerOf(number) }).text, first.text),
    signed('{}').text,
    signed('{"@context":["https://www.w3.org/ns/credentials/v2"],"z":[1e+21,0.1],"é":"\\n"}').text,
    signed('{"@context":"x"}', { created: '1970-01-01T00:00:00Z' }).text,
    signed('{"__proto__":{"proof":1},"proof ":1,"stamp":"mine"}', { created: '2096-02-29T23:59:59Z' }).text,
    changed(first.text, (proof) => ({ ...proof, stamp: 0 }), ALICE),
    // What only looks signed.
    '"DataIntegrityProof"',
    '{"proof":"DataIntegrityProof"}',
    '{"proof":["DataIntegrityProof",{"type":["DataIntegrityProof"]}]}',
    '{"proof":[]}',
    '{"proof":{"type":"DataIntegrityProof "}}',
    '{"proof":{"type":{"type":"DataIntegrityProof"}}}',
    `{"in":${first.text}}`,
    `[${first.text}]`,
    '{"Proof":{"type":"DataIntegrityProof"}}',
  ];
}

function brokenEntries(): string[] {
  const first = signed('{"a":1}').text;
  const second = signed('{"a":1}', { sequence: 1, previous: hashLeaf(encodeUtf8('1')) }).text;
  const withContext = signed('{"@context":["x"]}').text;
  const other = signed('{"a":1}', { params: STRICT_UNSTAMPED }).text;
  const proof = proofIn(first);
  const many = Array.from({ length: 9 }, (_, i) => proofIn(signed('{"a":1}', { signer: signerOf(i + 1) }).text));
  const members = Object.keys(JSON.parse(proof)).filter((key) => key !== 'type');
  const { author } = ALICE;
  const change = (member: string, value: unknown) => changed(first, (old) => ({ ...old, [member]: value }));
  const rename = (from: string, to: string) => first.replace(from, to);
  return [
    ...members.map((member) => changed(first, ({ [member]: _, ...rest }) => rest)),
    ...Object.keys(JSON.parse(proof))
      .map((member) => change(member, member === 'type' ? 'DataIntegrityProof' : 7))
      .filter((text) => text !== first),
    withProof(first, `[${proof}]`),
    withProof(first, `[${many.join(',')}]`),
    withProof(first, `[${proof},${proof}]`),
    withProof(first, `[${proof},7]`),
    withProof(first, `[{"type":"other"},${proof}]`),
    '{"proof":{"type":"DataIntegrityProof"}}',
    change('id', 'urn:x'),
    change('expires', '2027-01-01T00:00:00Z'),
    change('cryptosuite', 'eddsa-rdfc-2022'),
    change('proofPurpose', 'authentication'),
    change('verificationMethod', author),
    change('verificationMethod', `${author}#${BOB.author.slice(8)}`),
    change('verificationMethod', `${author}#key-1`),
    change('verificationMethod', `did:web:example.com#${author.slice(8)}`),
    change('verificationMethod', `${author}${author.slice(8)}`),
    change('domain', DEFAULT_GENESIS.toUpperCase()),
    change('domain', 'example.com'),
    change('domain', [DEFAULT_GENESIS]),
    ...[-1, 1.5, '0', null].map((sequence) => change('sequence', sequence)),
    change('sequence', 1),
    change('previous', DEFAULT_GENESIS),
    changed(second, (old) => ({ ...old, sequence: 0 })),
    changed(second, (old) => ({ ...old, previous: null })),
    changed(second, (old) => ({ ...old, previous: 'f' })),
    ...WRONG_TIMES.map((created) => change('created', created)),
    ...[-1, 0.5, '1', null].map((stamp) => change('stamp', stamp)),
    change('@context', ['x']),
    changed(withContext, ({ '@context': _, ...rest }) => rest),
    changed(withContext, (old) => ({ ...old, '@context': ['x', 'y'] })),
    changed(withContext, (old) => ({ ...old, '@context': 'x' })),
    other,
    // From here on only the signature is wrong.
    rename('"a":1', '"a":2'),
    rename('"a":1', '"a":1,"b":2'),
    rename('"a"', '"A"'),
    changed(first, (old) => ({ ...old, created: '2026-11-23T05:12:00Z' })),
    changed(second, (old) => ({ ...old, sequence: 2 })),
    changed(second, (old) => ({ ...old, previous: DEFAULT_GENESIS })),
    changed(first, (old) => ({ ...old, stamp: 1 })),
    change('verificationMethod', `${BOB.author}#${BOB.author.slice(8)}`),
    ...['', 'z', 'm', 'z1'].map((value) => change('proofValue', value)),
    changed(first, (old) => ({ ...old, proofValue: `${old['proofValue']}1` })),
    changed(first, (old) => ({ ...old, proofValue: `z1${String(old['proofValue']).slice(1)}` })),
    changed(first, (old) => ({ ...old, proofValue: `m${String(old['proofValue']).slice(1)}` })),
    changed(first, (old) => ({ ...old, proofValue: `${String(old['proofValue']).slice(0, -1)}0` })),
    withProof(first, `[${proof},${proofIn(signed('{"a":2}', { signer: BOB }).text)}]`),
  ];
}

function strictEntries(): string[] {
  const first = signed('{"a":1}', { params: STRICT });
  return [first.text, signed(signed('{"a":2}', { params: STRICT }).text, { params: STRICT, signer: BOB }).text];
}

function entriesRefusedByStrict(): string[] {
  const stamped = stampEntry(encodeUtf8('{"a":1}'), STRICT.stampBits);
  assert(stamped.ok, 'an object can be stamped');
  const first = signed('{"a":1}', { params: STRICT }).text;
  return [
    textOf(stamped.value.bytes),
    '{"a":1}',
    '7',
    signed('{"a":1}', { params: STRICT, signer: CAROL }).text,
    signed(first, { params: STRICT, signer: CAROL }).text,
    signed('{"a":1}', { params: STRICT_UNSTAMPED }).text,
    signed('{"a":1}', { params: STAMPED_ELSEWHERE }).text,
  ];
}

function refusedAuthors(): string[] {
  const { author } = ALICE;
  const refused = [
    author.slice(8),
    author.toUpperCase(),
    `${author}#${author.slice(8)}`,
    `${author}1`,
    author.slice(0, -1),
    author.replace('z6Mk', 'z16Mk'),
    author.replace('z6Mk', 'u6Mk'),
    `${author.slice(0, -1)}l`,
    // A key for agreement (x25519-pub), and one of a point of small order.
    'did:key:z6LSeu9HkTHSfLLeUs2nnzUSNedgDUevfNQgQjQC23ZCit6F',
    'did:key:z6MkeTG3bFFSLYVU7VqhgZxqr6YzpaGrQtFMh1uvqGy1vDnP',
  ];
  for (const text of refused) assert(parseDid(text) === undefined, text);
  return refused;
}

function signed(
  text: string,
  options: Partial<SigningOptions> = {},
): { readonly text: string; readonly statement: SigningOptions['previous'] } {
  const { bytes, authorship } = signedEntry(text, options);
  return { text: textOf(bytes), statement: authorship.statement };
}

/** The entry with its one proof changed, and signed again only where somebody is named who does. */
function changed(text: string, change: (proof: Record<string, unknown>) => object, signer?: typeof ALICE): string {
  const proof = canonicalOf(change(JSON.parse(proofIn(text))));
  if (signer === undefined) return withProof(text, proof);
  const parsed = parseSignedEntry(encodeUtf8(withProof(text, proof)));
  assert(parsed?.ok === true, 'only what follows the profile is signed again');
  const { options } = assertPresent(parsed.value.proofs[0], 'there is one proof');
  const value = createProofValue({ document: parsed.value.document, options }, signer);
  return withProof(text, canonicalOf({ ...JSON.parse(proof), proofValue: value }));
}

function proofIn(text: string): string {
  return canonicalOf(JSON.parse(text).proof);
}

function withProof(text: string, proof: string): string {
  return canonicalOf({ ...JSON.parse(text), proof: JSON.parse(proof) });
}

function canonicalOf(value: unknown): string {
  const canonical = canonicalize(JSON.stringify(value), DEFAULT_PARAMS);
  assert(canonical.ok, 'a value that was parsed can be written');
  return canonical.value;
}

function textOf(bytes: Uint8Array): string {
  return assertPresent(decodeUtf8(bytes), 'canonical JSON is UTF-8');
}

const OPEN = DEFAULT_PARAMS;
const STRICT_UNSTAMPED = createParams({
  name: 'strict',
  signatures: 'required',
  writers: [ALICE.author, BOB.author].sort(),
});
const STRICT = createParams({ ...STRICT_UNSTAMPED, stampBits: 6 });
const STAMPED_ELSEWHERE = createParams({ name: 'elsewhere', stampBits: 6 });
const DEFAULT_GENESIS = genesisHash(DEFAULT_PARAMS);
const WRONG_TIMES = [
  '',
  '2026-11-23',
  '2026-11-23T05:12:00',
  '2026-11-23T05:12:00z',
  '2026-11-23T05:12:00.5Z',
  '2026-11-23T05:12:00+00:00',
  '2026-11-23 05:12:00Z',
  '2026-02-29T00:00:00Z',
  '2026-11-23T24:00:00Z',
  '2026-11-23T05:12:60Z',
  '1969-12-31T23:59:59Z',
  '2106-02-07T06:28:16Z',
];
