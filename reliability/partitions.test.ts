/** Nodes that cannot reach each other for a while. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Random } from '../src/simulator/random.ts';
import { Link } from './partitions/link.ts';
import { drawPartition, SHAPES } from './partitions/shapes.ts';
import { partitionNodes } from './partitions.ts';

test('nodes that were cut in halves or from their miner agree once they are healed, and have lost nothing', async (t) => {
  const { figures, failures } = await partitionNodes({
    nodeCount: 3,
    trialCount: 2,
    shapes: ['halves', 'isolated'],
    cutMsMax: 2_000,
    seed: 20261122,
    again: 'node --test reliability/partitions.test.ts',
    tell: (line) => t.diagnostic(line),
  });
  assert.deepEqual(failures, []);
  const figureOf = (name: string) => figures.find((figure) => figure.name === name)?.value ?? 0;
  assert.ok(figureOf('tips at the moment of healing') > 1, 'they were apart');
});

test('a link that is held keeps what is sent, and delivers it in order when it carries again', async (t) => {
  const { near, far, link } = await openPair(t);
  link.carry('held-forwards');
  near.write('first ');
  far.write('the other way');
  assert.equal(await readText(near, 13), 'the other way');
  near.write('second');
  link.carry('open');
  assert.equal(await readText(far, 12), 'first second');
});

test('a link that refuses breaks what there is, and takes no connection', async (t) => {
  const { near, far, link } = await openPair(t);
  link.carry('refused');
  await Promise.all([closed(near), closed(far)]);
  const late = connect({ host: '127.0.0.1', port: link.port });
  late.on('error', () => undefined);
  await closed(late);
});

for (const shape of SHAPES) {
  test(`in the shape "${shape}" every node is in one part at most, and something is cut`, () => {
    for (const count of [3, 4, 5, 8]) {
      const passage = drawPartition(shape, count, new Random(`${shape} ${count}`));
      const pairs = Array.from({ length: count }, (_, a) =>
        Array.from({ length: a }, (__, b) => [a, b] as const),
      ).flat();
      const closed = pairs.filter(([a, b]) => passage(a, b) !== 'open');
      if (shape === 'ring' && count === 3) assert.equal(closed.length, 0, 'three nodes are a ring');
      else assert.ok(closed.length > 0);
      for (const [a, b] of pairs) assert.equal(reversed(passage(b, a)), passage(a, b));
    }
  });
}

test('in a ring every node has two neighbours, and across a bridge one node sees all', () => {
  const neighbours = (shape: 'ring' | 'bridge') => {
    const passage = drawPartition(shape, 5, new Random(1));
    return [0, 1, 2, 3, 4].map((a) => [0, 1, 2, 3, 4].filter((b) => b !== a && passage(a, b) === 'open').length);
  };
  assert.deepEqual(neighbours('ring'), [2, 2, 2, 2, 2]);
  assert.deepEqual(neighbours('bridge').sort(), [2, 2, 2, 2, 4]);
});

function reversed(passage: ReturnType<ReturnType<typeof drawPartition>>): string {
  if (passage === 'first-to-second') return 'second-to-first';
  return passage === 'second-to-first' ? 'first-to-second' : passage;
}

/** Two ends of a connection through a link. */
async function openPair(t: TestContext): Promise<{ near: Socket; far: Socket; link: Link }> {
  const server = createServer().listen({ host: '127.0.0.1', port: 0 });
  t.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const link = await Link.open(t, address.port);
  const accepted = once(server, 'connection');
  const near = connect({ host: '127.0.0.1', port: link.port });
  const [far] = (await accepted) as [Socket];
  for (const socket of [near, far]) {
    socket.on('error', () => undefined);
    t.after(() => socket.destroy());
  }
  return { near, far, link };
}

/** Unlike `once`, this does not mind an error before. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

async function readText(socket: Socket, length: number): Promise<string> {
  let text = '';
  while (text.length < length) {
    const piece = socket.read();
    if (piece === null) await once(socket, 'readable');
    else text += String(piece);
  }
  return text;
}
