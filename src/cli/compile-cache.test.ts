import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = mkdtempSync(join(tmpdir(), 'cairn-compile-cache-'));
after(() => rmSync(root, { recursive: true, force: true }));
const BIN = fileURLToPath(new URL('../../bin/cairn.mjs', import.meta.url));

/** What `cairn --version` says where `home` is the home. */
function askVersion(home: string, env: NodeJS.ProcessEnv = {}, flags: readonly string[] = []): string {
  const { NODE_COMPILE_CACHE: _, ...own } = process.env;
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, BIN, '--version'], {
    env: { ...own, CAIRN_HOME: home, ...env },
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  return stdout;
}

const VERSION = /^\d+\.\d+\.\d+\n$/;
const newHome = (name: string): string => mkdtempSync(join(root, name));

test('a home that is there keeps what was compiled, for its user alone', () => {
  const home = newHome('kept-');
  assert.match(askVersion(home), VERSION);
  const folder = join(home, 'cache');
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.ok(readdirSync(folder, { recursive: true }).length > 10);
  assert.match(askVersion(home), VERSION);
});

test('a home that is not there is not made for it', () => {
  const home = join(root, 'nowhere');
  assert.match(askVersion(home), VERSION);
  assert.ok(!existsSync(home));
});

test('who has chosen another cache, or none, is left alone', () => {
  for (const env of [{ NODE_COMPILE_CACHE: newHome('other-') }, { NODE_DISABLE_COMPILE_CACHE: '1' }]) {
    const home = newHome('alone-');
    assert.match(askVersion(home, env), VERSION);
    assert.deepEqual(readdirSync(home), []);
  }
});

test('a home that takes no cache is no failure', () => {
  const file = join(root, 'file');
  writeFileSync(file, '');
  assert.match(askVersion(file), VERSION);
  const readOnly = newHome('read-only-');
  chmodSync(readOnly, 0o500);
  assert.match(askVersion(readOnly), VERSION);
  const taken = newHome('taken-');
  writeFileSync(join(taken, 'cache'), '');
  assert.match(askVersion(taken), VERSION);
  const forbidden = newHome('forbidden-');
  assert.match(askVersion(forbidden, {}, ['--permission', '--allow-fs-read=*']), VERSION);
  assert.deepEqual(readdirSync(forbidden), []);
});
