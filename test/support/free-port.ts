/** Ports for programs that are told theirs. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A port of this machine at which nobody listens, and which no other process is given by this function while this one lives:
 * the programs that are to listen there take a while to start. Systems give away higher ones where any will do.
 */
export function freePort(): Promise<number> {
  return freePortRow(1);
}

/** The first of `count` such ports in a row. */
export async function freePortRow(count: number): Promise<number> {
  for (;;) {
    const first = NEXT.port;
    const ports = Array.from({ length: count }, (_, i) => first + i);
    NEXT.port += count;
    if (NEXT.port > LAST) NEXT.port = FIRST;
    if (first + count - 1 <= LAST && (await areTaken(ports))) return first;
  }
}

async function areTaken(ports: readonly number[]): Promise<boolean> {
  const taken = await Promise.all(ports.map(take));
  const marks = taken.filter((mark) => mark !== undefined);
  if (marks.length === ports.length) {
    MARKS.push(...marks);
    while (MARKS.length > MARKS_MAX) MARKS.shift()?.close();
    return true;
  }
  for (const mark of marks) mark.close();
  return false;
}

/** The mark by which others see that the port is taken: its namesake of UDP, at which nobody listens otherwise. */
async function take(port: number): Promise<Socket | undefined> {
  const mark = createSocket('udp4').unref();
  const isMarked = await hasHappened(mark, 'listening', () =>
    mark.bind({ address: '127.0.0.1', port, exclusive: true }),
  );
  if (!isMarked) {
    mark.close();
    return undefined;
  }
  const server = createServer();
  const isFree = await hasHappened(server, 'listening', () => server.listen({ host: '127.0.0.1', port }));
  if (!isFree) {
    mark.close();
    return undefined;
  }
  server.close();
  await once(server, 'close');
  return mark;
}

/** False where the emitter fails instead. */
async function hasHappened(emitter: NodeJS.EventEmitter, name: string, begin: () => unknown): Promise<boolean> {
  const happened = once(emitter, name);
  begin();
  return happened.then(
    () => true,
    () => false,
  );
}

/** Below what systems give to who asks for any: from 32,768 on in Linux, from 49,152 on elsewhere. */
const FIRST = 15_000;
const LAST = 31_999;
/** Each process begins at a place of its own, so that they seldom meet. */
const NEXT = { port: FIRST + ((process.pid * 61) % (LAST - FIRST)) };
/** Those that have lasted longest are given up: what was to listen there does by then, or never will. */
const MARKS_MAX = 400;
const MARKS: Socket[] = [];
