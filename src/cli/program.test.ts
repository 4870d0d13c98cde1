/** What the command line says to those who hold it wrong, and to those who ask for help. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import packageFile from '../../package.json' with { type: 'json' };
import { writeFormat1 } from '../../test/support/format-1.ts';
import { DEFAULT_PARAMS } from '../core/params.ts';
import { runProgram } from './program.ts';

const home = await mkdtemp(join(tmpdir(), 'cairn-program-'));
after(() => rm(home, { recursive: true, force: true }));

async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}, isTTY = false) {
  const stderr = Object.assign(new PassThrough(), { isTTY });
  const [stdin, stdout] = [new PassThrough().end(), new PassThrough()];
  const exitCode = await runProgram(args, { streams: { stdin, stdout, stderr }, env: { CAIRN_HOME: home, ...env } });
  stdout.end();
  stderr.end();
  return { exitCode, stdout: await text(stdout), stderr: await text(stderr) };
}

await writeFile(join(home, 'bad-network.json'), '{"name":"x","block_interval":0}');
await writeFile(join(home, 'odd-network.json'), '{"name":"x","blockinterval":1}');
await writeFile(join(home, 'short-token'), 'secret\n');
const busy = createServer().listen(0, '127.0.0.1');
await once(busy, 'listening');
after(() => busy.close());
const address = busy.address();
assert(typeof address === 'object' && address !== null);
const busyPort = String(address.port);

const inHome = (name: string) => join(home, name);

const MISTAKES: readonly {
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly exitCode: number;
  readonly says: RegExp;
}[] = [
  { args: [], exitCode: 2, says: /Examples:\n {2}cairn network --demo/ },
  {
    args: ['statsu', '5001'],
    exitCode: 2,
    says: /unknown command 'statsu'\n\(Did you mean status\?\)\nRun `cairn --help`/,
  },
  ...['nosuch', 'help nosuch', 'nosuch --help', 'help nosuch status'].map((line) => ({
    args: line.split(' '),
    exitCode: 2,
    says: /^cairn: unknown command 'nosuch'\nRun `cairn --help`, or `cairn <command> --help`, to see what there is\.\n$/,
  })),
  ...['keys lst', 'help keys lst', 'keys help lst', 'keys lst -h'].map((line) => ({
    args: line.split(' '),
    exitCode: 2,
    says: /^cairn: unknown command 'lst'\n\(Did you mean list\?\)\nRun `cairn keys --help`, or `cairn keys <command> --help`, .*\n$/,
  })),
  { args: ['keys', 'nosuch'], exitCode: 2, says: /^cairn: unknown command 'nosuch'\nRun `cairn keys --help`.*\n$/ },
  { args: ['node', '5001', '--peeer', 'x'], exitCode: 2, says: /unknown option '--peeer'\n\(Did you mean --peer\?\)/ },
  {
    args: ['status'],
    exitCode: 2,
    says: /^cairn: <port> is missing\.\nRun `cairn status --help` to see what it takes\.\n$/,
  },
  {
    args: ['receipt', 'renew', '5001'],
    exitCode: 2,
    says: /^cairn: <file> is missing\.\nRun `cairn receipt renew --help` to see what it takes\.\n$/,
  },
  { args: ['receipt', '5001'], exitCode: 2, says: /^cairn: <id> is missing\.\nRun `cairn receipt --help` to see/ },
  { args: ['status', '5001', '5002'], exitCode: 2, says: /too many arguments/ },
  {
    args: ['status', 'x'],
    exitCode: 2,
    says: /<port> cannot be 'x'\. It must be a port from 1 to 65535\./,
  },
  { args: ['status', '0'], exitCode: 2, says: /It must be a port from 1 to 65535\./ },
  { args: ['node', '65536'], exitCode: 2, says: /It must be a port from 0 to 65535, 0 for any free one\./ },
  { args: ['node', '0'], exitCode: 2, says: /Port 0 stands for any free port.*say which one with --data DIR\./ },
  { args: ['node', '5001', '--mine', 'sometimes'], exitCode: 2, says: /It must be one of demand, entries, always\./ },
  { args: ['node', '5001', '--mining-share', '0'], exitCode: 2, says: /It must be a whole number from 1 to 100\./ },
  { args: ['network', '--mining-share', '50%'], exitCode: 2, says: /It must be a whole number from 1 to 100\./ },
  {
    args: ['node', '5001', '--mining-kernel', 'gpu'],
    exitCode: 2,
    says: /It must be one of auto, avx512, sha-ni, avx2, wasm-packed, wasm-simd, wasm-scalar, node-crypto\./,
  },
  {
    args: ['node', '5001', '--peer', '/ip4/10.0.0.1/udp/4001/quic-v1'],
    exitCode: 2,
    says: /It must be a multiaddress/,
  },
  { args: ['node', '5001', '--listen', '/ip4/0.0.0.0'], exitCode: 2, says: /such as \/ip4\/0\.0\.0\.0\/tcp\/4001/ },
  { args: ['node', '5001', '--peer', '10.0.0.1:4001'], exitCode: 2, says: /It must be a multiaddress such as \/ip4/ },
  {
    args: ['node', '5001', '--network', inHome('none.json')],
    exitCode: 78,
    says: /none\.json: the network file cannot be read: there is no such file\./,
  },
  {
    args: ['node', '5001', '--network', inHome('bad-network.json')],
    exitCode: 78,
    says: /the parameter "block_interval" must be a whole number from 1/,
  },
  {
    args: ['node', '5001', '--network', inHome('odd-network.json')],
    exitCode: 78,
    says: /there is no parameter "blockinterval": look for a slip/,
  },
  {
    args: ['gateway', '--host', '0.0.0.0', '--port', '0'],
    exitCode: 78,
    says: /beyond loopback \(0\.0\.0\.0\) needs a token/,
  },
  {
    args: ['gateway', '--port', '0', '--token-file', inHome('none')],
    exitCode: 78,
    says: /the token file cannot be read: there is no such file\./,
  },
  {
    args: ['gateway', '--port', '0', '--token-file', inHome('short-token')],
    exitCode: 78,
    says: /The token has 6 characters/,
  },
  {
    args: ['gateway', '--port', busyPort],
    exitCode: 1,
    says: new RegExp(
      `cannot listen on 127\\.0\\.0\\.1:${busyPort}: another program listens there; stop it, or choose another port with --port`,
    ),
  },
  { args: ['network', '--nodes', '17'], exitCode: 2, says: /It must be a whole number from 1 to 16\./ },
  {
    args: ['network', '--base-port', '65535'],
    exitCode: 2,
    says: /3 nodes from port 65535 on take up to port 65537: choose other ports/,
  },
  {
    args: ['network', '--nodes', '1', '--base-port', '7001', '--gateway-port', '7001'],
    exitCode: 2,
    says: /choose other ports with --base-port or --gateway-port/,
  },
  {
    args: ['network', '--nodes', '1', '--base-port', busyPort],
    exitCode: 1,
    says: new RegExp(`Port ${busyPort} is in use: .* stop it, or choose other ports with --base-port\\.`),
  },
  {
    args: ['status', '5001'],
    exitCode: 69,
    says: /No node runs at port 5001 \(none runs; home .*\)\. Start one with `cairn node 5001`\./,
  },
  { args: ['chain', '5001'], exitCode: 69, says: /No node runs at port 5001/ },
  { args: ['shutdown', '5001'], exitCode: 69, says: /No node runs at port 5001/ },
  {
    args: ['status', '1'],
    env: { CAIRN_NODES: '127.0.0.1:1' },
    exitCode: 69,
    says: /127\.0\.0\.1:1: no node can be reached here/,
  },
  {
    args: ['status', '5001'],
    env: { CAIRN_MINE: 'x' },
    exitCode: 78,
    says: /CAIRN_MINE: "x" will not do; it must be one of demand/,
  },
  {
    args: ['mine', '5001', '{"a":1,"a":2}'],
    exitCode: 1,
    says: /The key "a" at offset 7 stands twice in one object: keep one of the two\. \(json-duplicate-key\)/,
  },
  { args: ['mine', '5001', '{a:1}'], exitCode: 1, says: /\(json-syntax\)/ },
  { args: ['append', '5001', inHome('none.ndjson')], exitCode: 2, says: /none\.ndjson: there is no such file/ },
  { args: ['append', '5001', home], exitCode: 2, says: /this is a folder; name a file with one JSON value a line/ },
  { args: ['bench', 'hashing'], exitCode: 2, says: /<what> cannot be 'hashing'\. It must be one of mining/ },
  { args: ['bench', 'mining', '--node', '5001'], exitCode: 69, says: /No node runs at port 5001/ },
  { args: ['export', '5001', '-', '--from', 'x'], exitCode: 2, says: /must be a height, from 0 to 4294967295/ },
  {
    args: ['export', '5001', '-', '--from', '5', '--to', '2'],
    exitCode: 2,
    says: /--from is the first block and --to the last one, and 5 comes after 2/,
  },
  { args: ['export', '5001'], exitCode: 69, says: /No node runs at port 5001/ },
  { args: ['import', '5001', inHome('none.json')], exitCode: 2, says: /none\.json: there is no such file/ },
  { args: ['import', '5001', home], exitCode: 2, says: /this is a folder; name a file with a chain/ },
  { args: ['backup', '5001', inHome('copy')], exitCode: 69, says: /No node runs at port 5001/ },
  { args: ['compact', inHome('nowhere')], exitCode: 2, says: /no store in .*nowhere/ },
  { args: ['reindex', inHome('nowhere')], exitCode: 2, says: /no store in .*nowhere/ },
  { args: ['fsck', inHome('nowhere')], exitCode: 2, says: /no store in .*nowhere/ },
];

for (const { args, env, exitCode, says } of MISTAKES) {
  const told = Object.entries(env ?? {}).map(([name, value]) => `${name}=${value}`);
  const line = [...told, 'cairn', ...args.map((arg) => arg.replace(home, '…').replace(busyPort, '<busy>'))].join(' ');
  test(`${line} exits with ${exitCode} and says why`, async () => {
    const outcome = await run(args, env);
    assert.match(outcome.stderr, says);
    assert.equal(outcome.exitCode, exitCode);
    assert.equal(outcome.stdout, '');
  });
}

for (const command of ['fsck', 'reindex', 'compact']) {
  test(`${command} brings a folder of an older format to this one, and draws how far it is`, async () => {
    const folder = inHome(`format-1-${command}`);
    await writeFormat1(folder, DEFAULT_PARAMS, []);
    const { exitCode, stderr } = await run([command, folder], {}, true);
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /bringing the data folder to this format █████░* {2}2\d %/);
    const again = await run([command, folder], {}, true);
    assert.doesNotMatch(again.stderr, /to this format/);
  });
}

test('--version prints the version alone', async () => {
  assert.deepEqual(await run(['--version']), { exitCode: 0, stdout: `${packageFile.version}\n`, stderr: '' });
});

const COMMANDS = [
  'node',
  'gateway',
  'network',
  'status',
  'chain',
  'validate',
  'shutdown',
  'peers',
  'mine',
  'append',
  'export',
  'import',
  'backup',
  'fsck',
  'compact',
  'reindex',
  'bench',
];

test('without a command the help is told as it is where it is asked for, and is a mistake', async () => {
  const [none, asked] = [await run([]), await run(['--help'])];
  assert.deepEqual([none.exitCode, none.stdout, none.stderr], [2, '', asked.stdout]);
});

for (const [asked, command] of [
  ['help', ''],
  ['help status', 'status'],
  ['help status 5001', 'status'],
  ['help keys', 'keys'],
  ['keys help', 'keys'],
  ['help keys list', 'keys list'],
  ['keys help list', 'keys list'],
  ['help receipt renew', 'receipt renew'],
  ['receipt 5001 --help', 'receipt'],
] as const) {
  test(`\`cairn ${asked}\` prints the help of ${command === '' ? 'all' : command}`, async () => {
    const told = await run(asked.split(' '));
    const args = command === '' ? [] : command.split(' ');
    assert.deepEqual(told, { exitCode: 0, stdout: (await run([...args, '--help'])).stdout, stderr: '' });
  });
}

test('the help names every command', async () => {
  const { stdout } = await run(['--help']);
  for (const command of COMMANDS) assert.match(stdout, new RegExp(`^ {2}${command} `, 'm'));
});

for (const command of COMMANDS) {
  test(`the help of ${command} begins with examples, and names --json`, async () => {
    const { exitCode, stdout, stderr } = await run([command, '--help']);
    assert.equal(exitCode, 0);
    assert.match(stdout, new RegExp(`^Examples:\n {2}cairn ${command}`));
    assert.match(stdout, /^ {2}--json /m);
    assert.equal(stderr, '');
  });
}
