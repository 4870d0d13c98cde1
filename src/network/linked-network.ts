/**
 * The peer door over libp2p, on whatever transports: the same file in a node and in a browser.
 *
 * A pair of peers may come to have several connections, for both may dial, and at once. It has one stream nonetheless,
 * by this rule: **of the two, the one with the lower peer id opens the stream**, on the first connection it sees,
 * whichever side dialled it. So one side alone decides, and no tie is ever broken. The other side waits for the stream.
 * A connection without it is closed by the side that dialled it, or by either after the handshake timeout.
 */
import type { Identify } from '@libp2p/identify';
import type { Connection, Ed25519PrivateKey, Libp2p, Stream } from '@libp2p/interface';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { CODE_P2P, type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { assert, assertPresent } from '../core/assert.ts';
import { addressInvalid, dialError, dialledSelf, dialTimeout } from './dial-errors.ts';
import { FramedStream } from './framed-stream.ts';
import { LoopTurns } from './loop-turns.ts';
import {
  type ConnectedPeer,
  DISCONNECT_TIMEOUT_MS,
  type DisconnectReason,
  HANDSHAKE_TIMEOUT_MS,
  NetworkError,
  type NetworkHandlers,
  type PeerId,
  type PeerNetwork,
  SEND_QUEUE_BYTES_MAX,
  SEND_QUEUES_BYTES_MAX,
} from './peer-network.ts';
import { describeOtherNetwork, matchProtocols, protocolId } from './protocol-id.ts';
import { SendQueues } from './send-queues.ts';

/** libp2p, as much of it as is used here. */
export type Libp2pNode = Libp2p<{ readonly identify: Identify }>;

export interface LinkedNetworkOptions {
  readonly privateKey: Ed25519PrivateKey;
  /** 64 hex digits. Only nodes of the same genesis are peers. */
  readonly genesisHash: string;
  /** For messages to people. */
  readonly networkName: string;
  /** Multiaddresses such as `/ip4/127.0.0.1/tcp/0` and `/ip4/127.0.0.1/tcp/0/ws`; none for a node that only dials. */
  readonly listen: readonly string[];
  /** The largest message, either way. The same on all nodes of a network. */
  readonly messageBytesMax: number;
  readonly peersMax: number;
  readonly sendQueueBytesMax?: number;
  /** In the queues to all peers together. */
  readonly sendQueuesBytesMax?: number;
}

/** What a network needs of where it runs. */
export interface LinkedNetworkHost {
  /** A libp2p node with this network's key that is not started yet. `hasRoom` says whether another connection may come in. */
  createNode(hasRoom: () => boolean): Promise<Libp2pNode>;
  /** Runs `round` in a later turn of the event loop, after what has come in until then. */
  nextRound(round: () => void): void;
}

/** A peer with its stream. */
interface Link {
  readonly peer: ConnectedPeer;
  readonly connection: Connection;
  readonly stream: FramedStream;
  readonly ended: PromiseWithResolvers<void>;
  isClosing: boolean;
}

export class LinkedNetwork implements PeerNetwork {
  readonly localPeer: PeerId;
  readonly #options: LinkedNetworkOptions;
  readonly #host: LinkedNetworkHost;
  readonly #protocol: string;
  readonly #links = new Map<PeerId, Link>();
  /** Peers to whom we are opening the stream. */
  readonly #opening = new Set<PeerId>();
  /** Connections on which opening the stream has failed. */
  readonly #refused = new WeakSet<Connection>();
  /** Called, once each, when a peer gets its link. */
  readonly #awaiting = new Map<PeerId, Set<() => void>>();
  readonly #turns: LoopTurns;
  readonly #queues: SendQueues;
  #handlers: NetworkHandlers | undefined;
  #node: Libp2pNode | undefined;
  #isStopping = false;

  constructor(options: LinkedNetworkOptions, host: LinkedNetworkHost) {
    this.#options = options;
    this.#host = host;
    this.#turns = new LoopTurns(host.nextRound);
    this.#protocol = protocolId(options.genesisHash);
    this.localPeer = peerIdFromPrivateKey(options.privateKey).toString();
    this.#queues = new SendQueues(options.sendQueuesBytesMax ?? SEND_QUEUES_BYTES_MAX, () => this.#streams());
  }

  *#streams(): Generator<FramedStream> {
    for (const { stream } of this.#links.values()) yield stream;
  }

  async start(handlers: NetworkHandlers): Promise<void> {
    assert(this.#handlers === undefined, 'a network is started once');
    this.#handlers = handlers;
    const node = await this.#host.createNode(() => this.#links.size < this.#options.peersMax);
    this.#node = node;
    node.addEventListener('connection:open', (event) => this.#onConnection(event.detail));
    node.addEventListener('peer:disconnect', (event) => {
      // libp2p remembers everybody who ever connected, and we have no use for that.
      node.peerStore.delete(event.detail).catch(() => {});
    });
    node.addEventListener('peer:discovery', (event) => {
      const { id, multiaddrs } = event.detail;
      for (const address of multiaddrs) handlers.addressDiscovered(`${address}/p2p/${id}`);
    });
    // One stream each way: identify and pings have their own.
    const streamLimits = { maxInboundStreams: 1, maxOutboundStreams: 1 };
    // libp2p catches what a handler throws; a mistake of ours must reach the top.
    const onStream = (stream: Stream, connection: Connection) =>
      queueMicrotask(() => this.#onStream(stream, connection));
    await node.handle(this.#protocol, onStream, streamLimits);
    try {
      await node.start();
    } catch (error) {
      await node.stop();
      throw new NetworkError(
        'listen-failed',
        `cannot listen for peers on ${this.#options.listen.join(' or ')}: is the port taken?`,
        error,
      );
    }
  }

  addresses(): readonly string[] {
    return this.#node?.getMultiaddrs().map(String) ?? [];
  }

  async dial(address: string): Promise<PeerId> {
    const node = this.#running();
    const target = parseAddress(address);
    const expected = target.getComponents().findLast((part) => part.code === CODE_P2P)?.value;
    const isOwn = node.getMultiaddrs().some((own) => own.decapsulateCode(CODE_P2P).equals(target));
    if (expected === this.localPeer || (expected === undefined && isOwn)) throw dialledSelf(address);
    if (expected !== undefined && this.#links.has(expected)) return this.#linkedAlready(expected, address);
    if (this.#links.size >= this.#options.peersMax) {
      throw new NetworkError('dial-failed', `${address} was not dialled: there are ${this.#links.size} peers already`);
    }
    const signal = AbortSignal.timeout(HANDSHAKE_TIMEOUT_MS);
    let connection: Connection;
    try {
      // A connection that is there but carries no link is on its way out: forced, libp2p does not offer it again.
      connection = await node.dial(target, { signal, force: true });
    } catch (error) {
      if (expected !== undefined && this.#links.has(expected)) return expected;
      throw dialError(address, signal, error);
    }
    const peer = connection.remotePeer.toString();
    try {
      await this.#linked({ node, peer, connection, address, signal });
    } finally {
      if (connection.direction === 'outbound' && this.#links.get(peer)?.connection !== connection) {
        closeConnection(connection);
      }
    }
    return peer;
  }

  send(peer: PeerId, message: Uint8Array): void {
    this.#links.get(peer)?.stream.send(message);
    this.#queues.sent(message.length);
  }

  queuedBytes(peer: PeerId): number {
    return this.#links.get(peer)?.stream.queuedBytes ?? 0;
  }

  disconnect(peer: PeerId, note: string): void {
    const link = this.#links.get(peer);
    if (link !== undefined) this.#closeLink(link, { code: 'disconnected', note });
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    const links = [...this.#links.values()];
    for (const link of links) this.#closeLink(link, { code: 'network-stopped' });
    await Promise.all(links.map((link) => link.ended.promise));
    await this.#node?.stop();
  }

  #running(): Libp2pNode {
    const node = assertPresent(this.#node, 'a network dials after it was started');
    if (this.#isStopping) throw new NetworkError('dial-failed', 'the network is stopping');
    return node;
  }

  #linkedAlready(peer: PeerId, address: string): PeerId {
    if (this.#links.get(peer)?.isClosing === true) {
      throw new NetworkError('dial-failed', `the connection to the node at ${address} is just being closed`);
    }
    return peer;
  }

  /** Waits until the peer has its link, by this connection or another. */
  async #linked({ node, peer, connection, address, signal }: Handshake): Promise<void> {
    if (this.#links.has(peer)) return;
    const linked = Promise.withResolvers<void>();
    const awaiting = this.#awaiting.get(peer) ?? new Set();
    this.#awaiting.set(peer, awaiting.add(linked.resolve));
    const onClose = () =>
      linked.reject(
        new NetworkError('dial-failed', `the node at ${address} closed the connection during the handshake`),
      );
    const onTimeout = () => linked.reject(dialTimeout(address));
    connection.addEventListener('close', onClose);
    signal.addEventListener('abort', onTimeout);
    // Asked by every dialler, since it may not be the side that opens the stream and learns of a refusal.
    this.#checkNetwork(node, connection, address, signal).catch(linked.reject);
    try {
      if (connection.status !== 'open') onClose();
      await linked.promise;
    } finally {
      connection.removeEventListener('close', onClose);
      signal.removeEventListener('abort', onTimeout);
      awaiting.delete(linked.resolve);
      if (awaiting.size === 0) this.#awaiting.delete(peer);
    }
  }

  async #checkNetwork(node: Libp2pNode, connection: Connection, address: string, signal: AbortSignal): Promise<void> {
    const { genesisHash, networkName } = this.#options;
    let protocols: readonly string[];
    try {
      ({ protocols } = await node.services.identify.identify(connection, { signal }));
    } catch {
      // No answer is no judgement: the handshake goes on, and ends in a link, a closed connection or a timeout.
      return;
    }
    const match = matchProtocols(genesisHash, protocols);
    switch (match.type) {
      case 'same':
        return;
      case 'network-other':
        throw new NetworkError(
          'network-other',
          describeOtherNetwork({ address, networkName, genesisHash, otherGenesisHashes: match.genesisHashes }),
        );
      case 'version-other':
        throw new NetworkError(
          'dial-failed',
          `the node at ${address} speaks version ${match.versions.join(', ')} of the protocol, and we do not`,
        );
      case 'none':
        throw new NetworkError('dial-failed', `${address} is no Cairn node, or one that accepts no peers`);
    }
  }

  #onConnection(connection: Connection): void {
    const peer = connection.remotePeer.toString();
    // A timer that, unlike those of `setTimeout`, keeps no process of Node from ending.
    const deadline = AbortSignal.timeout(HANDSHAKE_TIMEOUT_MS);
    const onDeadline = () => {
      if (this.#links.get(peer)?.connection !== connection) closeConnection(connection);
    };
    deadline.addEventListener('abort', onDeadline);
    connection.addEventListener('close', () => deadline.removeEventListener('abort', onDeadline));
    if (this.localPeer < peer) void this.#openStream(peer, connection);
  }

  /** The lower peer's part of the handshake. */
  async #openStream(peer: PeerId, connection: Connection): Promise<void> {
    if (this.#isStopping || this.#links.has(peer) || this.#opening.has(peer)) return;
    this.#opening.add(peer);
    let stream: Stream | undefined;
    try {
      stream = await connection.newStream(this.#protocol, { signal: AbortSignal.timeout(HANDSHAKE_TIMEOUT_MS) });
    } catch {
      // Another network, or gone. The dialler asks which and closes the connection; the deadline does otherwise.
      this.#refused.add(connection);
    } finally {
      this.#opening.delete(peer);
    }
    if (stream === undefined) this.#openElsewhere(peer);
    else this.#link(peer, connection, stream);
  }

  /** A connection that was passed over, because the peer had one, may have to serve now. */
  #openElsewhere(peer: PeerId): void {
    if (this.localPeer > peer) return;
    const others = this.#node?.getConnections() ?? [];
    const other = others.find(
      (one) => one.remotePeer.toString() === peer && one.status === 'open' && !this.#refused.has(one),
    );
    if (other !== undefined) void this.#openStream(peer, other);
  }

  /** The higher peer's part of the handshake. */
  #onStream(stream: Stream, connection: Connection): void {
    const peer = connection.remotePeer.toString();
    const link = this.#links.get(peer);
    if (peer > this.localPeer || link?.isClosing === true) {
      stream.abort(new Error('cairn: stream refused'));
      return;
    }
    // The lower peer opens a new stream only when it has lost the one before, which we have not noticed yet.
    link?.stream.abort({ code: 'failed', message: 'the other side has lost the connection and opened another' });
    this.#link(peer, connection, stream);
  }

  #link(peer: PeerId, connection: Connection, stream: Stream): void {
    if (this.#isStopping || this.#links.size >= this.#options.peersMax) {
      connection.abort(new Error('cairn: no room for another peer'));
      return;
    }
    const framed = new FramedStream(stream, {
      limits: {
        messageBytesMax: this.#options.messageBytesMax,
        sendQueueBytesMax: this.#options.sendQueueBytesMax ?? SEND_QUEUE_BYTES_MAX,
      },
      handlers: {
        messageReceived: (message) => this.#told().messageReceived(peer, message),
        ended: (reason) => this.#unlink(link, reason),
      },
      turns: this.#turns,
    });
    const link: Link = {
      peer: { id: peer, address: connection.remoteAddr.toString(), direction: connection.direction },
      connection,
      stream: framed,
      ended: Promise.withResolvers(),
      isClosing: false,
    };
    this.#links.set(peer, link);
    this.#told().peerConnected(link.peer);
    framed.start();
    for (const resolve of this.#awaiting.get(peer) ?? []) resolve();
  }

  #closeLink(link: Link, reason: DisconnectReason): void {
    link.isClosing = true;
    link.stream.close(reason, AbortSignal.timeout(DISCONNECT_TIMEOUT_MS));
  }

  #unlink(link: Link, reason: DisconnectReason): void {
    const { connection, peer, ended } = link;
    this.#links.delete(peer.id);
    this.#refused.add(connection);
    const isOrderly = reason.code === 'closed' || reason.code === 'disconnected' || reason.code === 'network-stopped';
    // Not from within the event that told us: where libp2p is just giving the connection up, it would write to it once more,
    // fail, and nobody would catch that (seen with libp2p 3.3.11 when a peer answers no ping).
    queueMicrotask(() => {
      if (isOrderly) closeConnection(connection);
      else connection.abort(new Error(`cairn: ${reason.code}`));
    });
    this.#told().peerDisconnected(peer.id, reason);
    ended.resolve();
    if (reason.code === 'closed' || reason.code === 'failed') this.#openElsewhere(peer.id);
    // What we have ended is not to come back by a connection that was passed over.
    else for (const other of this.#node?.getConnections(connection.remotePeer) ?? []) closeConnection(other);
  }

  #told(): NetworkHandlers {
    return assertPresent(this.#handlers, 'a network that has peers was started');
  }
}

interface Handshake {
  readonly node: Libp2pNode;
  readonly peer: PeerId;
  readonly connection: Connection;
  readonly address: string;
  readonly signal: AbortSignal;
}

function parseAddress(address: string): Multiaddr {
  let parsed: Multiaddr;
  try {
    parsed = multiaddr(address);
  } catch (error) {
    throw addressInvalid(address, error);
  }
  if (!parsed.getComponents().some((part) => part.name === 'tcp')) throw addressInvalid(address);
  return parsed;
}

/** In order when the other side plays along, by force after a second. */
function closeConnection(connection: Connection): void {
  connection.close({ signal: AbortSignal.timeout(DISCONNECT_TIMEOUT_MS) }).catch((error: unknown) => {
    connection.abort(error instanceof Error ? error : new Error(String(error)));
  });
}
