import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import type { FastifyBaseLogger } from 'fastify';
import { formatRecordCursor } from '../api/record-cursor.ts';
import { RPC_ERROR_CODES } from '../api/rpc.ts';
import { hashBytes } from '../core/hash.ts';
import type { JsonText } from '../core/json-text.ts';
import type { RpcAnswer } from '../probe/probe-server.ts';
import { startGateway } from './canned-node.fixture.ts';
import { Reader } from './event-reader.fixture.ts';

const HASH = hashBytes(new Uint8Array(1));
const AUTHOR = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK';

/** An event whose data would not survive being parsed and written again. */
function eventJson(position: number, data = '{"10":1,"9":1e21,"__proto__":[]}'): string {
  return `{"type":"added","cursor":"${cursor(position)}","record":{"data":${data}}}`;
}

function page(events: readonly string[], isCaughtUp: boolean): RpcAnswer {
  const at = cursor(events.length);
  const tip = `{"height":7,"hash":"${HASH}"}`;
  const json = `{"events":[${events.join(',')}],"cursor":"${at}","tip":${tip},"caught_up":${isCaughtUp}}`;
  return { type: 'result', json: json as JsonText };
}

function cursor(position: number): string {
  return formatRecordCursor({ height: 7, hash: HASH, position });
}

function refusedBy(code: string): RpcAnswer {
  return { type: 'error', error: { code: RPC_ERROR_CODES.application, message: 'no', data: { code } } };
}

type World = Awaited<ReturnType<typeof startGateway>>;

async function startWorld(limits: object = {}): Promise<World> {
  const world = await startGateway({ limits: { heartbeatMs: 60_000, ...limits } });
  await world.gateway.listen();
  return world;
}

/** What the gateway asked the node for. */
function asked({ node }: World) {
  return node.ledger.calls.filter(({ method }) => method === 'follow').map(({ params }) => JSON.parse(params));
}

/** What it asked first for the latest stream. */
function firstAsked(world: World) {
  return asked(world).findLast(({ wait_s }) => wait_s === 0);
}

function pathOf({ node }: World, kind: 'stream' | 'socket', query = ''): string {
  return `/api/v1/nodes/${node.port}/records/${kind}${query}`;
}

describe('a stream of records as server-sent events', () => {
  let world: World;
  before(async () => {
    world = await startWorld({ eventStreamsMax: 2 });
  });
  afterEach(() => world.node.ledger.whenFollowersGone());
  after(() => world.stop());

  const open = (query = '', headers: Record<string, string> = {}) =>
    Reader.open(`http://127.0.0.1:${world.gateway.port}${pathOf(world, 'stream', query)}`, headers);

  it('has each event as the node tells it, byte for byte, with its cursor as id', async () => {
    world.node.ledger.pages.push(page([eventJson(1), eventJson(2, '"x"')], true));
    const reader = await open();
    assert.equal(reader.response.headers.get('content-type'), 'text/event-stream');
    assert.equal(reader.response.headers.get('cache-control'), 'no-store');
    const [first, second, position] = await reader.take(3);
    assert.deepEqual(first, { id: cursor(1), event: 'added', data: eventJson(1) });
    assert.deepEqual(second, { id: cursor(2), event: 'added', data: eventJson(2, '"x"') });
    assert.deepEqual(
      [position?.id, position?.event, JSON.parse(position?.data ?? '')],
      [cursor(2), 'position', { type: 'position', cursor: cursor(2), tip: { height: 7, hash: HASH }, caught_up: true }],
    );
    reader.close();
  });

  it('goes on behind each page, and says where it is when there is none that passes', async () => {
    world.node.ledger.pages.push(page([eventJson(1)], false), page([], false), page([eventJson(1)], true));
    const earlier = asked(world).length;
    const reader = await open('?after=start');
    const told = await reader.take(4);
    assert.deepEqual(
      told.map(({ event }) => event),
      ['added', 'position', 'added', 'position'],
    );
    const [first, second, third] = asked(world).slice(earlier);
    assert.deepEqual([first.after, first.wait_s], ['start', 0]);
    assert.deepEqual(second, { after: cursor(1), filter: {}, limit: 1_000, wait_s: 60 });
    assert.equal(third.after, cursor(0));
    reader.close();
  });

  it('begins where the client wants it, and with the filter that he wants', async () => {
    const where = ['/order/total>=20', '/paid=true'].map((text) => `&where=${encodeURIComponent(text)}`).join('');
    const reader = await open(`?after=start&author=${AUTHOR}&from=2026-11-22&text=bolt${where}`);
    await reader.take(1);
    assert.deepEqual(firstAsked(world), {
      after: 'start',
      filter: {
        author: AUTHOR,
        from: 1_795_305_600,
        text: 'bolt',
        where: [
          { pointer: '/order/total', op: '>=', value: 20 },
          { pointer: '/paid', op: '=', value: true },
        ],
      },
      limit: 1_000,
      wait_s: 0,
    });
    reader.close();
  });

  it('goes on where a browser lost it, whatever its address says', async () => {
    const reader = await open('?after=start', { 'last-event-id': cursor(5) });
    await reader.take(1);
    assert.equal(firstAsked(world).after, cursor(5));
    reader.close();
  });

  for (const [query, status, code] of [
    [`?after=${cursor(1)}`, 410, 'cursor-stale'],
    ['?after=yesterday', 400, 'cursor-invalid'],
    ['?where=total', 400, 'parameter-invalid'],
    ['?from=then', 400, 'parameter-invalid'],
    ['?until=now', 400, 'parameter-invalid'],
  ] as const) {
    it(`refuses ${query.slice(0, 20)} with ${status}, before it begins`, async () => {
      if (code.startsWith('cursor-')) world.node.ledger.pages.push(refusedBy(code));
      const reader = await open(query);
      assert.equal(reader.response.status, status);
      assert.equal(await reader.problemCode(), code);
    });
  }

  it('is one of a bounded number, and its place is free when it has ended', async () => {
    const readers = [await open(), await open()];
    const refused = await open();
    assert.equal(await refused.problemCode(), 'gateway-full');
    for (const reader of readers) reader.close();
    let welcome = await open();
    while (welcome.response.status === 503) welcome = await open();
    assert.equal(welcome.response.status, 200);
    welcome.close();
  });
});

describe('a stream of records over a WebSocket', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  afterEach(() => world.node.ledger.whenFollowersGone());
  after(() => world.stop());

  const open = (query = '') =>
    new Listener(new WebSocket(`ws://127.0.0.1:${world.gateway.port}${pathOf(world, 'socket', query)}`));

  it('sends each event as a message', async () => {
    world.node.ledger.pages.push(page([eventJson(1), eventJson(2, '"x"')], true));
    const listener = open('?after=start&where=/a=1');
    const [first, second, position] = [await listener.next(), await listener.next(), await listener.next()];
    assert.deepEqual([first, second], [eventJson(1), eventJson(2, '"x"')]);
    assert.equal(JSON.parse(position).type, 'position');
    const { after, filter } = firstAsked(world);
    assert.deepEqual([after, filter.where.length], ['start', 1]);
    listener.socket.close();
    assert.equal((await listener.closed).code, 1005);
  });

  it('ends without a word in the log when the client goes', async () => {
    const logged: string[] = [];
    const quiet = () => undefined;
    const loud = (line: unknown) => void logged.push(String(line));
    const silent = { level: 'info', debug: quiet, info: quiet, trace: quiet, silent: quiet };
    const logger: FastifyBaseLogger = { ...silent, warn: loud, error: loud, fatal: loud, child: () => logger };
    const own = await startGateway({ logger, limits: { heartbeatMs: 60_000, eventStreamsMax: 1 } });
    await own.gateway.listen();
    const { socket } = await handshake(own, pathOf(own, 'socket'));
    socket.destroy();
    // Until his place is free.
    let next = await handshake(own, pathOf(own, 'socket'));
    while (!next.answer.startsWith('HTTP/1.1 101')) next = await handshake(own, pathOf(own, 'socket'));
    next.socket.destroy();
    await own.stop();
    assert.deepEqual(logged, []);
  });

  it('takes no messages', async () => {
    const listener = open();
    await listener.next();
    listener.socket.send('hello');
    assert.equal((await listener.closed).code, 1008);
  });

  it('takes one message for its end, and all that come with it for nothing', async (t) => {
    const warnings: string[] = [];
    const warned = ({ name, message }: Error) => {
      if (name === 'MaxListenersExceededWarning') warnings.push(message);
    };
    process.on('warning', warned);
    t.after(() => process.off('warning', warned));
    const { socket } = await handshake(world, pathOf(world, 'socket'));
    socket.write(Buffer.concat(Array<Buffer>(1_000).fill(HELLO)));
    for await (const _ of socket);
    assert.deepEqual(warnings, []);
  });

  it('refuses a cursor that is stale with a problem, and no upgrade', async () => {
    world.node.ledger.pages.push(refusedBy('cursor-stale'));
    const { answer } = await handshake(world, pathOf(world, 'socket'));
    assert.match(answer, /^HTTP\/1\.1 410 [\s\S]*"code":"cursor-stale"/);
  });

  it('refuses a page of another origin', async () => {
    const { answer } = await handshake(world, pathOf(world, 'socket'), 'Origin: http://elsewhere.example');
    assert.match(answer, /^HTTP\/1\.1 403 [\s\S]*"code":"origin-refused"/);
  });

  it('refuses who does not ask for an upgrade', async () => {
    const answer = await fetch(`http://127.0.0.1:${world.gateway.port}${pathOf(world, 'socket')}`);
    assert.equal(answer.status, 426);
  });
});

describe('the end of a stream of records', () => {
  it('comes before the beginning when the gateway stops meanwhile', async () => {
    const world = await startWorld();
    const begun = world.node.ledger.holdFollow();
    const asking = handshake(world, pathOf(world, 'socket'));
    await begun;
    await world.gateway.close();
    const { answer, socket } = await asking;
    assert.match(answer, /^HTTP\/1\.1 503 [\s\S]*"code":"gateway-stopping"/);
    socket.destroy();
    await world.stop();
  });

  it('comes when the gateway stops', async () => {
    const world = await startWorld();
    const reader = await Reader.open(`http://127.0.0.1:${world.gateway.port}${pathOf(world, 'stream')}`);
    const listener = new Listener(new WebSocket(`ws://127.0.0.1:${world.gateway.port}${pathOf(world, 'socket')}`));
    await Promise.all([reader.take(1), listener.next()]);
    await world.stop();
    assert.equal(await reader.next().catch(() => undefined), undefined);
    const { code, reason } = await listener.closed;
    assert.deepEqual([code, reason], [1001, 'gateway-stopping']);
  });

  it('comes when the node stops, with its reason', async () => {
    const world = await startWorld();
    const reader = await Reader.open(`http://127.0.0.1:${world.gateway.port}${pathOf(world, 'stream')}`);
    const listener = new Listener(new WebSocket(`ws://127.0.0.1:${world.gateway.port}${pathOf(world, 'socket')}`));
    await Promise.all([reader.take(1), listener.next()]);
    await world.node.stop();
    assert.deepEqual(await reader.next(), { comment: 'ended, node-closed' });
    assert.equal(await reader.next(), undefined);
    const { code, reason } = await listener.closed;
    assert.deepEqual([code, reason], [1011, 'node-closed']);
    await world.stop();
  });

  for (const kind of ['stream', 'socket'] as const) {
    it(`comes for the reader of a ${kind} who takes nothing for too long, and not before the node was held up`, async () => {
      const streamStallMs = 200;
      const world = await startWorld({ streamStallMs, eventStreamsMax: 1 });
      const { ledger } = world.node;
      const large = page(
        Array.from({ length: 10 }, (_, i) => eventJson(i + 1, `"${'x'.repeat(100_000)}"`)),
        false,
      );
      ledger.pages.push(...Array<RpcAnswer>(1_000).fill(large));
      const begunMs = performance.now();
      const { socket } = await handshake(world, pathOf(world, kind));
      socket.pause();
      let answer: Awaited<ReturnType<typeof handshake>>;
      // Until his place is somebody else's, which on a busy machine may be the first time that it is asked for.
      do answer = await handshake(world, pathOf(world, 'socket'));
      while (answer.answer.includes('"code":"gateway-full"'));
      assert.match(answer.answer, /^HTTP\/1\.1 101 /);
      assert.ok(performance.now() - begunMs >= streamStallMs);
      socket.destroy();
      answer.socket.destroy();
      assert.ok(ledger.pages.length > 900, `${1_000 - ledger.pages.length} pages were taken`);
      await world.stop();
    });
  }
});

/** Takes the messages of a WebSocket one by one. */
class Listener {
  readonly socket: WebSocket;
  readonly closed: Promise<CloseEvent>;
  readonly #messages: string[] = [];
  #arrived = Promise.withResolvers<void>();

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.addEventListener('message', ({ data }) => {
      this.#messages.push(String(data));
      this.#arrived.resolve();
    });
    this.closed = new Promise((resolve) => socket.addEventListener('close', resolve, { once: true }));
  }

  async next(): Promise<string> {
    for (;;) {
      const message = this.#messages.shift();
      if (message !== undefined) return message;
      this.#arrived = Promise.withResolvers();
      await this.#arrived.promise;
    }
  }
}

/** A text message as clients send it: masked, here with zeros (RFC 6455 §5.2). */
const HELLO = Buffer.from([0x81, 0x85, 0, 0, 0, 0, ...Buffer.from('hello')]);

/** Asks for a WebSocket by hand: a refusal is read to its end, and of anything else what comes first. */
async function handshake(
  { gateway }: World,
  path: string,
  ...lines: readonly string[]
): Promise<{ readonly socket: Socket; readonly answer: string }> {
  const socket = connect(gateway.port, '127.0.0.1');
  const asked = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
  const request = [`GET ${path} HTTP/1.1`, `Host: localhost:${gateway.port}`, ...asked, key, ...lines];
  socket.write(`${request.join('\r\n')}\r\n\r\n`);
  let answer = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    answer += chunk;
    if (/^HTTP\/1\.1 [12]\d\d .*\r\n\r\n/s.test(answer)) break;
  }
  return { socket, answer };
}
