/** What `cairn verify` says of evidence against an author, with no node anywhere. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { ALICE, BOB, signedEntry } from '../../test/support/signers.ts';
import { EVIDENCE_BYTES_MAX, encodeConflictEvidence } from '../core/author-conflict.ts';
import { genesisHash } from '../core/genesis.ts';
import { createParams, DEFAULT_PARAMS } from '../core/params.ts';
import { runProgram } from './program.ts';

const folder = await mkdtemp(join(tmpdir(), 'cairn-conflict-'));
after(() => rm(folder, { recursive: true, force: true }));

const OTHER = createParams({ name: 'other' });
const FIRST = signedEntry('{"a":1}').bytes;
const SECOND = signedEntry('{"a":2}').bytes;
const LATER = signedEntry('{"a":3}', { sequence: 1, previous: signedEntry('{"never":"shown"}').id }).bytes;

function evidence(one: Uint8Array, other: Uint8Array, params = DEFAULT_PARAMS): string {
  return Buffer.from(encodeConflictEvidence({ params, author: ALICE.author, entries: [one, other] })).toString();
}

async function verify(content: string | Uint8Array, ...flags: readonly string[]) {
  const path = join(folder, 'conflict.json');
  await writeFile(path, content);
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const exitCode = await runProgram(['verify', ...flags, path], {
    streams: { stdin, stdout, stderr },
    env: { CAIRN_HOME: folder },
  });
  stdout.end();
  return { exitCode, out: (await text(stdout)).replaceAll(path, 'conflict.json') };
}

test('evidence that holds says who is convicted, of what', async () => {
  const { exitCode, out } = await verify(evidence(FIRST, SECOND));
  assert.equal(exitCode, 0);
  assert.match(out, /^conflict\.json: proven\. /);
  assert.match(out, new RegExp(`\n {2}author {3}${ALICE.author}\n`));
  assert.match(out, /\n {2}conflict two entries have the number 0\n/);
  assert.match(out, new RegExp(`network {2}cairn, genesis ${genesisHash(DEFAULT_PARAMS)}\n$`));
});

test('as JSON there is one line', async () => {
  const { exitCode, out } = await verify(evidence(FIRST, LATER), '--json');
  assert.equal(exitCode, 0);
  const { valid, kind, conflict, sequence, author } = JSON.parse(out);
  assert.deepEqual([valid, kind, conflict, sequence], [true, 'evidence', 'previous-other', 1]);
  assert.equal(author, ALICE.author);
});

const RIGHT = evidence(FIRST, SECOND);

for (const [what, content, says] of [
  [
    'two that are in order',
    evidence(FIRST, signedEntry('{"a":3}', { sequence: 1, previous: signedEntry('{"a":1}').id }).bytes),
    /may have signed both and kept to the rules. \(evidence-no-conflict\)/,
  ],
  [
    'another network',
    evidence(FIRST, SECOND, OTHER),
    /another network, "other" .*--genesis [0-9a-f]{64}\. \(evidence-network-other\)/,
  ],
  [
    'a changed entry',
    RIGHT.replace('"a":2', '"a":4'),
    /signature of the second entry does not hold. \(evidence-signature-wrong\)/,
  ],
  [
    'an entry of another',
    evidence(FIRST, signedEntry('{"a":2}', { signer: BOB }).bytes),
    /The second entry has no proof of the author/,
  ],
  [
    'an entry for another network',
    evidence(signedEntry('{"a":1}', { params: OTHER }).bytes, SECOND),
    /The first entry is signed for another network/,
  ],
  ['no entry', RIGHT.replace('"a":1', '"a":1e400'), /The first entry cannot be one: .*\(evidence-entry-invalid\)/],
  [
    'a member that is missing',
    RIGHT.replace('"entries"', '"entry"'),
    /member "entry" is missing, not of its form, or unknown/,
  ],
  [
    'a network that is none',
    RIGHT.replace('"half_life":600', '"half_life":0'),
    /network is none \(params-value-invalid\)/,
  ],
  ['too much', RIGHT.trimEnd() + ' '.repeat(EVIDENCE_BYTES_MAX), /over 1048576 bytes, which no evidence is/],
] as const) {
  test(`evidence that is none is told of in words: ${what}`, async () => {
    const { exitCode, out } = await verify(content);
    assert.equal(exitCode, 1);
    assert.match(out, /^conflict\.json: not proven\. /);
    assert.match(out, says);
    const { valid, kind } = JSON.parse((await verify(content, '--json')).out);
    assert.deepEqual([valid, kind], [false, 'evidence']);
  });
}
