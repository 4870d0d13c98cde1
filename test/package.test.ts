/**
 * The package as others get it, laid out in an empty folder: what is in it, that it runs there as JavaScript, that its types fit,
 * and that browsers take it. `npm run package:check` installs it from the registry, on every Node that it is for.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';
import { ROOT } from '../scripts/package-build.ts';
import { type Packed, pack, unpack, usePackage } from '../scripts/package-check.ts';
import { createGateway } from '../src/gateway/gateway.ts';
import { openPage, startBrowser } from './browser/browser.ts';
import { noChromiumReason } from './browser/chromium.ts';
import { fileLifetime } from './browser/lifetime.ts';
import { ensureLibrary } from './support/built-library.ts';
import { atEnd } from './support/lifetime.ts';
import { makeHome, TestNode } from './support/test-node.ts';

const lifetime = fileLifetime();
let app: string;
let packed: Packed;

before(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-package-'));
  atEnd(lifetime, () => rm(folder, { recursive: true, force: true }));
  app = join(folder, 'app');
  await ensureLibrary();
  packed = await pack(folder);
  await unpack(packed, app);
});

test('it has the program, the library with its types, the explorer, and no source, test or secret', () => {
  const { names } = packed;
  for (const name of [
    'LICENSE',
    'README.md',
    'bin/cairn.mjs',
    'dist/lib/dist/explorer/index.html',
    'dist/lib/package-lock.json',
    'dist/lib/src/cli/main.js',
    'dist/lib/src/sdk/cairn-ledger.d.ts',
    'dist/lib/src/sdk/cairn-ledger.js',
    'dist/lib/src/storage/store-thread.js',
    'package.json',
  ]) {
    assert.ok(names.includes(name), name);
  }
  const expected =
    /^(?:LICENSE|README\.md|package\.json|bin\/cairn\.mjs|dist\/lib\/(?:package(?:-lock)?\.json|dist\/explorer\/.*|src\/.*(?:\.js|\.d\.ts)))$/;
  assert.deepEqual(
    names.filter((name) => !expected.test(name) || /\.(?:test|fixture|contract)\./.test(name)),
    [],
  );
  assert.ok(packed.sizeBytes < PACKED_BYTES_MAX, `${packed.sizeBytes} bytes`);
});

test('npm has nothing to run, and nothing to ask about, where it is installed', async () => {
  const { scripts } = JSON.parse(await readFile(join(app, 'node_modules/cairn-ledger/package.json'), 'utf8'));
  const atInstall = ['preinstall', 'install', 'postinstall', 'prepare'];
  assert.deepEqual(
    Object.keys(scripts).filter((name) => atInstall.includes(name)),
    [],
  );
});

test('the command and the library work where it is installed', async () => {
  assert.equal(await usePackage(app, process.execPath), process.version);
});

for (const [who, options] of [
  ['Node', { module: 'nodenext', types: ['node'], lib: ['es2024'] }],
  ['bundlers', { module: 'esnext', moduleResolution: 'bundler', types: [], lib: ['es2023', 'dom', 'dom.iterable'] }],
] as const) {
  test(`its types fit a program for ${who}, with every check on`, async () => {
    const folder = join(app, who);
    await mkdir(folder);
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await writeFile(join(folder, 'use.ts'), TYPED_PROGRAM);
    const compilerOptions = {
      ...options,
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      target: 'es2023',
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }));
    const compiler = join(ROOT, 'node_modules/@typescript/native/bin/tsc');
    const child = spawn(process.execPath, [compiler, '-p', folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [problems, [exitCode]] = await Promise.all([text(child.stdout), once(child, 'close')]);
    assert.equal(problems, '');
    assert.equal(exitCode, 0);
  });
}

test('a page uses it in a browser, and checks there what it is told', { skip: noChromiumReason() }, async (t) => {
  const pages = join(app, 'pages');
  await mkdir(join(pages, 'source'), { recursive: true });
  await writeFile(
    join(pages, 'source/index.html'),
    '<!doctype html><title>Crates</title><script type="module" src="/main.js"></script>',
  );
  await writeFile(
    join(pages, 'source/main.js'),
    "import * as ledger from 'cairn-ledger';\nglobalThis.ledger = ledger;\n",
  );
  await build({
    root: join(pages, 'source'),
    configFile: false,
    logLevel: 'warn',
    build: { outDir: join(pages, 'built'), target: 'es2023', rolldownOptions: { checks: { bundlerTimings: false } } },
  });
  const home = await makeHome(t);
  await TestNode.start(t, { home, mode: 'entries' });
  const explorerFolder = pathToFileURL(join(pages, 'built/'));
  const gateway = await createGateway({ home, host: '127.0.0.1', port: 0, explorerFolder });
  await gateway.listen();
  atEnd(t, () => gateway.close());

  const browser = await startBrowser(lifetime);
  const { page } = await openPage(t, browser);
  await page.goto(`http://127.0.0.1:${gateway.port}/`);
  const outcome = await page.evaluate(async (): Promise<unknown> => {
    const { connect, checkReceipt, generateKey } = Reflect.get(globalThis, 'ledger');
    const ledger = await connect(Reflect.get(globalThis, 'location').origin);
    const author = await ledger.author(generateKey().signer, { state: { sequence: 0, previous: null, unsent: [] } });
    const { id, checked, authors } = await ledger.wait(await author.append({ crate: 17 }));
    const receipt = checkReceipt((await ledger.receipt(id)).text, { genesis: ledger.genesis });
    const told: unknown[] = [];
    for await (const { record } of ledger.follow({}, { after: 'start' })) {
      told.push(record.id === id);
      break;
    }
    return [checked, authors[0].author === author.did, receipt.id === id, ...told];
  });
  assert.deepEqual(outcome, [['id', 'rules', 'place', 'chain'], true, true, true]);
});

test('its description names what is there', async () => {
  const {
    name,
    bin,
    exports: entries,
  } = JSON.parse(await readFile(join(app, 'node_modules/cairn-ledger/package.json'), 'utf8'));
  assert.equal(name, 'cairn-ledger');
  const named = [bin.cairn, entries['.'].types, entries['.'].default].map((path: string) => path.replace('./', ''));
  assert.deepEqual(
    named.filter((path: string) => !packed.names.includes(path)),
    [],
  );
});

const TYPED_PROGRAM = `import { connect, LedgerError, type LedgerRecord, type RecordEvent } from 'cairn-ledger';
const ledger = await connect('http://127.0.0.1:8080', { signal: AbortSignal.timeout(1_000) });
const { id, place } = await ledger.appendAndWait({ crate: 17 }, { depth: 2 });
const height: number | undefined = place?.height;
const records: LedgerRecord[] = [];
for await (const record of ledger.records({ where: [{ pointer: '/crate', op: '>=', value: 1 }] })) records.push(record);
const events: AsyncIterable<RecordEvent> = ledger.follow({ id }, { after: 'start' });
// @ts-expect-error: a filter has no such member
ledger.records({ wher: [] });
// @ts-expect-error: whoever uses data says what it is
records[0]?.data.crate;
if (new Error() instanceof LedgerError) throw [events, height];
`;

/** Half of it is the explorer. */
const PACKED_BYTES_MAX = 3_000_000;
