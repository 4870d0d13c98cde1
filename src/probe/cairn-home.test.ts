import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { resolveHome } from './cairn-home.ts';

const ROOTS: readonly [name: string, env: NodeJS.ProcessEnv, root: string][] = [
  [
    'CAIRN_HOME is the home itself',
    { CAIRN_HOME: '/srv/cairn', XDG_STATE_HOME: '/state', HOME: '/home/a' },
    '/srv/cairn',
  ],
  ['a relative CAIRN_HOME counts from the current folder', { CAIRN_HOME: 'world' }, resolve('world')],
  ['an empty CAIRN_HOME counts as none', { CAIRN_HOME: '', XDG_STATE_HOME: '/state' }, '/state/cairn'],
  ['the home is in XDG_STATE_HOME', { XDG_STATE_HOME: '/state', HOME: '/home/a' }, '/state/cairn'],
  ['a relative XDG_STATE_HOME is ignored', { XDG_STATE_HOME: 'state', HOME: '/home/a' }, '/home/a/.local/state/cairn'],
  ['without either it is in the state folder of the user', { HOME: '/home/a' }, '/home/a/.local/state/cairn'],
  ['without HOME the system is asked', {}, join(homedir(), '.local/state/cairn')],
];

for (const [name, env, root] of ROOTS) {
  test(name, { skip: process.platform !== 'linux' && 'these are the paths of Linux' }, () => {
    assert.equal(resolveHome(env).root, root);
  });
}

test('everything of a home is inside it', () => {
  const home = resolveHome({ CAIRN_HOME: '/srv/cairn' });
  assert.deepEqual(
    [home.runningFolder, home.configFile, home.nodeFolder(5001)],
    ['/srv/cairn/running', '/srv/cairn/config.json', '/srv/cairn/nodes/5001'].map((path) => resolve(path)),
  );
});
