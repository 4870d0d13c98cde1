/**
 * Whether the package is what it says: packed by npm, installed in an empty folder, and used there as a stranger would use it,
 * on every Node that it is for.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { freePort } from '../test/support/free-port.ts';
import { ROOT } from './package-build.ts';

/** What npm makes of the package. */
export interface Packed {
  /** The tarball. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly unpackedBytes: number;
  /** Of the files in it, from the package's root. */
  readonly names: readonly string[];
}

/** Installs the package from the registry, with all that it needs, for each of the Nodes, and uses it. Tells how it goes. */
export async function checkPackage(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-package-'));
  try {
    const packed = await pack(folder);
    tell(
      `${packed.names.length} files, ${megabytes(packed.sizeBytes)} packed, ${megabytes(packed.unpackedBytes)} unpacked`,
    );
    for (const version of NODES) {
      const node = await installNode(folder, version);
      const app = join(folder, `app-${version}`);
      await mkdir(app);
      await run(app, node, 'npm', ['init', '--yes']);
      await run(app, node, 'npm', ['install', '--no-audit', '--no-fund', packed.path]);
      tell(
        `Node ${await usePackage(app, node)}: installed (${megabytes(await sizeOf(app))} with all that it needs), and works`,
      );
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Packs what was built; nothing is built for it. */
export async function pack(folder: string): Promise<Packed> {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const parsed: unknown = JSON.parse(await run(ROOT, process.execPath, 'npm', args));
  // npm 12 names each package, and older ones have a list.
  const [described] = Object.values(parsed as Record<string, PackedByNpm>);
  assert(described !== undefined, 'npm has packed one package');
  const { filename, size, unpackedSize, files } = described;
  return {
    path: join(folder, filename),
    sizeBytes: size,
    unpackedBytes: unpackedSize,
    names: files.map(({ path }) => path),
  };
}

interface PackedByNpm {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/** Lays the package out in `app` as npm would, with what it needs taken from here: no registry is asked. */
export async function unpack(packed: Packed, app: string): Promise<void> {
  const modules = join(app, 'node_modules');
  const own = join(modules, 'cairn-ledger');
  await mkdir(own, { recursive: true });
  await run(own, process.execPath, 'tar', ['-xzf', packed.path, '--strip-components=1']);
  for (const name of await readdir(join(ROOT, 'node_modules'))) {
    if (name !== '.bin' && !name.startsWith('.')) await symlink(join(ROOT, 'node_modules', name), join(modules, name));
  }
  await mkdir(join(modules, '.bin'));
  await symlink('../cairn-ledger/bin/cairn.mjs', join(modules, '.bin/cairn'));
}

/** Uses the package that is installed in `app`, on the Node at the path `node`. Answers which version that is. */
export async function usePackage(app: string, node: string): Promise<string> {
  const help = await run(app, node, 'npx', ['--no-install', 'cairn', '--help']);
  assert.match(help, /^Usage: cairn /m);
  await writeFile(join(app, 'use.mjs'), PROGRAM);
  const [nodePort, gatewayPort] = [await freePort(), await freePort()];
  // Not by npx, which hands no signal on.
  const args = [
    'node_modules/.bin/cairn',
    'network',
    '--nodes',
    '1',
    '--base-port',
    `${nodePort}`,
    '--gateway-port',
    `${gatewayPort}`,
  ];
  const network = start(app, node, node, args);
  const ended = once(network, 'close');
  try {
    await lineWith(network, `http://127.0.0.1:${gatewayPort}/`);
    const page = await fetch(`http://127.0.0.1:${gatewayPort}/`);
    assert.match(await page.text(), /<!doctype html>/i, 'the explorer is in the package');
    const told = await run(app, node, 'node', ['use.mjs', `http://127.0.0.1:${gatewayPort}`]);
    assert.match(told, /^id rules place chain$/m);
  } finally {
    network.kill('SIGINT');
    await ended;
  }
  // Nothing runs any more: the receipt has to do.
  const verified = await run(app, node, 'npx', ['--no-install', 'cairn', 'verify', 'crate.receipt.json']);
  assert.match(verified, /on record/);
  return (await run(app, node, 'node', ['--version'])).trim();
}

/** What a stranger writes. */
const PROGRAM = `import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { checkReceipt, connect, generateKey, LedgerError } from 'cairn-ledger';

const ledger = await connect(process.argv[2]);
const { id, place, checked } = await ledger.appendAndWait({ crate: 17, seal: 'whole' });
console.log(checked.join(' '));
const receipt = await ledger.receipt(id);
assert.equal(checkReceipt(receipt.text, { genesis: ledger.genesis }).height, place.height);
await writeFile('crate.receipt.json', receipt.text);
const author = await ledger.author(generateKey().signer, { state: { sequence: 0, previous: null, unsent: [] } });
const signed = await ledger.wait(await author.append({ crate: 18 }));
assert.equal(signed.authors[0].author, author.did);
for await (const { record } of ledger.follow({}, { after: 'start' })) {
  assert.deepEqual(record.data, { crate: 17, seal: 'whole' });
  break;
}
await assert.rejects(ledger.entry('f'.repeat(64)), (error) => error instanceof LedgerError && error.code === 'entry-not-found');
`;

/** A Node of the registry: its binary is in a package. */
async function installNode(folder: string, version: string): Promise<string> {
  const place = join(folder, `node-${version}`);
  await mkdir(place);
  await run(place, process.execPath, 'npm', ['init', '--yes']);
  await run(place, process.execPath, 'npm', ['install', '--no-audit', '--no-fund', `node@${version}`]);
  return join(place, 'node_modules/node/bin/node');
}

function start(folder: string, node: string, command: string, args: readonly string[]): ChildProcess {
  const path = `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}`;
  const { CAIRN_ON_INSTALLED_NODE: _, ...env } = process.env;
  return spawn(command, args, {
    cwd: folder,
    env: { ...env, PATH: path, CAIRN_HOME: join(folder, 'home') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function run(folder: string, node: string, command: string, args: readonly string[]): Promise<string> {
  const child = start(folder, node, command, args);
  assert(child.stdout !== null && child.stderr !== null, 'both are pipes');
  const [output, problems, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  assert.equal(exitCode, 0, `${command} ${args.join(' ')}: ${output}${problems}`);
  return output;
}

/** Resolves when the process says so; rejects where it ends before. */
async function lineWith(child: ChildProcess, words: string): Promise<void> {
  assert(child.stdout !== null && child.stderr !== null, 'both are pipes');
  const problems = text(child.stderr);
  let told = '';
  for await (const line of createInterface({ input: child.stdout })) {
    told += `${line}\n`;
    if (line.includes(words)) {
      // What it says later must not fill the pipe.
      child.stdout.resume();
      return;
    }
  }
  assert.fail(`it ended before it was ready: ${told}${await problems}`);
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => stat(join(parentPath, name)));
  return (await Promise.all(sizes)).reduce((sum, { size }) => sum + size, 0);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Of each line of Node that the package is for, the latest. */
const NODES = ['22', '24', '26'];
