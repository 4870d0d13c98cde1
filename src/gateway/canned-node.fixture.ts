/**
 * A node for the gateway's tests: a real probe socket, on a real list of running nodes, with a small ledger behind it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../test/support/free-port.ts';
import { type CairnHome, resolveHome } from '../probe/cairn-home.ts';
import { createProbeServer } from '../probe/probe-server.ts';
import { joinList } from '../probe/running-nodes.ts';
import { CannedLedger } from './canned-ledger.fixture.ts';
import { createGateway, type Gateway, type GatewayOptions } from './gateway.ts';

export interface CannedNode {
  readonly port: number;
  readonly ledger: CannedLedger;
  /** Ends every connection, and once `meanwhile` was called listens again at the same port. */
  restart(meanwhile?: () => void): Promise<void>;
  /** Ends the socket and leaves the list. */
  stop(): Promise<void>;
}

/** A node on the list of running nodes of `home`. */
export async function startCannedNode(home: CairnHome): Promise<CannedNode> {
  const ledger = new CannedLedger();
  const listen = (at: number) =>
    createProbeServer({
      host: '127.0.0.1',
      port: at,
      handlers: {
        chain: async () => ledger.chainStream(),
        offerChain: async () => 'rejected',
        shutdown: () => void stop(),
        call: (method, params, session) => ledger.call(method, params, session),
      },
    });
  // It is given up and taken again by `restart`.
  const port = await freePort();
  let server = await listen(port);
  const started = '2026-11-22T12:00:00.000Z';
  const place = await joinList(home, { port, host: '127.0.0.1', started, peer_addresses: [] });
  async function stop(): Promise<void> {
    await place.leave();
    await server.close();
  }
  async function restart(meanwhile?: () => void): Promise<void> {
    await server.close();
    meanwhile?.();
    server = await listen(port);
  }
  return { port, ledger, restart, stop };
}

/** What a test needs: a gateway, a node within its reach, and the end of both. The gateway waits for its node for as long as it takes. */
export async function startGateway(
  options: Partial<GatewayOptions> = {},
): Promise<{ gateway: Gateway; node: CannedNode; home: CairnHome; stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-gateway-'));
  const home = resolveHome({ CAIRN_HOME: folder });
  const node = await startCannedNode(home);
  const limits = { ...PATIENCE, ...options.limits };
  async function stopNode(): Promise<void> {
    await node.stop();
    await rm(folder, { recursive: true });
  }
  try {
    const gateway = await createGateway({ home, host: '127.0.0.1', port: 0, ...options, limits });
    return { gateway, node, home, stop: () => gateway.close().then(stopNode) };
  } catch (error) {
    await stopNode();
    throw error;
  }
}

/** Beyond what any machine needs: where a test is about a limit, it sets it. */
const PATIENCE = {
  connectTimeoutMs: 600_000,
  answerTimeoutMs: 600_000,
  metricsTimeoutMs: 600_000,
  overviewTimeoutMs: 600_000,
};
