/** `cairn author` at a node that keeps records. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { ALICE, BOB, CAROL, signedEntry } from '../../test/support/signers.ts';
import { EASY_PARAMS, makeHome, TestNode } from '../../test/support/test-node.ts';
import type { NewlySigned, SigningOptions } from '../core/entry-signing.ts';
import { genesisHash } from '../core/genesis.ts';
import { encodeParams } from '../core/params.ts';
import { runProgram } from './program.ts';

/** An entry of Alice's, by its number, after `before`. */
function signed(json: string, sequence: number, before?: NewlySigned, options: Partial<SigningOptions> = {}) {
  const previous = before?.authorship.statement;
  return signedEntry(json, { params: EASY_PARAMS, sequence, previous, ...options });
}

async function startWorld(t: TestContext) {
  const home = await makeHome(t);
  const node = await TestNode.start(t, { home, indexes: [] });
  const run = async (...args: readonly string[]) => {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const exitCode = await runProgram(args, { streams: { stdin, stdout, stderr }, env: { CAIRN_HOME: home.root } });
    stdout.end();
    stderr.end();
    return { exitCode, out: await text(stdout), talk: await text(stderr) };
  };
  const put = async (...entries: readonly NewlySigned[]) => {
    const block = await node.mine(`[${entries.map(({ bytes }) => Buffer.from(bytes).toString()).join(',')}]`);
    await node.whenIndexed(block.index);
  };
  return { home, node, run, put, port: String(node.node.port), path: (name: string) => join(home.root, name) };
}

const FIRST = signed('{"n":0}', 0);
const SECOND = signed('{"n":1}', 1, FIRST);
const THIRD = signed('{"n":2}', 2, SECOND);
const FIFTH = signed('{"n":4}', 4, signed('{"n":3}', 3, THIRD));

test('a record that is all there is told as complete, also where others have signed along', async (t) => {
  const { run, put, port } = await startWorld(t);
  const shared = signed(Buffer.from(SECOND.bytes).toString(), 0, undefined, { signer: BOB });
  await put(FIRST, shared, signed('{"n":0}', 0, undefined, { signer: CAROL }));
  await put(THIRD, FIRST);
  const { exitCode, out } = await run('author', port, ALICE.author);
  assert.equal(exitCode, 0);
  assert.match(out, /on record {2}complete: 3 entries, the last with the number 2\n/);
  assert.match(out, /signatures all hold\n/);
  assert.match(out, /latest {5}block 2, /);
  const facts = JSON.parse((await run('author', port, BOB.author, '--json')).out);
  assert.deepEqual([facts.complete, facts.entries, facts.last_sequence, facts.conflicts], [true, 1, 0, []]);
});

test('what is missing is named, and ends in 1', async (t) => {
  const { run, put, port } = await startWorld(t);
  await put(FIFTH, SECOND);
  const { exitCode, out } = await run('author', port, ALICE.author);
  assert.equal(exitCode, 1);
  assert.match(out, /not complete: 2 entries/);
  assert.match(out, /missing {4}3: 0, 2 to 3\n/);
});

test('a conflict is named, and written down for anybody to check', async (t) => {
  const { run, put, port, path } = await startWorld(t);
  const other = signed('{"n":"another"}', 1, FIRST);
  await put(FIRST, SECOND);
  await put(other, THIRD);
  const { exitCode, out, talk } = await run('author', port, ALICE.author, '--evidence', path('conflict.json'));
  assert.equal(exitCode, 1);
  assert.match(out, /on record {2}in conflict: 4 entries, the last with the number 2\n/);
  assert.match(
    out,
    new RegExp(`conflict {3}number 1 was given twice: to ${SECOND.id} in block 1 and to ${other.id} in block 2\n`),
  );
  assert.match(talk, /conflict\.json: anybody can check it with `cairn verify`/);
  const evidence = JSON.parse(await readFile(path('conflict.json'), 'utf8'));
  assert.deepEqual([evidence.author, evidence.network], [ALICE.author, JSON.parse(encodeParams(EASY_PARAMS))]);
  const judged = await run('verify', '--genesis', genesisHash(EASY_PARAMS), path('conflict.json'));
  assert.deepEqual([judged.exitCode, /: proven\. .*\n.*two entries have the number 1/s.test(judged.out)], [0, true]);
});

test('an entry that follows another than the one on record is a conflict, too', async (t) => {
  const { run, put, port } = await startWorld(t);
  await put(FIRST, signed('{"n":1}', 1, signed('{"n":"never shown"}', 0)));
  const facts = JSON.parse((await run('author', port, ALICE.author, '--json')).out);
  assert.deepEqual([facts.conflict_count, facts.conflicts[0].kind, facts.complete], [1, 'previous-other', false]);
});

test('without a conflict no evidence is written, and nothing on record is no fault', async (t) => {
  const { run, port, path } = await startWorld(t);
  const { exitCode, out, talk } = await run('author', port, ALICE.author, '--evidence', path('none.json'));
  assert.equal(exitCode, 0);
  assert.match(out, /on record {2}nothing\n/);
  assert.match(talk, /Nothing on record convicts the author: .*none\.json was not written/);
  await assert.rejects(readFile(path('none.json')), { code: 'ENOENT' });
});

test('an author is named by a key of the home, too, and by nothing else', async (t) => {
  const { run, port } = await startWorld(t);
  const author = (await run('keys', 'create', 'alice')).out.trim();
  const mined = await run('mine', port, '[{"a":1},{"a":2}]', '--sign', 'alice');
  assert.equal(mined.exitCode, 0, mined.talk);
  const { exitCode, out } = await run('author', port, 'alice', '--json');
  assert.deepEqual([exitCode, JSON.parse(out).author, JSON.parse(out).entries], [0, author, 2]);
  const unknown = await run('author', port, 'did:key:z6MkNobody');
  assert.deepEqual([unknown.exitCode, /is no author/.test(unknown.talk)], [2, true]);
  const nobody = await run('author', port, 'bob');
  assert.deepEqual(
    [nobody.exitCode, /There is no key "bob" in .*: there are these: alice/.test(nobody.talk)],
    [2, true],
  );
});
