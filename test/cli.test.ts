/** The command line at work: real processes, real nodes. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text as readText } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { NodeStatus } from '../src/api/shapes.ts';
import { readOwnDependencies } from '../src/cli/own-dependencies.ts';
import { resolveHome } from '../src/probe/cairn-home.ts';
import { listRunning } from '../src/probe/running-nodes.ts';
import {
  CairnProcess,
  makeWorld,
  type Outcome,
  runCairn,
  startNodeProcess,
  type World,
} from './support/cairn-process.ts';
import { freePortRow } from './support/free-port.ts';
import { atEnd } from './support/lifetime.ts';

/** What the command prints, which must be done. */
async function done(world: World, args: readonly string[], stdin?: string): Promise<string> {
  const outcome = await runCairn(world, args, stdin);
  assert.equal(outcome.exitCode, 0, outcome.stderr);
  return outcome.stdout;
}

async function chainData(world: World, port: number): Promise<unknown[]> {
  const blocks: { data: unknown }[] = JSON.parse(await done(world, ['chain', String(port)]));
  return blocks.map(({ data }) => data);
}

const lines = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `{"n":${from + i}}\n`).join('');

test('a node runs from its start to an orderly stop', async (t) => {
  const world = await makeWorld(t);
  const { port, node } = await startNodeProcess(t, world, ['--mine', 'demand']);
  const at = String(port);

  await t.test('it says where it is, and is on the list', async () => {
    assert.deepEqual(node.ready, {
      port,
      host: '127.0.0.1',
      pid: node.process.pid,
      network: 'test',
      data: join(world.home, 'nodes', at),
    });
    assert.deepEqual(
      (await listRunning(resolveHome(world.env))).map((running) => running.port),
      [port],
    );
  });

  await t.test('another node gets neither its port nor its folder', async () => {
    const samePort = await runCairn(world, [
      'node',
      at,
      '--network',
      world.networkFile,
      '--data',
      join(world.home, 'x'),
    ]);
    assert.equal(samePort.exitCode, 1);
    assert.match(samePort.stderr, new RegExp(`${at}.*(stop it|choose another port)`));
    const sameFolder = await runCairn(world, [
      'node',
      '0',
      '--network',
      world.networkFile,
      '--data',
      join(world.home, 'nodes', at),
    ]);
    assert.equal(sameFolder.exitCode, 1);
    assert.match(sameFolder.stderr, /in use|another process/i);
    assert.equal((await runCairn(world, ['fsck', at, '--network', world.networkFile])).exitCode, 1);
  });

  await t.test('mine prints the block, with the data as it was sent', async () => {
    const printed = await done(world, ['mine', at, '{"z":1.50,"__proto__":{"polluted":true},"1":[]}']);
    assert.match(printed, /"data":\{"1":\[\],"__proto__":\{"polluted":true\},"z":1\.5\}/);
    assert.equal(JSON.parse(printed).index, 1);
    assert.equal(JSON.parse(await done(world, ['mine', at, '-'], ' "from stdin"\n')).data, 'from stdin');
  });

  await t.test('what the node refuses exits with 1 and the reason', async () => {
    const outcome = await runCairn(world, ['mine', at, '-'], JSON.stringify('x'.repeat(70_000)));
    assert.equal(outcome.exitCode, 1);
    assert.match(outcome.stderr, /65536/);
    assert.equal(outcome.stdout, '');
  });

  await t.test('status is an overview, and JSON where it is asked for', async () => {
    const text = await done(world, ['status', at]);
    assert.match(text, /^tip +[0-9a-f]{64} at height 2, /m);
    assert.match(text, /^asks for +nothing of an entry: anybody may write/m);
    assert.match(text, /^to rewrite +\S/m);
    assert.match(text, /^kernel +node-crypto on \d+ threads?$/m);
    assert(!text.includes('\u001b'), 'there is no colour in a pipe');
    const status = JSON.parse(await done(world, ['status', at, '--json']));
    assert.deepEqual([status.port, status.tip.height, status.network.name], [port, 2, 'test']);
  });

  await t.test('bench mining measures this machine, and what the last hour of the chain costs', async () => {
    const report = JSON.parse(await done(world, ['bench', 'mining', '--json']));
    assert.ok(report.kernels.some(({ kernel }: { kernel: string }) => kernel === 'node-crypto'));
    assert.ok(report.hashes_per_second > 0);
    assert.equal(report.easiest_block.bits, '207fffff');
    const { last_hour: hour, port: asked } = report.chain;
    assert.deepEqual([asked, hour.from_height, hour.to_height, hour.work], [port, 1, 2, '4']);
  });

  await t.test('validate says so in the words of the founding specification', async () => {
    assert.equal(await done(world, ['validate', at]), 'is valid.\n');
    assert.deepEqual(JSON.parse(await done(world, ['validate', at, '--json'])), {
      valid: true,
      blocks: 3,
      fault: null,
    });
  });

  await t.test('peers of a node without any are nobody', async () => {
    assert.equal(await done(world, ['peers', at]), '');
    assert.deepEqual(JSON.parse(await done(world, ['peers', at, '--json'])), { peers: [] });
  });

  await t.test('SIGTERM stops it in order, and its store is whole', async () => {
    node.process.kill('SIGTERM');
    assert.equal(await node.exited, 0);
    assert.deepEqual(await listRunning(resolveHome(world.env)), []);
    const report = JSON.parse(await done(world, ['fsck', at, '--network', world.networkFile, '--json']));
    assert.deepEqual([report.whole, report.blockCount, report.entryCount], [true, 3, 2]);
    assert.match(
      await done(world, ['fsck', join(world.home, 'nodes', at), '--network', world.networkFile]),
      /is whole: 3 blocks/,
    );
  });

  await t.test('without its parameters its folder is of another network', async () => {
    const outcome = await runCairn(world, ['fsck', at]);
    assert.equal(outcome.exitCode, 78);
    assert.match(outcome.stderr, /network/);
  });
});

test('shutdown ends when the node is gone', async (t) => {
  const world = await makeWorld(t);
  const { port, node } = await startNodeProcess(t, world);
  assert.deepEqual(JSON.parse(await done(world, ['shutdown', String(port), '--json'])), { port, stopped: true });
  assert.deepEqual(await listRunning(resolveHome(world.env)), []);
  assert.equal(await node.exited, 0);
  assert.equal((await runCairn(world, ['shutdown', String(port)])).exitCode, 69);
});

test('a second signal ends a node at once', async (t) => {
  const world = await makeWorld(t);
  const { port, node } = await startNodeProcess(t, world);
  // A client that does not hang up keeps an orderly stop waiting for a while.
  const client = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  await once(client, 'connect');
  client.on('error', () => undefined);
  const signals = setInterval(() => node.process.kill('SIGINT'), 50);
  assert.equal(await node.exited, 130);
  clearInterval(signals);
  client.destroy();
});

test('what follows from the blocks is made anew by reindex', async (t) => {
  const world = await makeWorld(t);
  const { port, node } = await startNodeProcess(t, world, ['--mine', 'demand']);
  for (const word of ['first', 'second']) await done(world, ['mine', String(port), JSON.stringify(word)]);
  node.process.kill('SIGINT');
  assert.equal(await node.exited, 0);
  const database = new DatabaseSync(join(world.home, 'nodes', String(port), 'chain.sqlite'));
  database.exec('UPDATE chain SET json_end = json_end + 1 WHERE height = 1; DELETE FROM history WHERE position = 0');
  database.close();
  const network = ['--network', world.networkFile];
  const damaged = await runCairn(world, ['fsck', String(port), ...network]);
  assert.equal(damaged.exitCode, 1);
  assert.match(damaged.stderr, /cairn reindex/);
  await done(world, ['reindex', String(port), ...network]);
  assert.match(await done(world, ['fsck', String(port), ...network]), /is whole: 3 blocks/);
});

test('what is damaged on disk is found by validate and by fsck', async (t) => {
  const world = await makeWorld(t);
  const { port, node } = await startNodeProcess(t, world, ['--mine', 'demand']);
  for (const word of ['first', 'honest', 'third']) await done(world, ['mine', String(port), JSON.stringify(word)]);
  node.process.kill('SIGINT');
  assert.equal(await node.exited, 0);

  const database = new DatabaseSync(join(world.home, 'nodes', String(port), 'chain.sqlite'));
  const changed = database
    .prepare(`UPDATE blocks SET body = CAST('"forged"' AS BLOB) WHERE body = CAST('"honest"' AS BLOB)`)
    .run();
  assert.equal(Number(changed.changes), 1);
  database.close();

  const network = ['--network', world.networkFile];
  const checked = await runCairn(world, ['fsck', String(port), ...network]);
  assert.equal(checked.exitCode, 1);
  assert.match(checked.stdout, /is damaged: .*valid up to height 1;/);
  assert.match(checked.stdout, /\(height 2, [0-9a-f]{64}\)/);

  await CairnProcess.start(t, world, ['node', String(port), ...network, '--mine', 'demand']);
  const outcome = await runCairn(world, ['validate', String(port)]);
  assert.equal(outcome.exitCode, 1);
  assert.equal(outcome.stdout, 'not valid.\n');
  assert.match(outcome.stderr, /height 2/);
});

test('append', async (t) => {
  const world = await makeWorld(t);
  const { port } = await startNodeProcess(t, world, ['--mine', 'demand']);
  const at = String(port);
  const file = join(world.home, 'events.ndjson');
  const summary = (outcome: Outcome) => JSON.parse(outcome.stdout);

  await t.test('takes a line for an entry, and tells those that wait already', async () => {
    await writeFile(file, lines(5_000));
    assert.equal(await done(world, ['append', at, file]), '5,000 entries waiting for a block\n');
    const again = await runCairn(world, ['append', at, '--json'], lines(10, 4_995));
    assert.deepEqual(summary(again), { accepted: 10, pending: 5, already_pending: 5, already_in_blocks: 0 });
    assert.equal(
      await done(world, ['append', at, '-'], lines(1)),
      '1 entry waiting for a block, 1 of them waited already\n',
    );
    assert.equal(await done(world, ['append', at], ''), '0 entries waiting for a block\n');
  });

  await t.test('stops at the first line that is none, names it, and has taken what stands before it', async () => {
    const outcome = await runCairn(world, ['append', at, '--json'], `${lines(3, 6_000)}\nnot JSON\n${lines(1, 7_000)}`);
    assert.equal(outcome.exitCode, 1);
    const { fault, ...counts } = summary(outcome);
    assert.deepEqual(counts, { accepted: 3, pending: 3, already_pending: 0, already_in_blocks: 0 });
    assert.deepEqual([fault.line, fault.code], [5, 'json-syntax']);
    assert.match(outcome.stderr, /line 5: .*\(json-syntax\)\nThe entries before line 5 were appended/);
    const first = await runCairn(world, ['append', at], 'not JSON\n');
    assert.match(first.stderr, /line 1: .*\(json-syntax\)\nNothing of it was appended/);
  });

  await t.test('names the line of an entry that the node refuses, and no place in a call', async () => {
    const { stderr } = await runCairn(world, ['append', at], '{"proof":{"type":"DataIntegrityProof"}}\n');
    assert.match(stderr, /line 1: In proof 0 .*\(proof-member-invalid\)\nNot appended: line 1/);
  });

  await t.test('takes a .json file as one value', async () => {
    const report = join(world.home, 'report.json');
    await writeFile(report, '[\n  1,\n  2\n]\n');
    assert.deepEqual(summary(await runCairn(world, ['append', at, report, '--json'])).accepted, 1);
    const status = JSON.parse(await done(world, ['status', at, '--json']));
    assert.equal(status.pending.count, 5_005 + 3 + 1);
  });
});

test('append takes what comes from a pipe that stays open, and Ctrl-C ends it with the count', async (t) => {
  const world = await makeWorld(t);
  const { port } = await startNodeProcess(t, world, ['--mine', 'demand']);
  const child = spawn(process.execPath, ['src/cli/main.ts', 'append', String(port)], {
    env: world.env,
    cwd: join(import.meta.dirname, '..'),
  });
  atEnd(t, () => child.kill('SIGKILL'));
  const ended = Promise.all([once(child, 'close'), readText(child.stdout)]);
  child.stdin.write(lines(2));
  for (let count = 0; count < 2; ) {
    count = JSON.parse(await done(world, ['status', String(port), '--json'])).pending.count;
  }
  child.kill('SIGINT');
  assert.deepEqual(await ended, [[130, null], '2 entries waiting for a block\n']);
});

test('append --wait ends when every entry is in a block', async (t) => {
  const world = await makeWorld(t);
  const { port } = await startNodeProcess(t, world);
  const outcome = await runCairn(world, ['append', String(port), '--wait', '--json'], lines(9_000));
  assert.deepEqual(JSON.parse(outcome.stdout), {
    accepted: 9_000,
    pending: 9_000,
    already_pending: 0,
    already_in_blocks: 0,
    in_blocks: true,
  });
  const entries = (await chainData(world, port)).filter(Array.isArray).flat();
  assert.deepEqual(
    entries,
    Array.from({ length: 9_000 }, (_, n) => ({ n })),
  );
  assert.equal(await done(world, ['append', String(port), '--wait'], '"one more"'), '1 entry in blocks\n');
});

test('append --wait waits for blocks that another node finds', async (t) => {
  const world = await makeWorld(t);
  const { port } = await startNodeProcess(t, world, ['--mine', 'demand']);
  const appending = runCairn(world, ['append', String(port), '--wait', '--json'], lines(100));
  await startNodeProcess(t, world);
  const { in_blocks, accepted } = JSON.parse((await appending).stdout);
  assert.deepEqual([in_blocks, accepted], [true, 100]);
  assert.equal((await chainData(world, port)).flat().length, 101);
});

test('a reader that has seen enough of a chain is no failure', async (t) => {
  const world = await makeWorld(t);
  const { port } = await startNodeProcess(t, world);
  await done(
    world,
    ['append', String(port), '--wait'],
    Array.from({ length: 200 }, (_, i) => `"${i} ${'x'.repeat(9_000)}"\n`).join(''),
  );
  const child = spawn(process.execPath, ['src/cli/main.ts', 'chain', String(port)], {
    env: world.env,
    cwd: join(import.meta.dirname, '..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.stdout.destroy();
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});

interface NetworkReady {
  readonly gateway: { readonly url: string; readonly pid: number };
  readonly nodes: readonly {
    readonly port: number;
    readonly pid: number;
    readonly tip: { readonly height: number; readonly hash: string };
  }[];
}

async function startNetwork(t: TestContext, world: World, flags: readonly string[]) {
  const ports = await freePortRow(4);
  const args = ['network', '--base-port', String(ports), '--gateway-port', String(ports + 3), ...flags];
  const settings = { CAIRN_NETWORK: world.networkFile, CAIRN_MINING_KERNEL: 'node-crypto', CAIRN_MINING_SHARE: '60' };
  const easy = { ...world, env: { ...world.env, ...settings } };
  const network = await CairnProcess.start(t, easy, args);
  return { network, args, easy, ready: network.ready as unknown as NetworkReady };
}

test('the demonstration records the packages once, and all nodes have them', async (t) => {
  const world = await makeWorld(t);
  const { network, args, easy, ready } = await startNetwork(t, world, ['--demo']);
  const { gateway, nodes } = ready;
  assert.equal(nodes.length, 3);
  assert.equal(new Set(nodes.map(({ tip }) => tip.hash)).size, 1);
  const [first] = nodes;
  assert(first !== undefined && first.tip.height >= 1);

  await t.test('the gateway reaches every node', async () => {
    for (const { port } of nodes) {
      const response = await fetch(`${gateway.url}/validate/${port}`);
      assert.deepEqual(await response.json(), { message: 'is valid.' });
    }
    // A node that is busy for a while counts as down, and is asked again.
    const isUp = (metrics: string, port: number) =>
      new RegExp(`^cairn_node_up\\{port="${port}"\\} 1$`, 'm').test(metrics);
    for (let metrics = ''; !nodes.every(({ port }) => isUp(metrics, port)); ) {
      metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    }
  });

  await t.test('the nodes share what of the machine may mine', async () => {
    for (const { port } of nodes) {
      let mining: NodeStatus['mining'];
      do ({ mining } = JSON.parse(await done(world, ['status', String(port), '--json'])));
      while (mining.kernel === null);
      assert.equal(mining.kernel, 'node-crypto');
      const share = ((mining.threads ?? 0) * (mining.duty_cycle ?? 0)) / availableParallelism();
      assert.ok(Math.abs(share - 0.2) < 1e-9, String(share));
    }
  });

  const packages = (await readOwnDependencies()).toSorted();
  assert(packages.length > 100);
  /** The entries in the chain once all are: of two blocks found at once one is given up, perhaps later, and what it has waits again. */
  const recorded = async () => {
    let entries: unknown[] = [];
    while (entries.length < packages.length)
      entries = (await chainData(world, first.port)).filter(Array.isArray).flat();
    return entries.map((entry) => JSON.stringify(entry)).toSorted();
  };

  await t.test('the chain has the packages', async () => assert.deepEqual(await recorded(), packages));

  await t.test('a node is connected to the others, and peers lists them', async () => {
    // Where two dial each other at once, one of both connections ends.
    let table = '';
    while (table === '') table = await done(world, ['peers', String(first.port)]);
    assert.match(table, /^peer +direction +height/);
    assert(table.trim().split('\n').length >= 2);
  });

  await t.test('a taken port is named before anything is started', async () => {
    const outcome = await runCairn(easy, args);
    assert.equal(outcome.exitCode, 1);
    assert.match(
      outcome.stderr,
      new RegExp(`Node ${first.port} runs already \\(process ${first.pid}\\): stop it with \`cairn shutdown`),
    );
  });

  await t.test('Ctrl-C stops all of it in order', async () => {
    network.process.kill('SIGINT');
    assert.equal(await network.exited, 0);
    assert.deepEqual(await listRunning(resolveHome(world.env)), []);
    await assert.rejects(fetch(gateway.url));
  });

  await t.test('on the chain that it has made it records nothing again', async () => {
    await CairnProcess.start(t, easy, args);
    assert.deepEqual(await recorded(), packages);
  });
});

test('a network of which a part cannot start ends as that part does, and leaves nothing running', async (t) => {
  const world = await makeWorld(t);
  const ports = await freePortRow(2);
  const outcome = await runCairn({ ...world, env: { ...world.env, CAIRN_NETWORK: join(world.home, 'none.json') } }, [
    ...['network', '--nodes', '1', '--base-port', String(ports), '--gateway-port', String(ports + 1)],
  ]);
  assert.equal(outcome.exitCode, 78);
  assert.match(outcome.stderr, /none\.json: the network file cannot be read/);
  assert.match(outcome.stderr, /ended before it was ready \(exit code 78\)/);
  assert.deepEqual(await listRunning(resolveHome(world.env)), []);
});

test('a network whose terminal is gone stops by itself', async (t) => {
  const world = await makeWorld(t);
  const { network, ready } = await startNetwork(t, world, ['--nodes', '2']);
  network.process.kill('SIGKILL');
  const pids = [ready.gateway.pid, ...ready.nodes.map(({ pid }) => pid)];
  const deadlineMs = performance.now() + 100_000;
  while (pids.some(isRunning)) {
    assert(performance.now() < deadlineMs, 'nodes are left behind');
    await delay(50);
  }
  assert.deepEqual(await listRunning(resolveHome(world.env)), []);
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('a node that cannot mine as it was told, which turns out while it starts, says why and ends', async (t) => {
  const world = await makeWorld(t);
  const data = join(world.home, 'data');
  const node = ['node', '0', '--data', data, '--network', world.networkFile];
  // To make the folder is more than Node's permission model allows.
  const first = await CairnProcess.start(t, world, node);
  first.process.kill('SIGTERM');
  assert.equal(await first.exited, 0);
  // No process can be started, and so none in which machine code could be tried.
  const NODE_OPTIONS = '--permission --allow-fs-read=* --allow-fs-write=* --allow-worker --no-warnings';
  const outcome = await runCairn({ ...world, env: { ...world.env, NODE_OPTIONS } }, [
    ...node,
    '--mining-kernel',
    'avx512',
  ]);
  assert.equal(outcome.exitCode, 70);
  assert.match(outcome.stderr, /^cairn: mining has stopped: no kernel can be used here \(avx512: .+$/m);
  assert.doesNotMatch(outcome.stderr, /^ +at /m, 'no trace of calls, as of a mistake');
});

test('a node whose miner hangs stops in order, and the miner with it', async (t) => {
  const { node } = await startNodeProcess(t, await makeWorld(t));
  const minerPid = await minerOf(node);
  process.kill(minerPid, 'SIGSTOP');
  atEnd(t, () => endIfThere(minerPid));
  node.process.kill('SIGTERM');
  const [exitCode] = await once(node.process, 'exit');
  assert.equal(exitCode, 0, node.stderr);
  assert.equal(endIfThere(minerPid), false);
});

/** The process that mines for `node`, once it has told. */
async function minerOf(node: CairnProcess): Promise<number> {
  for (;;) {
    const pid = /"choice":\{.*?"pid":(\d+)/.exec(node.stderr)?.[1];
    if (pid !== undefined) return Number(pid);
    await delay(20);
  }
}

/** Whether the process was still there. */
function endIfThere(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
