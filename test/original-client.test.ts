/** The founding specification's conversation, held by its own client and by a plain socket. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { resolveHome } from '../src/probe/cairn-home.ts';
import { findRunning } from '../src/probe/running-nodes.ts';
import { makeWorld, runCairn, startNodeProcess, type World } from './support/cairn-process.ts';

const CLIENT = fileURLToPath(new URL('../examples/original-client.py', import.meta.url));
const NO_PYTHON = spawnSync('python3', ['--version']).error === undefined ? false : 'python3 is not installed';

/** What the original client prints. */
async function ask(port: number, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('python3', [CLIENT, String(port), ...args], { maxBuffer: 2 ** 26 });
  return stdout.trimEnd();
}

async function mine(world: World, port: number, json: string): Promise<void> {
  const { exitCode, stderr } = await runCairn(world, ['mine', String(port), json]);
  assert.equal(exitCode, 0, stderr);
}

interface Block {
  index: number;
  prev_hash: string;
  hash: string;
  data: unknown;
}

/** A chain of three blocks above the genesis, from another node of the same network, and the file that it is in. */
async function makeLongerChain(
  t: TestContext,
): Promise<{ readonly blocks: Block[]; readonly path: string; readonly world: World }> {
  const world = await makeWorld(t);
  const { port } = await startNodeProcess(t, world);
  for (const json of ['{"b":"ü€😀","a":[1,2.5,null]}', '"second"', '["third","fourth"]']) await mine(world, port, json);
  const answer = await ask(port, 'chain');
  const path = join(world.home, 'chain.json');
  await writeFile(path, answer);
  return { blocks: JSON.parse(answer), path, world };
}

test('the original client gets the chain, from the genesis on', { skip: NO_PYTHON }, async (t) => {
  const { blocks } = await makeLongerChain(t);
  assert.deepEqual(
    blocks.map(({ index, data }) => [index, data]),
    [
      [0, {}],
      [1, { a: [1, 2.5, null], b: 'ü€😀' }],
      [2, 'second'],
      [3, ['third', 'fourth']],
    ],
  );
  assert.equal(blocks[0]?.prev_hash, '0000');
  for (const [i, block] of blocks.entries()) if (i > 0) assert.equal(block.prev_hash, blocks[i - 1]?.hash);
});

test('a longer chain is accepted once, and what is not JSON or not valid never is', { skip: NO_PYTHON }, async (t) => {
  const { blocks, path } = await makeLongerChain(t);
  const world = await makeWorld(t);
  // In another mode it would mine the entry of its abandoned block again, and be longer again.
  const { port } = await startNodeProcess(t, world, ['--mine', 'demand']);
  await mine(world, port, '"of its own"');

  const tampered = join(world.home, 'tampered.json');
  await writeFile(
    tampered,
    JSON.stringify(blocks.map((block) => (block.index === 2 ? { ...block, data: 'forged' } : block))),
  );
  assert.equal(await ask(port, 'push', tampered), 'BLOCKCHAIN REJECTED');
  assert.equal(await ask(port, 'push', path), 'BLOCKCHAIN ACCEPTED');
  assert.equal(await ask(port, 'chain'), await readFile(path, 'utf8'));
  assert.equal(await ask(port, 'push', path), 'BLOCKCHAIN REJECTED');
  assert.equal(await ask(port, 'push', tampered), 'BLOCKCHAIN REJECTED');
  assert.equal(await ask(port, 'send', 'rubbish'), 'INVALID JSON');
  assert.equal(await ask(port, 'send', '[{"index":'), 'INVALID JSON');
  assert.equal(await ask(port, 'send', '[]'), 'BLOCKCHAIN REJECTED');
  assert.equal(await ask(port, 'send', '7'), 'BLOCKCHAIN REJECTED');
});

test('a node that is told to shut down says so, leaves the list and exits with 0', { skip: NO_PYTHON }, async (t) => {
  const world = await makeWorld(t);
  const { port, node } = await startNodeProcess(t, world);
  const home = resolveHome(world.env);
  assert.equal((await findRunning(home, port))?.pid, node.process.pid);
  assert.equal(await ask(port, 'send', 'Shutdown'), 'EXITING');
  assert.equal(await node.exited, 0);
  assert.equal(await findRunning(home, port), undefined);
});

/** Sends each piece by itself, and answers with as many messages as are asked for. */
async function converse(port: number, pieces: readonly Uint8Array[], answers: number): Promise<string[]> {
  const socket: Socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  const received: Buffer[] = [];
  socket.on('data', (chunk) => received.push(chunk));
  for (const piece of pieces) await new Promise((resolve) => socket.write(piece, resolve));
  for (;;) {
    const messages = splitFrames(Buffer.concat(received));
    if (messages.length >= answers) {
      socket.destroy();
      return messages;
    }
    await once(socket, 'data');
  }
}

function splitFrames(bytes: Buffer): string[] {
  const messages: string[] = [];
  for (let offset = 0; offset + 10 <= bytes.length; ) {
    const size = Number(bytes.toString('latin1', offset, offset + 10));
    if (offset + 10 + size > bytes.length) break;
    messages.push(bytes.toString('utf8', offset + 10, offset + 10 + size));
    offset += 10 + size;
  }
  return messages;
}

function frame(message: string): Buffer {
  const bytes = Buffer.from(message, 'utf8');
  return Buffer.concat([Buffer.from(String(bytes.length).padEnd(10)), bytes]);
}

test('messages are the same wherever the stream of bytes is cut', async (t) => {
  const world = await makeWorld(t);
  const { port } = await startNodeProcess(t, world);
  await mine(world, port, '"ü€😀"');
  const chain = (await runCairn(world, ['chain', String(port)])).stdout.trimEnd();

  await t.test('a header in pieces', async () => {
    const bytes = frame('get chain');
    const pieces = [...bytes].map((byte) => Uint8Array.of(byte));
    assert.deepEqual(await converse(port, pieces, 1), [chain]);
  });

  await t.test('several messages in one segment', async () => {
    const bytes = Buffer.concat([frame('GET CHAIN'), frame('rubbish'), frame('[]'), frame('Get Chain')]);
    assert.deepEqual(await converse(port, [bytes], 4), [chain, 'INVALID JSON', 'BLOCKCHAIN REJECTED', chain]);
  });

  await t.test('a character split over two segments', async () => {
    const bytes = frame(chain);
    const cut = bytes.indexOf(Buffer.from('😀')) + 2;
    assert(cut > 10);
    // Whole, it is the chain that the node has already; with a broken character it would be no JSON.
    assert.deepEqual(await converse(port, [bytes.subarray(0, cut), bytes.subarray(cut)], 1), ['BLOCKCHAIN REJECTED']);
    const broken = Buffer.concat([bytes.subarray(0, cut), Buffer.from('xx'), bytes.subarray(cut + 2)]);
    assert.deepEqual(await converse(port, [broken], 1), ['INVALID JSON']);
  });
});
