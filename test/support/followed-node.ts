/** A node whose chain a test makes as it likes, behind a real probe socket, on a list of running nodes, with a gateway before it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGateway } from '../../src/gateway/gateway.ts';
import type { GatewayLimits } from '../../src/gateway/gateway-limits.ts';
import { answerFollow } from '../../src/node/follow-call.ts';
import { FollowedChain } from '../../src/node/followed-chain.fixture.ts';
import { Refusal } from '../../src/node/rpc-call.ts';
import { resolveHome } from '../../src/probe/cairn-home.ts';
import { createProbeServer } from '../../src/probe/probe-server.ts';
import { joinList } from '../../src/probe/running-nodes.ts';
import { atEnd, type Lifetime } from './lifetime.ts';

export interface FollowedNode {
  readonly chain: FollowedChain;
  /** Of the probe socket. */
  readonly port: number;
  /** Of its streams at the gateway, up to `stream` or `socket`, without the scheme. */
  readonly address: string;
  /** How many calls of `follow` it has answered. */
  readonly pages: { count: number };
}

/** It answers `follow`, as a node does, and nothing else. */
export async function startFollowedNode(
  t: Lifetime,
  options: { readonly limits?: Partial<GatewayLimits> } = {},
): Promise<FollowedNode> {
  const chain = new FollowedChain();
  const pages = { count: 0 };
  const folder = await mkdtemp(join(tmpdir(), 'cairn-streams-'));
  atEnd(t, () => rm(folder, { recursive: true }));
  const home = resolveHome({ CAIRN_HOME: folder });
  const server = await createProbeServer({
    host: '127.0.0.1',
    port: 0,
    handlers: {
      chain: () => Promise.reject(new Error('nobody asks for the chain')),
      offerChain: async () => 'rejected',
      shutdown: () => undefined,
      call: async (_method, params, session) => {
        try {
          const answer = await answerFollow(chain, params, session);
          pages.count++;
          return answer;
        } catch (error) {
          if (error instanceof Refusal) return { type: 'error', error: error.rpc };
          throw error;
        }
      },
    },
  });
  atEnd(t, () => server.close());
  const { port } = server;
  const place = await joinList(home, {
    port,
    host: '127.0.0.1',
    started: new Date(0).toISOString(),
    peer_addresses: [],
  });
  atEnd(t, () => place.leave());
  const gateway = await createGateway({ home, host: '127.0.0.1', port: 0, ...options });
  await gateway.listen();
  atEnd(t, () => gateway.close());
  return { chain, port, address: `localhost:${gateway.port}/api/v1/nodes/${port}/records/`, pages };
}
