/** Whole nodes without sockets, disk and threads: the machine and its runtime over a store, a network and a miner in memory. */
import type { TestContext } from 'node:test';
import { pino } from 'pino';
import type { NetworkParams } from '../../src/core/params.ts';
import type { MemoryNetworkHub } from '../../src/network/memory-network.ts';
import type { PeerNetwork } from '../../src/network/peer-network.ts';
import { Runtime } from '../../src/node/runtime.ts';
import { FullNode } from '../../src/protocol/full-node.ts';
import type { MiningMode } from '../../src/protocol/mining-desk.ts';
import type { ChainStore } from '../../src/storage/chain-store.ts';
import { createMemoryStore } from '../../src/storage/memory-store.ts';
import { DirectMiner } from './direct-miner.ts';
import { atEnd } from './lifetime.ts';
import { memoryNetworkOptions } from './memory-peer.ts';
import { ALL_PENDING } from './store-change.ts';

export interface MemoryNodeOptions {
  readonly hub: MemoryNetworkHub;
  readonly id: string;
  readonly params: NetworkParams;
  readonly mode: MiningMode;
}

export class MemoryNode {
  readonly store: ChainStore;
  readonly network: PeerNetwork;
  readonly machine: FullNode;
  readonly runtime: Runtime;
  /** What the node could not go on from. */
  readonly failures: Error[] = [];

  private constructor(parts: {
    readonly store: ChainStore;
    readonly network: PeerNetwork;
    readonly machine: FullNode;
  }) {
    this.store = parts.store;
    this.network = parts.network;
    this.machine = parts.machine;
    const runtime: Runtime = new Runtime({
      ...parts,
      miner: new DirectMiner((event) => runtime.mined(event)),
      logger: pino({ level: 'silent' }),
      onFailure: (error) => this.failures.push(error),
    });
    this.runtime = runtime;
  }

  /** Runs until the test ends. */
  static async start(t: TestContext, { hub, id, params, mode }: MemoryNodeOptions): Promise<MemoryNode> {
    const store = createMemoryStore(params);
    const options = memoryNetworkOptions(params);
    // With room for those who are told that there is none, as in a node.
    const network = hub.createNetwork(id, { ...options, peersMax: options.peersMax + 4 });
    const machine = new FullNode({
      params,
      state: {
        ...(await store.load({ windowLength: 4_096, milestoneInterval: 1_024, pending: ALL_PENDING })),
        recentIds: [],
      },
      localPeer: id,
      agent: 'test/1',
      addresses: [`/memory/${id}/p2p/${id}`],
      miningMode: mode,
    });
    const node = new MemoryNode({ store, network, machine });
    await network.start(node.runtime.networkHandlers);
    node.runtime.start();
    atEnd(t, async () => {
      await node.runtime.stop();
      await network.stop();
    });
    return node;
  }

  /** Keeps in touch with the node that is called `id`. */
  meet(id: string): void {
    this.runtime.feed({ type: 'address-known', address: `/memory/${id}/p2p/${id}`, source: 'configured' });
  }

  /** Resolves as soon as `condition` holds, which is asked after everything that happens at the node. */
  async until(condition: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = () => {
      if (condition()) resolve();
    };
    const stopListening = this.runtime.listen(check);
    check();
    await promise;
    stopListening();
  }
}
