/** The peer door within one process: the same contract as `libp2p-network.ts` without sockets, for tests and worlds. */
import { assert, assertPresent } from '../core/assert.ts';
import { FRAME_HEADER_BYTES } from '../protocol/frame.ts';
import { LoopTurns } from './loop-turns.ts';
import {
  DISCONNECT_TIMEOUT_MS,
  type DisconnectReason,
  NetworkError,
  type NetworkHandlers,
  type PeerId,
  type PeerNetwork,
  SEND_QUEUE_BYTES_MAX,
  SEND_QUEUES_BYTES_MAX,
} from './peer-network.ts';
import { describeOtherNetwork } from './protocol-id.ts';
import { SendQueues } from './send-queues.ts';

export interface MemoryNetworkOptions {
  readonly genesisHash: string;
  readonly networkName: string;
  readonly messageBytesMax: number;
  readonly peersMax: number;
  readonly sendQueueBytesMax?: number;
  /** In the queues to all peers together. */
  readonly sendQueuesBytesMax?: number;
}

/** A world in which networks reach each other by `/memory/<id>/p2p/<id>`. */
export class MemoryNetworkHub {
  readonly #networks = new Map<PeerId, MemoryNetwork>();
  readonly #reach: Reach = {
    add: (network) => {
      assert(!this.#networks.has(network.localPeer), 'a peer id stands for one network of a hub at a time');
      this.#networks.set(network.localPeer, network);
    },
    remove: (network) => this.#networks.delete(network.localPeer),
    find: (peer) => this.#networks.get(peer),
  };

  createNetwork(id: PeerId, options: MemoryNetworkOptions): PeerNetwork {
    assert(/^[0-9A-Za-z-]+$/.test(id), 'a peer id is a word');
    return new MemoryNetwork(id, options, this.#reach);
  }
}

interface Reach {
  add(network: MemoryNetwork): void;
  remove(network: MemoryNetwork): void;
  find(peer: PeerId): MemoryNetwork | undefined;
}

class MemoryNetwork implements PeerNetwork {
  readonly localPeer: PeerId;
  readonly options: MemoryNetworkOptions;
  readonly #reach: Reach;
  readonly turns = new LoopTurns(setImmediate);
  readonly #ends = new Map<PeerId, End>();
  readonly #queues: SendQueues;
  #handlers: NetworkHandlers | undefined;
  #isListening = false;

  constructor(id: PeerId, options: MemoryNetworkOptions, reach: Reach) {
    this.localPeer = id;
    this.options = options;
    this.#reach = reach;
    this.#queues = new SendQueues(options.sendQueuesBytesMax ?? SEND_QUEUES_BYTES_MAX, () => this.#ends.values());
  }

  async start(handlers: NetworkHandlers): Promise<void> {
    assert(this.#handlers === undefined, 'a network is started once');
    this.#handlers = handlers;
    this.#reach.add(this);
    this.#isListening = true;
  }

  addresses(): readonly string[] {
    return this.#isListening ? [`/memory/${this.localPeer}/p2p/${this.localPeer}`] : [];
  }

  async dial(address: string): Promise<PeerId> {
    const { id } = ADDRESS.exec(address)?.groups ?? {};
    if (id === undefined) {
      throw new NetworkError('address-invalid', `'${address}' is not an address: expected '/memory/<id>/p2p/<id>'`);
    }
    if (id === this.localPeer) throw new NetworkError('dialled-self', `${address} is this node itself`);
    await nextTurn();
    const end = this.#ends.get(id);
    if (end !== undefined) {
      if (!end.isClosing) return id;
      throw new NetworkError('dial-failed', `the connection to the node at ${address} is just being closed`);
    }
    this.#connect(address, this.#reach.find(id));
    return id;
  }

  #connect(address: string, other: MemoryNetwork | undefined): void {
    if (!this.#isListening || other === undefined) {
      throw new NetworkError('dial-failed', `no connection to ${address}: nobody is there`);
    }
    const { genesisHash, networkName } = this.options;
    const theirs = other.options.genesisHash;
    if (theirs !== genesisHash) {
      const facts = { address, networkName, genesisHash, otherGenesisHashes: [theirs] };
      throw new NetworkError('network-other', describeOtherNetwork(facts));
    }
    if (!this.hasRoomFor(other.localPeer) || !other.hasRoomFor(this.localPeer)) {
      throw new NetworkError('dial-failed', `no connection to ${address}: no room for another peer`);
    }
    const here = new End(this, other.localPeer);
    const there = new End(other, this.localPeer);
    here.other = there;
    there.other = here;
    this.#ends.set(other.localPeer, here);
    other.#ends.set(this.localPeer, there);
    this.handlers.peerConnected({ id: other.localPeer, address, direction: 'outbound' });
    const from = `/memory/${this.localPeer}`;
    other.handlers.peerConnected({ id: this.localPeer, address: from, direction: 'inbound' });
  }

  hasRoomFor(peer: PeerId): boolean {
    return this.#ends.size < this.options.peersMax && !this.#ends.has(peer);
  }

  send(peer: PeerId, message: Uint8Array): void {
    this.#ends.get(peer)?.send(message);
    this.#queues.sent(message.length);
  }

  queuedBytes(peer: PeerId): number {
    return this.#ends.get(peer)?.queuedBytes ?? 0;
  }

  disconnect(peer: PeerId, note: string): void {
    this.#ends.get(peer)?.close({ code: 'disconnected', note });
  }

  async stop(): Promise<void> {
    if (this.#isListening) this.#reach.remove(this);
    this.#isListening = false;
    const ends = [...this.#ends.values()];
    for (const end of ends) end.close({ code: 'network-stopped' });
    await Promise.all(ends.map((end) => end.ended.promise));
  }

  get handlers(): NetworkHandlers {
    return assertPresent(this.#handlers, 'a network that has peers was started');
  }

  forget(end: End, reason: DisconnectReason): void {
    if (this.#ends.get(end.peer) === end) this.#ends.delete(end.peer);
    this.handlers.peerDisconnected(end.peer, reason);
  }
}

/** One side of a connection: what it has sent and the other side has not taken yet, and how it ends. */
class End {
  readonly peer: PeerId;
  readonly ended = Promise.withResolvers<void>();
  readonly #network: MemoryNetwork;
  #other: End | undefined;
  #queue: Uint8Array[] = [];
  #queueBytes = 0;
  #isDelivering = false;
  #closing: DisconnectReason | undefined;
  #hasEnded = false;
  #deadline: NodeJS.Timeout | undefined;

  constructor(network: MemoryNetwork, peer: PeerId) {
    this.#network = network;
    this.peer = peer;
  }

  get other(): End {
    return assertPresent(this.#other, 'the two ends of a connection know each other');
  }

  set other(end: End) {
    this.#other = end;
  }

  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  get queuedBytes(): number {
    return this.#queueBytes;
  }

  send(message: Uint8Array): void {
    const { messageBytesMax, sendQueueBytesMax: limitBytes = SEND_QUEUE_BYTES_MAX } = this.#network.options;
    assert(message.length <= messageBytesMax, 'a message we send is within the limit of messages');
    if (this.isClosing || this.#hasEnded) return;
    if (this.#queueBytes + FRAME_HEADER_BYTES + message.length > limitBytes) {
      this.overflow(limitBytes);
      return;
    }
    this.#queue.push(message);
    this.#queueBytes += FRAME_HEADER_BYTES + message.length;
    this.#deliver();
  }

  overflow(limitBytes: number): void {
    if (this.#hasEnded) return;
    const reason = this.#closing ?? { code: 'send-queue-full', limitBytes };
    this.#closing = reason;
    this.#queue = [];
    this.#queueBytes = 0;
    queueMicrotask(() => this.#breakOff(reason));
  }

  close(reason: DisconnectReason): void {
    if (this.isClosing || this.#hasEnded) return;
    this.#closing = reason;
    this.#deadline = setTimeout(() => this.#breakOff(reason), DISCONNECT_TIMEOUT_MS);
    this.#deliver();
  }

  /** Delivers what is queued, a turn later, and then the end if there is one. */
  #deliver(): void {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    void this.#deliverAll();
  }

  async #deliverAll(): Promise<void> {
    await nextTurn();
    while (!this.#hasEnded) {
      const messages = this.#queue;
      if (messages.length === 0) break;
      this.#queue = [];
      const { turns } = this.other.#network;
      for (const message of messages) {
        if (turns.isOver) await new Promise<void>((resolve) => turns.waitForNext(resolve));
        if (this.#hasEnded) return;
        this.#queueBytes -= FRAME_HEADER_BYTES + message.length;
        const handled = this.other.#take(message);
        if (handled instanceof Promise) await handled;
      }
    }
    this.#isDelivering = false;
    if (this.#closing === undefined || this.#hasEnded) return;
    const reason = this.#closing;
    // Of two ends that close at once, each has its own reason.
    this.other.#end(this.other.#closing ?? { code: 'closed' });
    this.#end(reason);
  }

  #take(message: Uint8Array): void | Promise<void> {
    if (this.isClosing || this.#hasEnded) return;
    const limitBytes = this.#network.options.messageBytesMax;
    if (message.length > limitBytes) {
      const sizeBytes = message.length;
      this.#breakOff({ code: 'frame-fault', fault: { code: 'frame-too-large', sizeBytes, limitBytes } });
      return;
    }
    return this.#network.handlers.messageReceived(this.peer, message);
  }

  #breakOff(reason: DisconnectReason): void {
    this.#end(reason);
    this.other.#end(this.other.#closing ?? { code: 'failed', message: 'the other side broke the connection off' });
  }

  #end(reason: DisconnectReason): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#deadline);
    this.#queue = [];
    this.#queueBytes = 0;
    this.#network.forget(this, reason);
    this.ended.resolve();
  }
}

/** Not a microtask: networks that answer each other without end must leave time for the rest of the process. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const ADDRESS = /^\/memory\/(?<id>[0-9A-Za-z-]+)(?:\/p2p\/\k<id>)?$/;
