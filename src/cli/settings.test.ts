/** Settings come from the environment, then from the file; what is wrong is named with its place. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type CairnHome, resolveHome } from '../probe/cairn-home.ts';
import { CommandError, EXIT_CODES } from './command-error.ts';
import { loadSettings, settingOrigins } from './settings.ts';

async function makeHome(t: TestContext, config?: string): Promise<CairnHome> {
  const root = await mkdtemp(join(tmpdir(), 'cairn-settings-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  if (config !== undefined) await writeFile(join(root, 'config.json'), config);
  return resolveHome({ CAIRN_HOME: root });
}

test('without a file and without an environment nothing is set', async (t) => {
  const settings = await loadSettings(await makeHome(t), {});
  assert.equal(settings.mine, undefined);
  assert.deepEqual(settings.peers, []);
  assert.deepEqual(settings.nodes, []);
});

test('the environment goes before the file', async (t) => {
  const home = await makeHome(
    t,
    '{"mine":"demand","mining_share":40,"peers":["/ip4/192.0.2.1/tcp/1"],"gateway_port":8081}',
  );
  const settings = await loadSettings(home, {
    CAIRN_MINE: 'always',
    CAIRN_PEERS: '/ip4/192.0.2.2/tcp/2, /dns4/example.org/tcp/3',
    CAIRN_MINING_SHARE: '',
    CAIRN_MINING_KERNEL: 'wasm-simd',
  });
  assert.equal(settings.mine, 'always');
  assert.equal(settings.miningShare, 40);
  assert.equal(settings.miningKernel, 'wasm-simd');
  assert.deepEqual(settings.peers, ['/ip4/192.0.2.2/tcp/2', '/dns4/example.org/tcp/3']);
  assert.equal(settings.gatewayPort, 8_081);
});

test("a path in the file starts from the file's folder, one in the environment from where we are", async (t) => {
  const home = await makeHome(t, '{"network":"net.json","token_file":"/etc/token"}');
  const settings = await loadSettings(home, {});
  assert.equal(settings.network, join(home.root, 'net.json'));
  assert.equal(settings.tokenFile, '/etc/token');
  assert.equal((await loadSettings(home, { CAIRN_NETWORK: 'net.json' })).network, 'net.json');
});

test('variables that look like settings and are none are found', async (t) => {
  const env = {
    CAIRN_HOME: '/nowhere',
    CAIRN_PEERS: '',
    CAIRN_PEER: '/ip4/192.0.2.1/tcp/1',
    HOME: '/',
    CAIRN_mine: 'x',
  };
  assert.deepEqual((await loadSettings(await makeHome(t), env)).unknownVariables, ['CAIRN_PEER', 'CAIRN_mine']);
});

test('nodes are named by host and port, IPv6 in brackets', async (t) => {
  const settings = await loadSettings(await makeHome(t, '{"nodes":["10.0.0.5:5001","[::1]:5002"]}'), {});
  assert.deepEqual(settings.nodes, [
    { host: '10.0.0.5', port: 5_001 },
    { host: '::1', port: 5_002 },
  ]);
});

test('every setting is told with its value and the place where it was made', async (t) => {
  const home = await makeHome(
    t,
    '{"$schema":"./schema.json","mine":"demand","records":true,"indexes":["/order/total"],"full_text":true}',
  );
  const origins = await settingOrigins(home, { CAIRN_MINE: 'always' });
  const told = new Map(origins.map(({ setting: { key }, value, from }) => [String(key), [value, from]]));
  assert.deepEqual(told.get('mine'), ['always', 'CAIRN_MINE']);
  assert.deepEqual(told.get('records'), [true, home.configFile]);
  assert.deepEqual(told.get('indexes'), [['/order/total'], home.configFile]);
  assert.deepEqual(told.get('host'), [undefined, undefined]);
  const { records, indexes, fullText } = await loadSettings(home, {});
  assert.deepEqual([records, indexes, fullText], [true, ['/order/total'], true]);
});

const FAULTS: readonly {
  readonly name: string;
  readonly config?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly code: string;
  readonly says: RegExp;
}[] = [
  {
    name: 'an unknown key',
    config: '{"mien":"always"}',
    code: 'config-key-unknown',
    says: /config\.json: there is no setting "mien"; these there are: .*mine/,
  },
  {
    name: '__proto__ as a key',
    config: '{"__proto__":{}}',
    code: 'config-key-unknown',
    says: /no setting "__proto__"/,
  },
  { name: 'a file that is no JSON', config: '{', code: 'config-unreadable', says: /config\.json: it cannot be read/ },
  { name: 'a file that is no object', config: '[]', code: 'config-invalid', says: /must hold one JSON object/ },
  {
    name: 'a value of another kind',
    config: '{"mine":true}',
    code: 'config-invalid',
    says: /config\.json: mine: true will not do; it must be one of demand, entries, always/,
  },
  {
    name: 'one value for a list',
    config: '{"peers":"/ip4/192.0.2.1/tcp/1"}',
    code: 'config-invalid',
    says: /config\.json: peers: it must be an array/,
  },
  {
    name: 'a wrong item of a list',
    config: '{"nodes":["10.0.0.5:5001","x"]}',
    code: 'config-invalid',
    says: /nodes\[1\]: "x" will not do; it must be host:port/,
  },
  {
    name: 'a wrong value in the environment',
    env: { CAIRN_MINING_SHARE: '101' },
    code: 'config-invalid',
    says: /^CAIRN_MINING_SHARE: "101" will not do; it must be a whole number from 1 to 100/,
  },
  {
    name: 'a port that is none',
    env: { CAIRN_GATEWAY_PORT: '65536' },
    code: 'config-invalid',
    says: /^CAIRN_GATEWAY_PORT: "65536" .* a port from 0 to 65535/,
  },
];

for (const { name, config, env = {}, code, says } of FAULTS) {
  test(`${name} is a configuration error that names its place`, async (t) => {
    const home = await makeHome(t, config);
    await assert.rejects(loadSettings(home, env), (error) => {
      assert(error instanceof CommandError);
      assert.equal(error.exitCode, EXIT_CODES.configuration);
      assert.equal(error.code, code);
      assert.match(error.message, says);
      return true;
    });
  });
}
