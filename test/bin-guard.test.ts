/** `bin/cairn.mjs` brings people to a Node that runs cairn, or says what to do. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import packageFile from '../package.json' with { type: 'json' };

const GUARD = fileURLToPath(new URL('../bin/cairn.mjs', import.meta.url));

/** Has this very Node pass for an older one. */
function pretend(version: string): readonly string[] {
  const code = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`;
  return ['--import', `data:text/javascript,${encodeURIComponent(code)}`];
}

function start(args: readonly string[]) {
  const { CAIRN_ON_INSTALLED_NODE: _, ...env } = process.env;
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  const ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]).then(
    ([[exitCode], stdout, stderr]) => ({ exitCode, stdout, stderr }),
  );
  return { child, ended };
}

/** A folder of the guard alone, as in the package or with sources beside it, with `script` as the Node that npm has installed. */
async function makeFolder(t: TestContext, { hasSources = true, script = '' }): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'cairn-guard-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  await mkdir(join(root, 'bin'));
  await copyFile(GUARD, join(root, 'bin/cairn.mjs'));
  if (hasSources) {
    await mkdir(join(root, 'src/cli'), { recursive: true });
    await writeFile(join(root, 'src/cli/main.ts'), '');
  }
  if (script !== '') {
    const path = join(root, 'node_modules/.bin/node');
    await mkdir(join(root, 'node_modules/.bin'), { recursive: true });
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
  }
  return join(root, 'bin/cairn.mjs');
}

const NO_SHELL = process.platform === 'win32' ? 'there is no /bin/sh' : false;

test('a Node that is new enough runs cairn itself', async () => {
  const outcome = await start([GUARD, '--version']).ended;
  assert.deepEqual(outcome, { exitCode: 0, stdout: `${packageFile.version}\n`, stderr: '' });
});

for (const version of ['20.20.2', '24.12.0']) {
  test(`Node ${version} hands over to the one that npm has installed, and ends as it ends`, async () => {
    const outcome = await start([...pretend(version), GUARD, 'status', 'x']).ended;
    assert.match(outcome.stderr, /It must be a port/);
    assert.equal(outcome.exitCode, 2);
  });
}

test('without an installed Node an old one says what is needed, and exits with 78', async (t) => {
  const outcome = await start([...pretend('20.20.2'), await makeFolder(t, {}), 'status']).ended;
  assert.equal(outcome.exitCode, 78);
  assert.equal(outcome.stdout, '');
  assert.match(outcome.stderr, /^cairn: this is Node 20\.20\.2, and cairn needs 24\.13 or newer: .*`npm ci`.*\n$/);
});

for (const version of ['20.20.2', '22.15.1']) {
  test(`in the package, Node ${version} is told which one is needed`, async (t) => {
    const outcome = await start([...pretend(version), await makeFolder(t, { hasSources: false }), 'status']).ended;
    assert.deepEqual([outcome.exitCode, outcome.stdout], [78, '']);
    const expected = `cairn: this is Node ${version}, and cairn needs 22.16 or newer: install that.\n`;
    assert.equal(outcome.stderr, expected);
  });
}

test('arguments arrive as they were given', { skip: NO_SHELL }, async (t) => {
  const guard = await makeFolder(t, { script: `shift; for argument in "$@"; do echo "<$argument>"; done` });
  const outcome = await start([...pretend('20.20.2'), guard, 'mine', '5001', '{"a b": "$c"}', '']).ended;
  assert.equal(outcome.stdout, '<mine>\n<5001>\n<{"a b": "$c"}>\n<>\n');
});

test('a signal is handed on, and the exit code comes back', { skip: NO_SHELL }, async (t) => {
  const guard = await makeFolder(t, {
    script: `trap 'echo stopping; exit 7' TERM; echo ready; while :; do sleep 0.05; done`,
  });
  const { child, ended } = start([...pretend('20.20.2'), guard, 'node']);
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  assert.equal((await ended).exitCode, 7);
});

test('a signal that comes while the other Node starts is handed on, too', { skip: NO_SHELL }, async (t) => {
  const guard = await makeFolder(t, { script: 'sleep 5' });
  const code = `
    import processes from 'node:child_process';
    import { syncBuiltinESMExports } from 'node:module';
    const { spawn } = processes;
    processes.spawn = (...args) => {
      const child = spawn(...args);
      process.kill(process.pid, 'SIGTERM');
      return child;
    };
    syncBuiltinESMExports();`;
  const early = ['--import', `data:text/javascript,${encodeURIComponent(code)}`];
  assert.equal((await start([...pretend('20.20.2'), ...early, guard]).ended).exitCode, 143);
});

test('one that a signal ends counts as shells count it', { skip: NO_SHELL }, async (t) => {
  const guard = await makeFolder(t, { script: 'kill -KILL $$' });
  assert.equal((await start([...pretend('20.20.2'), guard]).ended).exitCode, 137);
});
