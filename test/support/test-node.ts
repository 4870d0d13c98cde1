/** Real nodes inside the test's own process: libp2p, SQLite and workers included, each world in a home of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import type { RpcMethod } from '../../src/api/rpc.ts';
import type { NodeStatus } from '../../src/api/shapes.ts';
import { type JsonText, jsonValue, type PlainValue } from '../../src/core/json-text.ts';
import { createParams, type NetworkParams } from '../../src/core/params.ts';
import { type CairnNode, startNode } from '../../src/node/node.ts';
import { type CairnHome, resolveHome } from '../../src/probe/cairn-home.ts';
import { connectProbe, type ProbeClient } from '../../src/probe/probe-client.ts';
import type { MiningMode } from '../../src/protocol/mining-desk.ts';
import { atEnd, type Lifetime } from './lifetime.ts';

/** A network whose blocks are found at the first tries. */
export const EASY_PARAMS: NetworkParams = createParams({ name: 'test', targetLimit: 0x207fffff });

/** A folder that is deleted in the end, after what was started in it. */
export async function makeHome(t: Lifetime): Promise<CairnHome> {
  const root = await mkdtemp(join(tmpdir(), 'cairn-test-'));
  atEnd(t, () => rm(root, { recursive: true, force: true }));
  return resolveHome({ ...process.env, CAIRN_HOME: root });
}

export interface TestNodeOptions {
  readonly home: CairnHome;
  readonly params?: NetworkParams;
  readonly mode?: MiningMode;
  readonly peers?: readonly string[];
  /** The folder's name in the home; a node that comes back has the same. */
  readonly name?: string;
  /** Of its probe socket: any free one unless told. */
  readonly port?: number;
  /** Where peers reach it: TCP on loopback unless told. */
  readonly listen?: readonly string[];
  readonly logger?: Logger;
  /** The fields by which its records can be searched; it keeps no table of records unless told. */
  readonly indexes?: readonly string[];
  readonly fullText?: boolean;
}

export class TestNode {
  readonly node: CairnNode;
  readonly client: ProbeClient;

  private constructor(node: CairnNode, client: ProbeClient) {
    this.node = node;
    this.client = client;
  }

  /** A node on free ports that is stopped after the test, if it has not been before. */
  static async start(t: Lifetime, options: TestNodeOptions): Promise<TestNode> {
    const node = await startNode({
      home: options.home,
      port: options.port ?? 0,
      dataFolder: join(options.home.root, options.name ?? 'node'),
      params: options.params ?? EASY_PARAMS,
      peers: options.peers ?? [],
      listen: options.listen ?? ['/ip4/127.0.0.1/tcp/0'],
      miningMode: options.mode ?? 'demand',
      miningShare: 0.5,
      miningKernel: 'node-crypto',
      indexes: options.indexes,
      fullText: options.fullText ?? false,
      logger: options.logger ?? pino({ level: 'silent' }),
    });
    const client = await connectProbe({ host: '127.0.0.1', port: node.port });
    const started = new TestNode(node, client);
    atEnd(t, () => started.stop());
    return started;
  }

  async stop(): Promise<void> {
    this.client.close();
    await this.node.stop();
  }

  /** Calls a method with plain parameters. */
  async call(method: RpcMethod, params: PlainValue = {}): Promise<unknown> {
    return JSON.parse(await this.client.call(method, jsonValue(params), { timeoutMs: CALL_TIMEOUT_MS }));
  }

  /** Mines `data`, raw JSON, into a block, and answers its JSON. */
  async mine(data: string): Promise<MinedBlock> {
    const params = `{"data":${data}}` as JsonText;
    const result: unknown = JSON.parse(await this.client.call('mine', params, { timeoutMs: CALL_TIMEOUT_MS }));
    return (result as { block: MinedBlock }).block;
  }

  async status(): Promise<NodeStatus> {
    return (await this.call('status')) as NodeStatus;
  }

  /** Resolves once the table of records holds the chain up to `height`: nothing tells of it, so it is asked for again and again. */
  async whenIndexed(height: number): Promise<void> {
    while (((await this.status()).records?.indexed_to ?? height) < height);
  }

  /** As the function of this name, of this node. */
  statusWhen(condition: (status: NodeStatus) => boolean): Promise<NodeStatus> {
    return statusWhen(this.client, condition);
  }
}

/** A node's status as soon as `condition` holds of it: asked again after everything that happens at the node. */
export async function statusWhen(client: ProbeClient, condition: (status: NodeStatus) => boolean): Promise<NodeStatus> {
  const subscribed = Promise.withResolvers<void>();
  const happenings = client.events({ onSubscribed: subscribed.resolve })[Symbol.asyncIterator]();
  try {
    let happening = happenings.next();
    await Promise.race([subscribed.promise, happening]);
    for (;;) {
      const status: NodeStatus = JSON.parse(await client.call('status'));
      if (condition(status)) return status;
      await happening;
      happening = happenings.next();
    }
  } finally {
    await happenings.return?.();
  }
}

export interface MinedBlock {
  readonly index: number;
  readonly hash: string;
  readonly prev_hash: string;
  readonly data: unknown;
}

/** For work that takes as long as a loaded machine needs; the test runner has the last word. */
const CALL_TIMEOUT_MS = 100_000;
