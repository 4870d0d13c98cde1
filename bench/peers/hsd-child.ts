/**
 * An hsd node with an IPC channel: `hsd-child.ts peer INSTALLED FOLDER BLOCKS PORT` mines a chain and says `ready`,
 * `newcomer INSTALLED FOLDER BLOCKS PORT PEER_PORT` how many seconds it took until it had the chain, too.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { requirePeer } from './installed-peers.ts';

/** https://github.com/handshake-org/hsd/blob/v8.0.0/lib/node/fullnode.js: as much of it as is used. */
interface Hsd {
  readonly FullNode: new (options: Readonly<Record<string, unknown>>) => HsdNode;
  readonly Address: { fromProgram(version: number, hash: Buffer): unknown };
}

interface HsdNode {
  readonly chain: { readonly height: number; add(block: unknown): Promise<unknown> };
  readonly miner: { addAddress(address: unknown): void; mineBlock(): Promise<unknown> };
  ensure(): Promise<void>;
  open(): Promise<void>;
  connect(): Promise<void>;
  startSync(): unknown;
}

const POLL_MS = 5;

// Whoever started this has gone.
process.once('disconnect', () => process.exit());

const [role, installed = '', folder = '', count = '', port = '', peerPort = ''] = process.argv.slice(2);
const blocks = Number(count);
const hsd = requirePeer(installed, 'hsd', isHsd);
const node = new hsd.FullNode({
  network: 'regtest',
  prefix: folder,
  memory: false,
  workers: false,
  noDns: true,
  host: '127.0.0.1',
  httpHost: '127.0.0.1',
  port: Number(port),
  brontidePort: Number(port) + 1,
  httpPort: Number(port) + 2,
  listen: role === 'peer',
  ...(role === 'peer' ? {} : { only: [`127.0.0.1:${peerPort}`] }),
});
await node.ensure();
await node.open();
await (role === 'peer' ? serve() : follow());

async function serve(): Promise<void> {
  node.miner.addAddress(hsd.Address.fromProgram(0, Buffer.alloc(20, 1)));
  for (let i = 0; i < blocks; i++) await node.chain.add(await node.miner.mineBlock());
  await node.connect();
  node.startSync();
  process.send?.('ready');
}

async function follow(): Promise<void> {
  await node.connect();
  const startMs = performance.now();
  node.startSync();
  while (node.chain.height < blocks) await delay(POLL_MS);
  process.send?.((performance.now() - startMs) / 1000, () => process.exit());
}

function isHsd(module: unknown): module is Hsd {
  return typeof module === 'object' && module !== null && 'FullNode' in module && 'Address' in module;
}
