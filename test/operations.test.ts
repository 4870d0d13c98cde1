/** The files in operations/ say what the program does: figures that there are, flags that it takes, sections that stand in the runbook. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import Schema from 'typebox/schema';
import { parse } from 'yaml';
import { HEAP_FLAGS } from '../src/node/heap-flags.ts';
import { CairnProcess, makeWorld, runCairn, startNodeProcess } from './support/cairn-process.ts';
import { freePort } from './support/free-port.ts';
import { atEnd } from './support/lifetime.ts';

const ROOT = new URL('../', import.meta.url);
const read = (path: string): Promise<string> => readFile(new URL(path, ROOT), 'utf8');

describe('figures', () => {
  const names = async (path: string): Promise<Set<string>> =>
    new Set([...(await read(path)).matchAll(/\bcairn_\w+/g)].map(([name]) => name));

  for (const path of ['operations/alerts.yml', 'operations/grafana/cairn.json']) {
    it(`that ${path} asks for are those that the gateway has`, async () => {
      const listed = [...(await read('docs/spec/http.md')).matchAll(/^\| `(cairn_\w+)` \| (\w+) \|/gm)];
      const known = new Set(
        listed.flatMap(([, name, type]) =>
          type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
        ),
      );
      const asked = await names(path);
      assert(asked.size > 3);
      assert.deepEqual(
        [...asked].filter((name) => !known.has(name)),
        [],
      );
    });
  }

  it('that call somebody name the section that says what to do', async () => {
    const runbook = await read('docs/operations.md');
    const sections = [...runbook.matchAll(/^## (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w ]/g, '')
        .replaceAll(' ', '-'),
    );
    const alerts: unknown[] = parse(await read('operations/alerts.yml')).groups[0].rules;
    assert(alerts.length > 0);
    for (const alert of alerts) {
      const { annotations, expr } = Object(alert);
      const [path, section] = String(annotations.runbook).split('#');
      assert.equal(path, 'docs/operations.md', expr);
      assert(sections.includes(String(section)), `${annotations.runbook} is no section`);
    }
  });
});

test('services and containers have the memory that `cairn network` gives its nodes', async () => {
  const files = ['Containerfile', 'systemd/cairn-node@.service', 'systemd/cairn-gateway.service'];
  for (const file of files) {
    const text = await read(`operations/${file}`);
    assert(text.includes(`NODE_OPTIONS=${HEAP_FLAGS.join(' ')}\n`), file);
  }
});

test('what git leaves alone does not get into an image either, a token least of all', async () => {
  const linesOf = async (path: string): Promise<string[]> =>
    (await read(path)).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const ignored = await linesOf('.dockerignore');
  // By a name without a folder git means it in every folder, Docker at the top.
  const asDocker = (line: string): string => (line.replace(/\/$/, '').includes('/') ? line : `**/${line}`);
  assert.deepEqual(
    [...(await linesOf('.gitignore')).map(asDocker), '.git'].filter((line) => !ignored.includes(line)),
    [],
  );
  assert(ignored.includes('operations/gateway-token.txt'));
});

test('the commands of the compose file make one network of three nodes with a gateway over it', async (t) => {
  const world = await makeWorld(t);
  const { services } = parse(await read('operations/compose.yaml'), { merge: true });
  // What the containers have of their own, one machine has by ports.
  const ports = new Map<string, { probe: string; peers: string; pages: string }>();
  for (const name of ['node-1', 'node-2', 'node-3']) {
    ports.set(name, { probe: `${await freePort()}`, peers: `${await freePort()}`, pages: `${await freePort()}` });
  }
  const onThisMachine = (name: string, text: string): string => {
    const own = ports.get(name);
    const named = text.replace(
      /^\/dns4\/(node-\d)\/tcp\/4001$/,
      (_, other) => `/ip4/127.0.0.1/tcp/${ports.get(other)?.peers}`,
    );
    return named
      .replace(/^500\d$/, own?.probe ?? '')
      .replace('0.0.0.0', '127.0.0.1')
      .replace('/tcp/4001', `/tcp/${own?.peers}`)
      .replace('/tcp/4002', `/tcp/${own?.pages}`);
  };
  for (const name of ports.keys()) {
    const args = services[name].command.filter((arg: string) => arg !== '--json');
    const home = join(world.home, name);
    const env = {
      ...world.env,
      CAIRN_HOME: home,
      CAIRN_NETWORK: world.networkFile,
      CAIRN_MINING_KERNEL: 'node-crypto',
    };
    await CairnProcess.start(
      t,
      { ...world, home, env },
      args.map((arg: string) => onThisMachine(name, arg)),
    );
  }

  const tokenFile = join(world.home, 'token');
  const token = randomBytes(32).toString('base64');
  await writeFile(tokenFile, `${token}\n`);
  const { command, environment, healthcheck } = services.gateway;
  const nodes = String(environment.CAIRN_NODES).replaceAll(
    /(node-\d):500\d/g,
    (_, name) => `127.0.0.1:${ports.get(name)?.probe}`,
  );
  const args = command.map((arg: string) => (arg === '/run/secrets/gateway-token' ? tokenFile : arg));
  const port = await freePort();
  const env = { ...world.env, CAIRN_NODES: nodes, CAIRN_ALLOWED_HOSTS: environment.CAIRN_ALLOWED_HOSTS };
  await CairnProcess.start(t, { ...world, env }, [...args, '--port', String(port)]);

  const first = ports.get('node-1')?.probe;
  const entries = JSON.stringify({ hello: 'containers' });
  const append = (headers: Record<string, string>) =>
    fetch(`http://localhost:${port}/api/v1/nodes/${first}/entries`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: entries,
    });
  assert.equal((await append({})).status, 401, 'what changes state needs the token');
  const appended = await append({ authorization: `Bearer ${token}` });
  assert.equal(appended.ok, true, await appended.text());
  for (const { probe } of ports.values()) {
    for (let length = 1; !(length >= 2); ) {
      const answer = await fetch(`http://localhost:${port}/get_chain/${probe}`);
      length = JSON.parse(await answer.text()).length;
    }
  }
  // A node that is busy for a while counts as down, and is asked again.
  for (let figures = ''; [...figures.matchAll(/^cairn_node_up\{[^}]*\} 1$/gm)].length < 3; ) {
    figures = await (await fetch(`http://localhost:${port}/metrics`)).text();
  }
  for (let status = 0; status !== 200; ) ({ status } = await fetch(`http://localhost:${port}/readyz`));
  const [, , ...healthArgs] = healthcheck.test.map((arg: string) => arg.replace(':8080', `:${port}`));
  const health = spawn(process.execPath, healthArgs, { stdio: 'ignore' });
  assert.deepEqual(await once(health, 'close'), [0, null], 'the gateway is healthy');
});

test('a variable that is no setting is told of where settings are asked for, and where they count', async (t) => {
  const world = await makeWorld(t);
  const misspelt = { ...world, env: { ...world.env, CAIRN_PEER: '/ip4/192.0.2.1/tcp/4001' } };
  const { exitCode, stderr } = await runCairn(misspelt, ['config']);
  assert.deepEqual([exitCode, stderr], [0, 'CAIRN_PEER in the environment is no setting: nothing comes of it.\n']);
  const { node } = await startNodeProcess(t, misspelt);
  node.process.kill('SIGTERM');
  assert.equal(await node.exited, 0);
  assert.match(node.stderr, /"variable":"CAIRN_PEER","msg":"a variable of the environment is no setting: /);
});

test('the schema that `cairn config` prints takes what the program takes, and refuses what it refuses', async (t) => {
  const world = await makeWorld(t);
  const configFile = join(world.home, 'config.json');
  const { stdout } = await runCairn(world, ['config', '--schema']);
  const schema = Schema.Compile(JSON.parse(stdout));
  for (const { config, isGood } of [
    { config: { mine: 'demand', mining_share: 40, peers: ['/ip4/192.0.2.1/tcp/1'], records: false }, isGood: true },
    { config: { $schema: './schema.json', indexes: ['/order/total'], nodes: ['[::1]:5002'] }, isGood: true },
    { config: { mien: 'always' }, isGood: false },
    { config: { mine: 'sometimes' }, isGood: false },
    { config: { peers: '/ip4/192.0.2.1/tcp/1' }, isGood: false },
    { config: { indexes: ['order/total'] }, isGood: false },
    { config: { nodes: ['10.0.0.5'] }, isGood: false },
    { config: { gateway_port: 70_000 }, isGood: false },
  ]) {
    await writeFile(configFile, JSON.stringify(config));
    const { exitCode } = await runCairn(world, ['config']);
    assert.deepEqual({ config, exitCode }, { config, exitCode: isGood ? 0 : 78 });
    assert.equal(schema.Check(config), isGood, JSON.stringify(config));
  }
});

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

for (const [unit, instance] of [
  ['cairn-node@.service', 'cairn-node@5001.service'],
  ['cairn-gateway.service', 'cairn-gateway.service'],
] as const) {
  test(`systemd takes ${unit} as it is`, { skip: hasSystemd ? false : 'this machine has no systemd' }, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'cairn-unit-'));
    atEnd(t, () => rm(folder, { recursive: true }));
    const program = fileURLToPath(new URL('bin/cairn.mjs', ROOT));
    const text = (await read(`operations/systemd/${unit}`)).replace('/usr/local/bin/cairn', program);
    await writeFile(join(folder, instance), text);
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', join(folder, instance)], { encoding: 'utf8' });
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  });
}
