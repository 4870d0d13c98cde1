/** That programs which are told their ports do not meet at one. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { freePort, freePortRow } from './support/free-port.ts';

test('a port is given once, however many are asked for at a time', async () => {
  const ports = await Promise.all(Array.from({ length: 40 }, freePort));
  assert.equal(new Set(ports).size, 40);
  for (const port of ports) assert.ok(port < 32_768, 'no system gives it away');
});

test('neither where somebody listens, nor where another process has taken the port', async (t) => {
  const mark = createSocket('udp4');
  t.after(() => mark.close());
  const server = createServer();
  t.after(() => server.close());
  const port = await freePort();
  const [marked, used] = [port + 1, port + 2];
  // Where that fails, somebody else has the port, which is as well.
  mark.on('error', () => undefined).bind({ address: '127.0.0.1', port: marked, exclusive: true });
  server.on('error', () => undefined).listen({ host: '127.0.0.1', port: used });
  await Promise.allSettled([once(mark, 'listening'), once(server, 'listening')]);
  const given = new Set(await Promise.all(Array.from({ length: 8 }, freePort)));
  assert.deepEqual(given.intersection(new Set([marked, used])), new Set());
});

test('ports in a row are all free', async () => {
  const first = await freePortRow(5);
  const servers = Array.from({ length: 5 }, (_, i) => createServer().listen({ host: '127.0.0.1', port: first + i }));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  for (const server of servers) server.close();
});
