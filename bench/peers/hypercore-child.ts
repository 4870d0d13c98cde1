/**
 * One end of a replication, with an IPC channel: `hypercore-child.ts writer INSTALLED FOLDER RECORDS` says its key and
 * its port, `reader INSTALLED FOLDER RECORDS KEY PORT` how many seconds it took.
 */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { originEvent } from '../records.ts';
import { openHypercore, syncJournal } from './hypercore-log.ts';

const BATCH_RECORDS = 1_000;
const POLL_MS = 5;

// Whoever started this has gone.
process.once('disconnect', () => process.exit());

const [role, installed = '', folder = '', count = '', key = '', port = ''] = process.argv.slice(2);
const records = Number(count);
await (role === 'writer' ? write() : read());

async function write(): Promise<void> {
  const core = await openHypercore(installed, folder);
  for (let first = 0; first < records; first += BATCH_RECORDS) {
    const length = Math.min(BATCH_RECORDS, records - first);
    await core.append(Array.from({ length }, (_, i) => Buffer.from(JSON.stringify(originEvent(first + i)))));
  }
  const server = createServer((socket) => join(socket, core.replicate(false))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  process.send?.({ key: core.key.toString('hex'), port: typeof address === 'object' ? address?.port : undefined });
}

async function read(): Promise<void> {
  const core = await openHypercore(installed, folder, Buffer.from(key, 'hex'));
  const startMs = performance.now();
  join(connect(Number(port), '127.0.0.1'), core.replicate(true));
  core.download({ start: 0, end: -1 });
  while (core.contiguousLength < records) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  syncJournal(folder);
  process.send?.((performance.now() - startMs) / 1000, () => process.exit());
}

/** Ends on one side end the other: what then fails is over anyway. */
function join(socket: Duplex, stream: Duplex): void {
  socket.pipe(stream).pipe(socket);
  for (const end of [socket, stream]) end.on('error', () => undefined);
}
