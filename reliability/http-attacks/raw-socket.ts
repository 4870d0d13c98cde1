/** Sockets that say what they are told, byte by byte if need be. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A socket to `port` on loopback that has connected; undefined where it was refused. Its errors are nobody's. */
export async function openSocket(port: number): Promise<Socket | undefined> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: false });
  socket.on('error', () => undefined);
  return once(socket, 'connect').then(
    () => socket,
    () => undefined,
  );
}

/** All that comes back for `bytes` until the other side closes, or has said nothing for so long that it never will. */
export async function exchange(port: number, bytes: Uint8Array, silenceMs = SILENCE_MS_MAX): Promise<string> {
  const socket = await openSocket(port);
  if (socket === undefined) return '';
  const { promise, resolve } = Promise.withResolvers<void>();
  let answer = '';
  socket.setEncoding('latin1');
  socket.on('data', (text) => {
    answer += text;
  });
  socket.setTimeout(silenceMs, resolve);
  socket.on('close', () => resolve());
  socket.write(bytes);
  await promise;
  socket.destroy();
  return answer;
}

/** The statuses of the HTTP answers in `text`, one after the other. */
export function statusesIn(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

/** Whoever closes does so at once, and on a busy machine some seconds later. */
const SILENCE_MS_MAX = 20_000;
