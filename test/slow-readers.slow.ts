/** A node with a chain of some hundred megabytes of JSON, and fifty who ask for it and read slowly. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connectProbe } from '../src/probe/probe-client.ts';
import { makeWorld, startNodeProcess } from './support/cairn-process.ts';
import { buildDeepBranches } from './support/deep-branches.ts';
import { atEnd } from './support/lifetime.ts';

const READERS = 50;
const ROUNDS = 100;
/** For each reader a few blocks of 300 kB, read, spelt and on their way, and a margin for what is not collected yet. */
const GROWTH_BYTES_MAX = 256 * 1024 * 1024;

test('fifty slow readers of a long chain cost a node a few blocks each, and others are answered at once', async (t) => {
  const world = await makeWorld(t);
  const folder = join(world.home, 'better');
  const size = { depth: 300, entriesPerBlock: 1_000, entryBytes: 300 };
  await buildDeepBranches({ old: join(world.home, 'old'), better: folder }, size);
  const { port, node } = await startNodeProcess(t, world, ['--mine', 'demand', '--data', folder]);
  const client = await connectProbe({ host: '127.0.0.1', port });
  atEnd(t, () => client.close());
  await client.call('status');
  const before = residentBytes(node.process.pid);
  const readers = await Promise.all(Array.from({ length: READERS }, () => startReader(port)));
  atEnd(t, () => {
    for (const socket of readers) socket.destroy();
  });
  let [mostBytes, slowestMs] = [before, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const startMs = performance.now();
    await client.call('status');
    slowestMs = Math.max(slowestMs, performance.now() - startMs);
    mostBytes = Math.max(mostBytes, residentBytes(node.process.pid));
    for (const socket of readers) socket.read(16 * 1024);
    await delay(20);
  }
  t.diagnostic(
    `resident: ${megabytes(before)} MB, with readers ${megabytes(mostBytes)} MB; slowest answer ${slowestMs.toFixed(0)} ms`,
  );
  assert.ok(mostBytes - before <= GROWTH_BYTES_MAX, `${mostBytes - before} bytes more are resident`);
  assert.ok(slowestMs < 1_000, `an answer took ${slowestMs} ms`);
});

/** Has asked for the chain, and reads what it is told to. */
async function startReader(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  socket.pause();
  socket.write('9         GET CHAIN');
  return socket;
}

function residentBytes(pid: number | undefined): number {
  if (process.platform !== 'linux') return 0;
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
