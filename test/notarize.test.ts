/** Files on their whole way: recorded by a running node, proved with it gone, and their receipts renewed. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { runProgram } from '../src/cli/program.ts';
import { hashBytes } from '../src/core/hash.ts';
import { createParams, encodeParams, type NetworkParams } from '../src/core/params.ts';
import { parseReceipt, verifyReceipt } from '../src/core/receipt.ts';
import type { CairnHome } from '../src/probe/cairn-home.ts';
import { CAIRN_MAIN } from './support/cairn-process.ts';
import { EXAMPLES, NO_PYTHON } from './support/receipt-verdicts.ts';
import { EASY_PARAMS, makeHome, TestNode } from './support/test-node.ts';

const NO_NAMESPACES =
  spawnSync('unshare', ['--map-root-user', '--net', 'true']).status === 0 ? false : 'this system takes no network away';

/** A home with a node that mines what waits, and a folder of files. */
async function makeOffice(t: TestContext, params: NetworkParams = EASY_PARAMS) {
  const home = await makeHome(t);
  const node = await TestNode.start(t, { home, params, mode: 'entries' });
  const folder = join(home.root, 'files');
  await mkdir(folder);
  await writeFile(join(home.root, 'network.json'), encodeParams(params));
  const cairn = (...args: readonly string[]) => runCairn(home, args);
  return {
    home,
    node,
    at: String(node.node.port),
    /** Runs a command. */
    cairn,
    verify: (...args: readonly string[]) => cairn('verify', '--network', join(home.root, 'network.json'), ...args),
    /** Writes a file, and answers with its path. */
    write: async (name: string, content: string) => {
      await writeFile(join(folder, name), content);
      return join(folder, name);
    },
  };
}

async function runCairn(home: CairnHome, args: readonly string[]) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end();
  const streams = { stdin, stdout, stderr };
  const exitCode = await runProgram(args, { streams, env: { CAIRN_HOME: home.root } });
  stdout.end();
  stderr.end();
  return { exitCode, out: await text(stdout), talk: await text(stderr) };
}

async function provenBy(file: string) {
  const receipt = parseReceipt(await readFile(`${file}.receipt.json`));
  assert.ok(receipt.ok);
  const verified = verifyReceipt(receipt.value);
  assert.ok(verified.ok);
  return verified.value;
}

test('files are recorded, each with a receipt beside it that proves it when the node is gone', async (t) => {
  const { node, at, cairn, verify, write } = await makeOffice(t);
  const [contract, plan] = [await write('contract.pdf', 'we agree'), await write('plan.dwg', 'a line')];
  const made = await cairn('notarize', at, contract, plan);
  assert.deepEqual([made.exitCode, made.talk], [0, '']);
  const lines = made.out.trimEnd().split('\n');
  assert.equal(lines.length, 2);
  for (const line of lines)
    assert.match(line, /: on record in block \d of .* UTC, \d blocks? on top; .*\.receipt\.json, /);
  await node.stop();

  const verified = await verify('--json', contract, plan);
  assert.equal(verified.exitCode, 0, verified.out);
  const [first] = verified.out.split('\n').map((line) => JSON.parse(line || 'null'));
  assert.deepEqual([first.sha256, first.size, first.authors], [hashBytes(Buffer.from('we agree')), 8, []]);
  await writeFile(plan, 'a lime');
  const changed = await verify(contract, plan);
  assert.equal(changed.exitCode, 1);
  assert.match(changed.out, /plan\.dwg: not proven\. The file is not the one that was recorded/);
});

test('to say the same again records nothing twice, and renews the receipts', async (t) => {
  const { node, at, cairn, write } = await makeOffice(t);
  const contract = await write('contract.pdf', 'we agree');
  await cairn('notarize', at, contract);
  const before = await provenBy(contract);
  await node.mine('"more"');
  const again = await cairn('notarize', '--json', at, contract, `${contract}.receipt.json`);
  assert.match(again.talk, /contract\.pdf\.receipt\.json: left out/);
  const told = JSON.parse(again.out);
  assert.deepEqual([told.status, told.id, told.height, told.depth], ['in-block', before.id, 1, 1]);
  assert.equal(told.time, new Date(before.block.header.timestamp * 1_000).toISOString().replace('.000Z', 'Z'));
  assert.equal((await provenBy(contract)).depth, 1);
});

test('equal files are one entry, and have a receipt each', async (t) => {
  const { at, cairn, verify, write } = await makeOffice(t);
  const here = await write('contract.pdf', 'we agree');
  const there = join(here, '..', 'copies', 'contract.pdf');
  await mkdir(join(there, '..'));
  await copyFile(here, there);
  assert.equal((await cairn('notarize', at, here, there)).exitCode, 0);
  assert.equal((await provenBy(here)).id, (await provenBy(there)).id);
  assert.equal((await verify(here, there)).exitCode, 0);
});

test('without its name, a file is recorded by its hash and size alone', async (t) => {
  const { at, cairn, verify, write } = await makeOffice(t);
  const contract = await write('secret-merger.pdf', 'we agree');
  assert.equal((await cairn('notarize', '--no-name', at, contract)).exitCode, 0);
  assert.ok(!(await readFile(`${contract}.receipt.json`, 'utf8')).includes('secret'));
  assert.match((await verify(contract)).out, /file {5}a file without a name, 8 bytes/);
});

test('a receipt of what the file was before is not written over, and nothing is recorded', async (t) => {
  const { node, at, cairn, write } = await makeOffice(t);
  const contract = await write('contract.pdf', 'we agree');
  await cairn('notarize', at, contract);
  const receipt = await readFile(`${contract}.receipt.json`, 'utf8');
  await writeFile(contract, 'we disagree');
  const refused = await cairn('notarize', at, contract);
  assert.equal(refused.exitCode, 1);
  assert.match(refused.talk, /is there already, and is of another content than the file has now/);
  assert.equal(await readFile(`${contract}.receipt.json`, 'utf8'), receipt);
  assert.equal((await node.status()).tip.height, 1);
});

test('a signed record of a file tells who signed it, and is not taken for one that another key has signed', async (t) => {
  const { at, cairn, verify, write } = await makeOffice(t);
  for (const name of ['alice', 'bob']) assert.equal((await cairn('keys', 'create', name)).exitCode, 0);
  const contract = await write('contract.pdf', 'we agree');
  const made = await cairn('notarize', '--sign', 'alice', at, contract);
  assert.equal(made.exitCode, 0, made.talk);
  const [author] = (await provenBy(contract)).authors;
  assert.equal(author?.sequence, 0);
  assert.match((await verify(contract)).out, new RegExp(`signed {3}by ${author?.author}, number 0 `));
  const again = await cairn('notarize', '--sign', 'alice', at, contract);
  assert.equal(again.exitCode, 0, again.talk);
  assert.equal((await provenBy(contract)).authors[0]?.sequence, 0);
  const other = await cairn('notarize', '--sign', 'bob', at, contract);
  assert.equal(other.exitCode, 1);
  assert.match(other.talk, /was not signed with the key "bob"/);
});

test('who is interrupted while blocks are waited for goes on with the same signed entry', async (t) => {
  const { home, node, at, cairn, write } = await makeOffice(t);
  await cairn('keys', 'create', 'alice');
  const contract = await write('contract.pdf', 'we agree');
  const args = [CAIRN_MAIN, 'notarize', '--sign', 'alice', '--depth', '2', at, contract];
  const child = spawn(process.execPath, args, { env: { ...process.env, CAIRN_HOME: home.root } });
  const [talk, exited] = [text(child.stderr), once(child, 'close')];
  await node.statusWhen(({ tip }) => tip.height === 1);
  child.kill('SIGINT');
  assert.deepEqual((await exited)[0], 130);
  assert.match(await talk, /nothing is recorded twice/);
  for (const data of ['1', '2']) await node.mine(data);
  const again = await cairn('notarize', '--json', '--sign', 'alice', '--depth', '2', at, contract);
  const { status, height, depth } = JSON.parse(again.out);
  assert.deepEqual([status, height, depth], ['in-block', 1, 2]);
  const [author] = (await provenBy(contract)).authors;
  assert.equal(author?.sequence, 0);
});

test('what cannot be recorded, or read, is told of, and nothing is recorded', async (t) => {
  const params = createParams({ ...EASY_PARAMS, name: 'signed-only', signatures: 'required' });
  const { node, at, cairn, write } = await makeOffice(t, params);
  const contract = await write('contract.pdf', 'we agree');
  const unsigned = await cairn('notarize', at, contract);
  assert.equal(unsigned.exitCode, 1);
  assert.match(unsigned.talk, /contract\.pdf: This network takes signed entries only/);
  const missing = await cairn('notarize', at, contract, `${contract}.old`);
  assert.equal(missing.exitCode, 2);
  assert.match(missing.talk, /contract\.pdf\.old: there is no such file/);
  assert.equal((await node.status()).tip.height, 0);
});

test('a renewed receipt proves the same place with the work that has come on top', async (t) => {
  const { node, at, cairn, write } = await makeOffice(t);
  const contract = await write('contract.pdf', 'we agree');
  await cairn('notarize', at, contract);
  const before = await provenBy(contract);
  for (const data of ['1', '2', '3']) await node.mine(data);
  const renewed = await cairn('receipt', 'renew', at, `${contract}.receipt.json`);
  assert.match(renewed.out, /contract\.pdf\.receipt\.json: 3 blocks on top, 0 before, /);
  const after = await provenBy(contract);
  assert.deepEqual([after.id, after.index, after.block], [before.id, before.index, before.block]);
  assert.deepEqual([after.depth, after.tip.hash], [3, (await node.status()).tip.hash]);
  await node.mine('4');
  const named = await cairn('receipt', 'renew', '--json', at, contract);
  const { file, depth, depth_before } = JSON.parse(named.out);
  assert.deepEqual([file, depth, depth_before], [`${contract}.receipt.json`, 4, 3]);
});

test('a receipt is left as it was where a node cannot show more for it', async (t) => {
  const { home, node, at, cairn, write } = await makeOffice(t);
  const contract = await write('contract.pdf', 'we agree');
  const receipt = `${contract}.receipt.json`;
  await cairn('notarize', at, contract);
  // Homes of their own: nodes of one home find each other.
  const behind = await makeOffice(t);
  const apart = await makeOffice(t);
  const elsewhere = await makeOffice(t, createParams({ ...EASY_PARAMS, name: 'elsewhere' }));
  const chain = join(home.root, 'chain.json');
  await cairn('export', at, chain);
  assert.equal((await behind.cairn('import', behind.at, chain)).exitCode, 0);
  await node.mine('"more"');
  await cairn('receipt', 'renew', at, receipt);
  const content = await readFile(receipt, 'utf8');
  await writeFile(`${contract}.broken`, content.replace('"size":8', '"size":9'));
  const unrecorded = await write('unrecorded.pdf', 'nobody agreed');
  const archive = join(home.root, 'archive.ndjson');
  assert.equal((await cairn('export', at, archive, '--proof')).exitCode, 0);
  for (const [office, file, says] of [
    [behind, receipt, /has 0 blocks on top of the entry, and the receipt shows 1.*\(receipt-not-renewable\)/],
    [apart, receipt, /is not in the chain of the node.*\(receipt-not-renewable\)/],
    [elsewhere, receipt, /the node at port \d+ is of "elsewhere".*\(receipt-network-other\)/],
    [{ cairn, at }, `${contract}.broken`, /The entry in it was changed.*\(receipt-entry-other\)/],
    [{ cairn, at }, archive, /It is an archive, .*export its blocks anew.*`cairn export \d+ --proof`/],
    [
      { cairn, at },
      unrecorded,
      /This is not JSON at offset 0, .*its receipt is missing: \S+unrecorded\.pdf\.receipt\.json\./,
    ],
  ] as const) {
    const before = await readFile(file, 'utf8');
    const { exitCode, out } = await office.cairn('receipt', 'renew', office.at, file);
    assert.equal(exitCode, 1);
    assert.match(out, /: left as it was\. /);
    assert.match(out, says);
    assert.equal(await readFile(file, 'utf8'), before);
  }
});

test('where one receipt is missing, the others are renewed', async (t) => {
  const { at, cairn, write } = await makeOffice(t);
  const contract = await write('contract.pdf', 'we agree');
  await cairn('notarize', at, contract);
  const { exitCode, out, talk } = await cairn('receipt', 'renew', at, `${contract}.none`, contract);
  assert.equal(exitCode, 2);
  assert.match(talk, /contract\.pdf\.none: there is no such file\./);
  assert.match(out, /contract\.pdf\.receipt\.json: 0 blocks on top, 0 before/);
});

test('the verifier in Python says the same of receipts that were written', { skip: NO_PYTHON }, async (t) => {
  const { home, at, cairn, write } = await makeOffice(t);
  await cairn('keys', 'create', 'alice');
  const contract = await write('contract.pdf', 'we agree');
  await cairn('notarize', '--sign', 'alice', at, contract);
  const { id, authors } = await provenBy(contract);
  const verify = (...args: readonly string[]) =>
    spawnSync('python3', ['-B', join(EXAMPLES, 'verify_receipt.py'), ...args], { cwd: home.root, encoding: 'utf8' });
  const receipt = `${contract}.receipt.json`;
  const right = verify('--network', 'network.json', receipt);
  assert.equal(right.status, 0, right.stderr);
  assert.match(
    right.stdout,
    new RegExp(`on record\\.\\n.*\\n {2}id {7}${id}\\n {2}signed {3}by ${authors[0]?.author},`),
  );
  assert.equal(verify('--network', 'network.json', contract).stdout, right.stdout.replace(receipt, contract));
  await writeFile(contract, 'we disagree');
  const changed = verify('--network', 'network.json', contract);
  assert.deepEqual([changed.status, changed.stdout], [1, `${contract}: not proven (receipt-file-other)\n`]);
  const other = verify(receipt);
  assert.deepEqual([other.status, other.stdout], [1, `${receipt}: not proven (receipt-network-other)\n`]);
  assert.equal(verify('--network', 'network.json', 'none.receipt.json').status, 2);
  const mistyped = verify('--genesis', 'DC4C', receipt);
  assert.deepEqual([mistyped.status, mistyped.stdout], [2, ''], 'what no genesis can be is no verdict on a receipt');
});

test('in a folder with nothing else in it, and without a network, a file is proved by its receipt', {
  skip: NO_NAMESPACES,
}, async (t) => {
  const { home, at, cairn, write } = await makeOffice(t);
  const contract = await write('contract.pdf', 'we agree');
  await cairn('notarize', at, contract);
  const elsewhere = await makeHome(t);
  const cwd = elsewhere.root;
  for (const name of ['contract.pdf', 'contract.pdf.receipt.json']) {
    await copyFile(join(home.root, 'files', name), join(cwd, name));
  }
  await copyFile(join(home.root, 'network.json'), join(cwd, 'network.json'));
  const args = ['--network', 'network.json', 'contract.pdf'];
  const env = { PATH: process.env['PATH'], HOME: cwd };
  const offline = (...command: readonly string[]) =>
    spawnSync('unshare', ['--map-root-user', '--net', ...command, ...args], { cwd, env, encoding: 'utf8' });
  const ours = offline(process.execPath, CAIRN_MAIN, 'verify');
  assert.deepEqual([ours.status, ours.stdout.split('\n')[0]], [0, 'contract.pdf: on record.'], ours.stderr);
  if (NO_PYTHON !== false) return;
  const theirs = offline('python3', '-B', join(EXAMPLES, 'verify_receipt.py'));
  assert.deepEqual([theirs.status, theirs.stdout.split('\n')[0]], [0, 'contract.pdf: on record.'], theirs.stderr);
});
