/** A peer in memory that says what a test has it say, and keeps what it is told. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { createGenesis } from '../../src/core/genesis.ts';
import type { NetworkParams } from '../../src/core/params.ts';
import { genesisPoint } from '../../src/core/validation.ts';
import type { MemoryNetworkHub, MemoryNetworkOptions } from '../../src/network/memory-network.ts';
import type { DisconnectReason, NetworkHandlers, PeerId, PeerNetwork } from '../../src/network/peer-network.ts';
import { PEER_MESSAGE_BYTES_MAX, PEERS_MAX } from '../../src/protocol/limits.ts';
import { encodeMessage, type Message, parseMessage } from '../../src/protocol/message.ts';
import { atEnd } from './lifetime.ts';

export function memoryNetworkOptions(params: NetworkParams): MemoryNetworkOptions {
  return {
    genesisHash: createGenesis(params).hash,
    networkName: params.name,
    messageBytesMax: PEER_MESSAGE_BYTES_MAX,
    peersMax: PEERS_MAX,
  };
}

export class MemoryPeer {
  readonly messages: Message[] = [];
  readonly network: PeerNetwork;
  /** Held before each message, where a test sets it: a peer that reads slowly. */
  beforeReading: ((message: Message) => Promise<void>) | undefined;
  /** What is called for each message, once it is kept. */
  onMessage: ((message: Message) => void) | undefined;
  readonly disconnected = Promise.withResolvers<DisconnectReason>();
  #waiting: (() => void)[] = [];

  private constructor(network: PeerNetwork) {
    this.network = network;
  }

  /** A peer of its own name in the hub, gone after the test. */
  static async start(
    t: TestContext,
    options: { readonly hub: MemoryNetworkHub; readonly params: NetworkParams; readonly id: PeerId },
  ): Promise<MemoryPeer> {
    const peer = new MemoryPeer(options.hub.createNetwork(options.id, memoryNetworkOptions(options.params)));
    await peer.network.start(peer.#handlers);
    atEnd(t, () => peer.network.stop());
    return peer;
  }

  readonly #handlers: NetworkHandlers = {
    peerConnected: () => undefined,
    peerDisconnected: (_peer, reason) => this.disconnected.resolve(reason),
    addressDiscovered: () => undefined,
    messageReceived: async (_peer, bytes) => {
      const message = parseMessage(bytes);
      assert.ok(message.ok, 'a node sends well-formed messages');
      await this.beforeReading?.(message.value);
      this.messages.push(message.value);
      this.onMessage?.(message.value);
      for (const wake of this.#waiting.splice(0)) wake();
    },
  };

  /** Connects to the one node at `network`. */
  async dial(network: PeerNetwork): Promise<void> {
    const [address] = network.addresses();
    assert.ok(address !== undefined);
    await this.network.dial(address);
  }

  send(to: PeerNetwork, message: Message): void {
    this.network.send(to.localPeer, encodeMessage(message));
  }

  /** Says hello with a chain of the genesis alone; as a light client, where that is asked for. */
  greet(to: PeerNetwork, params: NetworkParams, more: { readonly light?: true } = {}): void {
    const { hash, header, work } = genesisPoint(params);
    const tip = { hash, height: header.height, work };
    this.send(to, { type: 'hello', genesis: hash, network: params.name, agent: 'test', tip, addresses: [], ...more });
  }

  /** Resolves as soon as what was read so far meets `condition`. */
  async readUntil(condition: (messages: readonly Message[]) => boolean): Promise<void> {
    while (!condition(this.messages)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
