/**
 * `streams`: a consumer who was away catches up on the records of a node, from the first one to the last: at the probe socket, as
 * server-sent events, over a WebSocket, with `cairn follow`, and through the library, which proves every record.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLifetime } from '../reliability/lifetime.ts';
import type { Follow } from '../src/api/follow-shapes.ts';
import { assert } from '../src/core/assert.ts';
import { jsonValue } from '../src/core/json-text.ts';
import { connect } from '../src/sdk/cairn-ledger.ts';
import { CairnProcess, makeWorld, runCairn, type World } from '../test/support/cairn-process.ts';
import { freePort } from '../test/support/free-port.ts';
import { atEnd, type Lifetime } from '../test/support/lifetime.ts';
import type { Figure, Measurement } from './measurement.ts';
import { MeteredNode, meterFigures } from './metered-node.ts';
import { type ChainShape, provideChain, SCALE_PARAMS } from './scale/scale-chain.ts';

const SHAPES: readonly ChainShape[] = [
  { blocks: 5_000, entriesPerBlock: 1 },
  { blocks: 500, entriesPerBlock: 100 },
];
const QUICK_SHAPES: readonly ChainShape[] = [
  { blocks: 40, entriesPerBlock: 1 },
  { blocks: 4, entriesPerBlock: 10 },
];

/** Measures a chain of small blocks, and one of larger ones. */
export async function* streams({ isQuick }: { readonly isQuick: boolean }): AsyncGenerator<Measurement> {
  for (const shape of isQuick ? QUICK_SHAPES : SHAPES) {
    yield await withLifetime((lifetime) => measure(lifetime, shape, isQuick));
  }
}

/** Where consumers find a chain, and how many records there are for them. */
interface Source {
  readonly world: World;
  readonly node: MeteredNode;
  readonly port: number;
  readonly gatewayPort: number;
}

/** Takes all records, and says how many came. */
type Consumer = (source: Source) => Promise<number>;

/**
 * Expected: the node reads, hashes and tells a block of one record in 50 us, and a further record in 10 us; to pass it on takes the
 * gateway as long, at the same time. A proof takes the node and the library 0.5 ms together, 64 of them come in a call, and a block of
 * many records comes whole.
 */
async function measure(lifetime: Lifetime, shape: ChainShape, isQuick: boolean): Promise<Measurement> {
  const world = await makeWorld(lifetime);
  const cacheFolder = isQuick ? join(world.home, 'chains') : CACHE_FOLDER;
  const { folder: dataFolder } = await provideChain(cacheFolder, shape);
  const node = await MeteredNode.start({ home: world.home, dataFolder, params: SCALE_PARAMS, withMiner: false });
  atEnd(lifetime, () => node.stop());
  const gatewayPort = await freePort();
  await CairnProcess.start(lifetime, world, ['gateway', '--port', String(gatewayPort)]);
  const { port } = await node.status();
  const source: Source = { world, node, port, gatewayPort };
  const records = shape.blocks * shape.entriesPerBlock;
  await node.reset();
  const figures: Figure[] = [];
  for (const [name, consume] of Object.entries(CONSUMERS)) {
    const startMs = performance.now();
    const taken = await consume(source);
    const seconds = (performance.now() - startMs) / 1_000;
    assert(taken === records, `${name}: each record comes once`);
    figures.push({ name, value: records / seconds, unit: 'records/s' });
  }
  return {
    name: `catching up over ${shape.blocks} blocks of ${shape.entriesPerBlock} records of 300 bytes`,
    figures: [...figures, ...meterFigures('the node', await node.meter())],
  };
}

const CONSUMERS: Readonly<Record<string, Consumer>> = {
  'at the probe socket': async ({ node }) => {
    let records = 0;
    for (let cursor = 'start'; ; ) {
      const page: Follow = JSON.parse(await node.call('follow', jsonValue({ after: cursor, limit: 1_000 })));
      records += page.events.length;
      if (page.caught_up) return records;
      cursor = page.cursor;
    }
  },

  'as server-sent events': async ({ port, gatewayPort }) => {
    const left = new AbortController();
    const response = await fetch(`http://127.0.0.1:${gatewayPort}${streamPath(port)}/stream?after=start`, {
      signal: left.signal,
    });
    assert(response.body !== null, 'a stream has a body');
    let records = 0;
    let rest = '';
    for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
      const texts = `${rest}${part}`.split('\n\n');
      rest = texts.pop() ?? '';
      for (const text of texts) if (text.includes('\nevent: added\n')) records++;
      if (texts.some((text) => text.includes('"caught_up":true'))) break;
    }
    left.abort();
    return records;
  },

  'over a WebSocket': async ({ port, gatewayPort }) => {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const socket = new WebSocket(`ws://127.0.0.1:${gatewayPort}${streamPath(port)}/socket?after=start`);
    let records = 0;
    socket.addEventListener('message', ({ data }) => {
      const { type } = JSON.parse(data);
      if (type === 'added') records++;
      else resolve(records);
    });
    socket.addEventListener('close', ({ reason }) => reject(new Error(`the socket was closed: ${reason}`)));
    try {
      return await promise;
    } finally {
      socket.close();
    }
  },

  'with `cairn follow`, its start included': async ({ world, port }) => {
    const { stdout, stderr } = await runCairn(world, ['follow', String(port), '--once', '--after', 'start']);
    assert(stderr === '', stderr);
    return stdout.split('\n').length - 1;
  },

  'through the library, nothing verified': (source) => followedByLibrary(source, false),

  'through the library': (source) => followedByLibrary(source, true),
};

async function followedByLibrary({ port, gatewayPort }: Source, verify: boolean): Promise<number> {
  const ledger = await connect(`http://127.0.0.1:${gatewayPort}`, { node: port, verify });
  const left = new AbortController();
  let records = 0;
  const onPosition = ({ caughtUp }: { readonly caughtUp: boolean }): void => {
    if (caughtUp) left.abort();
  };
  try {
    for await (const _ of ledger.follow({}, { after: 'start', signal: left.signal, onPosition })) records++;
  } catch (error) {
    if (error !== left.signal.reason) throw error;
  }
  return records;
}

function streamPath(port: number): string {
  return `/api/v1/nodes/${port}/records`;
}

const CACHE_FOLDER = fileURLToPath(new URL('.cache', import.meta.url));
