/** What `cairn verify` says of receipts, with no node anywhere. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { receiptOf } from '../../test/support/receipt-fixture.ts';
import { ARCHIVE_START } from '../core/archive.ts';
import { createSigner } from '../core/ed25519.ts';
import { signEntry } from '../core/entry-signing.ts';
import { encodeFileEntry } from '../core/file-entry.ts';
import { createGenesis } from '../core/genesis.ts';
import { hashBytes } from '../core/hash.ts';
import { encodeParams } from '../core/params.ts';
import { encodeReceipt, RECEIPT_BYTES_MAX } from '../core/receipt.ts';
import { genesisPoint } from '../core/validation.ts';
import { runProgram } from './program.ts';

const folder = await mkdtemp(join(tmpdir(), 'cairn-verify-'));
after(() => rm(folder, { recursive: true, force: true }));

const CHAIN = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 8, (height) =>
  bodyOf(`{"height":${height}}`, '"turned \u202eback"'),
);
const GENESIS = createGenesis(TEST_PARAMS).hash;
const SIGNER = createSigner(new Uint8Array(32).fill(1));
const CONTRACT = Buffer.from('contract');
const inFolder = (name: string) => join(folder, name);
const right = encodeReceipt(receiptOf(TEST_PARAMS, CHAIN, 3, 0));
await writeFile(inFolder('network.json'), encodeParams(TEST_PARAMS));
await writeFile(inFolder('right.json'), right);
await writeFile(inFolder('turned.json'), encodeReceipt(receiptOf(TEST_PARAMS, CHAIN, 3, 1)));
await writeFile(inFolder('changed.json'), Buffer.from(right).toString().replace('{"height":3}', '{"height":4}'));
await writeFile(inFolder('signed.json'), receiptOfEntry(signedEntry()));
const contractEntry = encodeFileEntry({ sha256: hashBytes(CONTRACT), sizeBytes: 8, name: 'contract.pdf' });
const ofContract = receiptOfEntry(Buffer.from(contractEntry).toString());
for (const [name, content, receipt] of [
  ['contract.pdf', CONTRACT, ofContract],
  ['alone.pdf', CONTRACT, undefined],
  ['changed.pdf', Buffer.from('contracT'), ofContract],
  ['noted.txt', Buffer.from('noted'), right],
  ['broken.pdf', CONTRACT, Buffer.from(Buffer.from(ofContract).toString().replace('"size":8', '"size":9'))],
] as const) {
  await writeFile(inFolder(name), content);
  if (receipt !== undefined) await writeFile(inFolder(`${name}.receipt.json`), receipt);
}
await writeFile(
  inFolder('cut.ndjson'),
  `${ARCHIVE_START}
`,
);
await writeFile(inFolder('large.json'), Buffer.alloc(2 * RECEIPT_BYTES_MAX, ' '));

function signedEntry(): string {
  const options = { signer: SIGNER, sequence: 0, previous: undefined, params: TEST_PARAMS };
  const signed = signEntry(Buffer.from('{"paid":17}'), { ...options, created: '2026-11-23T05:12:00Z' });
  assert.ok(signed.ok);
  return Buffer.from(signed.value.bytes).toString();
}

/** The receipt of `entry`, which is in block 4. */
function receiptOfEntry(entry: string): Uint8Array {
  const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 5, () => bodyOf(entry));
  return encodeReceipt(receiptOf(TEST_PARAMS, chain, 4, 0));
}

async function verify(args: readonly string[], stdin = new PassThrough()) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  stdin.end();
  const exitCode = await runProgram(['verify', ...args], {
    streams: { stdin, stdout, stderr },
    env: { CAIRN_HOME: folder },
  });
  stdout.end();
  stderr.end();
  return { exitCode, out: await text(stdout), talk: await text(stderr) };
}

test('a receipt that holds is told of with its entry, its place and the work on top', async () => {
  const { exitCode, out } = await verify(['--genesis', GENESIS, inFolder('right.json')]);
  assert.equal(exitCode, 0);
  assert.match(out, /right\.json: on record\.\n/);
  assert.match(out, /entry {4}\{"height":3\}\n/);
  assert.match(out, /block {4}3 of \d\d\/\d\d\/2026, \d\d:\d\d:\d\d UTC\n/);
  assert.match(out, /place {4}entry 1 of 2\n/);
  assert.match(out, /on top {3}5 blocks, \d+ hash tries expected\n/);
  assert.match(out, new RegExp(`network {2}test, genesis ${GENESIS}\n$`));
});

test('each step is told to who asks for it', async () => {
  const { out } = await verify(['--steps', '--network', inFolder('network.json'), inFolder('right.json')]);
  for (const title of ['The entry', 'In the block', 'In the chain', 'The chain', 'Work on top']) {
    assert.match(out, new RegExp(`\n {2}${title}: .+\\.\n`));
  }
});

test('a receipt that was changed is not taken for a file whose receipt is missing', async () => {
  const { exitCode, talk } = await verify(['--genesis', GENESIS, inFolder('changed.json')]);
  assert.deepEqual([exitCode, talk], [1, '']);
});

test('as JSON there is one line for each file', async () => {
  const files = [inFolder('right.json'), inFolder('changed.json'), inFolder('cut.ndjson')];
  const { exitCode, out } = await verify(['--json', '--genesis', GENESIS, ...files]);
  assert.equal(exitCode, 1);
  const [first, second, third] = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual([first.valid, first.kind, first.height, first.index, first.depth], [true, 'receipt', 3, 0, 5]);
  assert.equal(first.steps.length, 5);
  assert.match(first.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.deepEqual([second.valid, second.kind, second.code], [false, 'receipt', 'receipt-entry-other']);
  assert.deepEqual([third.valid, third.kind, third.code], [false, 'archive', 'archive-not-json']);
});

test('a file that cannot be read keeps none of the others from being judged', async () => {
  const files = ['right.json', 'none.json', 'changed.json', 'right.json'].map(inFolder);
  const told = await verify(['--genesis', GENESIS, ...files]);
  assert.equal(told.exitCode, 2);
  assert.match(told.talk, /^cairn: \S+none\.json: there is no such file\.$/m);
  assert.equal([...told.out.matchAll(/on record|not proven/g)].length, 3);
  const { out } = await verify(['--json', '--genesis', GENESIS, ...files]);
  const lines = out.trimEnd().split('\n');
  const { valid, kind, code } = JSON.parse(lines[1] ?? '');
  assert.deepEqual([lines.length, valid, kind, code], [4, false, null, 'file-unreadable']);
});

test('a receipt of another network than the one in mind counts for nothing, however valid it is', async () => {
  const { exitCode, out } = await verify([inFolder('right.json')]);
  assert.equal(exitCode, 1);
  assert.match(
    out,
    new RegExp(`not proven\\. It is of another network, "test" .*--genesis ${GENESIS}.*receipt-network-other`),
  );
});

test('one wrong file among several is told of, and ends in 1', async () => {
  const files = ['right.json', 'changed.json', 'right.json'].map(inFolder);
  const { exitCode, out } = await verify(['--genesis', GENESIS, ...files]);
  assert.equal(exitCode, 1);
  assert.deepEqual(
    [...out.matchAll(/on record|not proven/g)].map(([verdict]) => verdict),
    ['on record', 'not proven', 'on record'],
  );
});

test('a receipt comes from stdin', async () => {
  const stdin = new PassThrough();
  stdin.write(right);
  const { exitCode, out } = await verify(['--genesis', GENESIS, '-'], stdin);
  assert.equal(exitCode, 0);
  assert.match(out, /^-: on record\.\n/);
});

test('of a signed entry it is told who signed it', async () => {
  const { exitCode, out } = await verify(['--genesis', GENESIS, inFolder('signed.json')]);
  assert.equal(exitCode, 0);
  const [author, told] = [SIGNER.author, 'number 0 of this author, counted from 0'];
  assert.ok(out.includes(`\n  signed   by ${author}, ${told}, at 2026-11-23T05:12:00Z by their own clock\n`), out);
  const json = await verify(['--json', '--genesis', GENESIS, inFolder('signed.json')]);
  assert.deepEqual(JSON.parse(json.out).authors, [{ author, sequence: 0, created: '2026-11-23T05:12:00Z' }]);
});

test('of a file that a receipt lies beside it is told whether it is the one that was recorded, and since when', async () => {
  const { exitCode, out } = await verify(['--genesis', GENESIS, inFolder('contract.pdf')]);
  assert.equal(exitCode, 0);
  assert.match(out, /contract\.pdf: on record\.\n/);
  assert.match(out, /file {5}contract\.pdf, 8 bytes\n/);
  assert.match(out, new RegExp(`sha256 {3}${hashBytes(CONTRACT)}\n`));
  assert.match(out, /block {4}4 of \d\d\/\d\d\/2026/);
  const json = await verify(['--json', '--genesis', GENESIS, inFolder('contract.pdf')]);
  const { sha256, size, height } = JSON.parse(json.out);
  assert.deepEqual([sha256, size, height], [hashBytes(CONTRACT), 8, 4]);
});

for (const [what, args, says] of [
  [
    'that was changed since',
    ['changed.pdf'],
    /not proven\. The file is not the one that was recorded.*receipt-file-other/,
  ],
  [
    'beside a receipt of an entry that is about no file',
    ['noted.txt'],
    /not proven\. .* about no file.*receipt-of-no-file/,
  ],
  ['beside a receipt that does not hold', ['broken.pdf'], /not proven\. The entry in it was changed/],
  ['without a receipt', ['alone.pdf'], /not proven.*put .*alone\.pdf\.receipt\.json beside it/s],
] as const) {
  test(`a file ${what} is not proven`, async () => {
    const { exitCode, out, talk } = await verify(['--genesis', GENESIS, ...args.map(inFolder)]);
    assert.equal(exitCode, 1);
    assert.match(out + talk, says);
  });
}

test('a receipt that lies elsewhere is named', async () => {
  const elsewhere = ['--receipt', inFolder('contract.pdf.receipt.json')];
  const { exitCode, out } = await verify(['--genesis', GENESIS, ...elsewhere, inFolder('alone.pdf')]);
  assert.equal(exitCode, 0);
  assert.match(out, /alone\.pdf: on record\.\n {2}file {5}contract\.pdf, 8 bytes\n/);
  const several = await verify([...elsewhere, inFolder('alone.pdf'), inFolder('contract.pdf')]);
  assert.deepEqual([several.exitCode, several.out], [2, '']);
});

test('a receipt is one by its name, also where something lies beside it', async () => {
  const { exitCode, out } = await verify(['--genesis', GENESIS, inFolder('contract.pdf.receipt.json')]);
  assert.equal(exitCode, 0);
  assert.match(out, /contract\.pdf\.receipt\.json: on record/);
});

test('marks in an entry that would turn what follows are shown as escapes', async () => {
  const { out } = await verify(['--genesis', GENESIS, inFolder('turned.json')]);
  assert.match(out, /"turned \\u202eback"/);
});

for (const [what, args, exitCode, says] of [
  ['a file that is not there', [inFolder('none.json')], 2, /none\.json: there is no such file\./],
  ['a folder', [inFolder('.')], 2, /: it is a folder, and not a file\./],
  ['a file that is too large', [inFolder('large.json')], 1, /receipt-too-large/],
  [
    'a genesis that is none',
    ['--genesis', 'abc', inFolder('right.json')],
    2,
    /--genesis must be 64 lower-case hex digits/,
  ],
] as const) {
  test(`${what} is told of in words`, async () => {
    const outcome = await verify(args);
    assert.equal(outcome.exitCode, exitCode);
    assert.match(outcome.out + outcome.talk, says);
  });
}
