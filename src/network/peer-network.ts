/**
 * The peer door: whole messages to and from other nodes, carried and never opened.
 *
 * Two implementations keep this contract, `libp2p-network.ts` between processes and `memory-network.ts` within one, and
 * `peer-network.contract.ts` holds both to it. Whom to dial, when to try again and whom to shut out is decided above.
 */
import type { FrameFault } from '../protocol/frame.ts';

/** A peer's public key as libp2p writes it, e.g. `12D3Koo…`. Opaque here, and proved by whoever connects under it. */
export type PeerId = string;

/** A pair of nodes has one connection at most, however many times and from whichever side it was dialled. */
export interface ConnectedPeer {
  readonly id: PeerId;
  /** Where the other side was reached, or where it came from: of an inbound peer this is no address to dial. */
  readonly address: string;
  readonly direction: 'inbound' | 'outbound';
}

/**
 * What the network tells its owner. Nothing is told from within a call of `send` or `disconnect`, so that an owner may
 * use them while it handles something.
 */
export interface NetworkHandlers {
  peerConnected(peer: ConnectedPeer): void;
  /**
   * One whole message. The next one of the same peer comes when the returned promise, if any, has settled; meanwhile
   * the other side is held back and memory does not grow. A rejected promise is a mistake of ours and left to the top.
   */
  messageReceived(peer: PeerId, message: Uint8Array): void | Promise<void>;
  /** Exactly once for each `peerConnected`; no message of the peer comes after it. */
  peerDisconnected(peer: PeerId, reason: DisconnectReason): void;
  /** An address, with `/p2p/<id>`, that a node of this network announced on the local network. May repeat. */
  addressDiscovered(address: string): void;
}

export type DisconnectReason =
  /** The other side ended the connection in order. */
  | { readonly code: 'closed' }
  /** We did, with `disconnect`. */
  | { readonly code: 'disconnected'; readonly note: string }
  | { readonly code: 'network-stopped' }
  /** What came is not a frame, or one over the limit. */
  | { readonly code: 'frame-fault'; readonly fault: FrameFault }
  /** The other side reads more slowly than we send, by this much; or all do together, and this one owes most. */
  | { readonly code: 'send-queue-full'; readonly limitBytes: number }
  /** The connection broke, or the other side broke it off. */
  | { readonly code: 'failed'; readonly message: string };

export interface PeerNetwork {
  readonly localPeer: PeerId;

  /** Listens and calls `handlers` from then on. Once in the life of a network. */
  start(handlers: NetworkHandlers): Promise<void>;

  /** Where this node can be dialled, each with `/p2p/<id>`; real ports where 0 was asked for. Empty unless started. */
  addresses(): readonly string[];

  /**
   * Connects to the node at `address` and answers who it is, once messages can be sent: `peerConnected` was called, or
   * the pair was connected already. Throws a `NetworkError`. An address without `/p2p/<id>` accepts whoever is there.
   */
  dial(address: string): Promise<PeerId>;

  /**
   * Queues one message, in order, at most `messageBytesMax` long; it must not be changed afterwards. For a peer that
   * is not connected it is dropped: its `peerDisconnected` was called or is about to be. Where too much waits, for this
   * peer or for all together, a peer that does not read is hung up on.
   */
  send(peer: PeerId, message: Uint8Array): void;

  /** How many bytes wait to be sent to `peer`. */
  queuedBytes(peer: PeerId): number;

  /**
   * Ends the connection once what was queued before has been sent and taken, or after `DISCONNECT_TIMEOUT_MS`. Nothing
   * more is sent to the peer or delivered from it. `note` is for our own log.
   */
  disconnect(peer: PeerId, note: string): void;

  /** Disconnects everybody as `disconnect` does, stops listening, and leaves nothing running. */
  stop(): Promise<void>;
}

export type NetworkErrorCode =
  | 'address-invalid'
  | 'dial-failed'
  | 'dial-timeout'
  | 'dialled-self'
  | 'network-other'
  | 'listen-failed';

/** The network could not do what it was asked to. The message is for people: what, where, and what may help. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
  readonly code: NetworkErrorCode;

  constructor(code: NetworkErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** What may wait for one peer: several of the largest messages. */
export const SEND_QUEUE_BYTES_MAX = 16 * 1024 * 1024;

/** What may wait for all peers together: beyond it, the one for whom most waits is hung up on. */
export const SEND_QUEUES_BYTES_MAX = 128 * 1024 * 1024;

/** From the first packet until messages can be sent: the time a handshake may take, either way. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;

/** How long a last message may take to arrive before the connection is cut. */
export const DISCONNECT_TIMEOUT_MS = 1_000;
