/**
 * A node to append to, in a process of its own: `append-node.ts FOLDER`, started with an IPC channel. Says its port
 * when it is up, and stops when the channel closes.
 */
import { join } from 'node:path';
import { pino } from 'pino';
import { assertPresent } from '../src/core/assert.ts';
import { createParams } from '../src/core/params.ts';
import { startNode } from '../src/node/node.ts';
import { resolveHome } from '../src/probe/cairn-home.ts';

const folder = assertPresent(process.argv[2], 'a folder is named');

const node = await startNode({
  home: resolveHome({ CAIRN_HOME: folder }),
  port: 0,
  dataFolder: join(folder, 'node'),
  // Every other nonce is a block, however many are found a second: what is measured is not the mining.
  params: createParams({ name: 'bench', targetLimit: 0x207fffff, halfLife: 31_536_000 }),
  peers: [],
  listen: [],
  miningMode: 'entries',
  miningShare: 0.5,
  miningKernel: 'auto',
  logger: pino({ level: 'silent' }),
});
process.once('disconnect', () => void node.stop());
process.send?.({ port: node.port });
await node.stopped;
