/**
 * A stranger on the peer door: libp2p as everybody speaks it, and on the stream whatever bytes it likes.
 *
 * Each has a key of its own, for keys cost nothing. It has the lower peer id of the two, so it is the one that opens the
 * stream, and it has none of a node's limits.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { generateKeyPair } from '@libp2p/crypto/keys';
import type { Connection, Libp2p, PrivateKey, Stream } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { createGenesis } from '../../src/core/genesis.ts';
import { genesisPoint } from '../../src/core/validation.ts';
import { protocolId } from '../../src/network/protocol-id.ts';
import { encodeFrame, FrameReader } from '../../src/protocol/frame.ts';
import { PEER_MESSAGE_BYTES_MAX } from '../../src/protocol/limits.ts';
import { encodeMessage, type Message, parseMessage } from '../../src/protocol/message.ts';
import type { Target } from './target.ts';

/** A connection to the node under attack, encrypted, and no stream yet. */
export class RawConnection {
  readonly id: string;
  readonly #node: Libp2p;
  readonly #connection: Connection;

  private constructor(node: Libp2p, connection: Connection) {
    this.#node = node;
    this.#connection = connection;
    this.id = node.peerId.toString();
  }

  /** Connects under a new key. Undefined where the node does not take it, as it need not. */
  static async open({ address }: Target, signal: AbortSignal): Promise<RawConnection | undefined> {
    const node = await createStranger(await lowerKey(address));
    try {
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(DIAL_TIMEOUT_MS)]);
      return new RawConnection(node, await node.dial(multiaddr(address), { signal: deadline }));
    } catch {
      await node.stop();
      return undefined;
    }
  }

  get isOpen(): boolean {
    return this.#connection.status === 'open';
  }

  /** A new stream under `protocol`. Throws where the other side has had enough of them. */
  openStream(protocol: string): Promise<Stream> {
    return this.#connection.newStream(protocol, { signal: AbortSignal.timeout(DIAL_TIMEOUT_MS) });
  }

  async close(): Promise<void> {
    this.#connection.abort(new Error('the stranger leaves'));
    await this.#node.stop();
  }
}

/** One who is a peer: it has the stream on which messages travel. */
export class RawPeer {
  readonly #connection: RawConnection;
  readonly #stream: Stream;
  readonly #target: Target;
  #messages: AsyncIterator<Message> | undefined;
  #isGone = false;

  private constructor(connection: RawConnection, stream: Stream, target: Target) {
    this.#connection = connection;
    this.#stream = stream;
    this.#target = target;
    stream.addEventListener('close', () => {
      this.#isGone = true;
    });
    // Paused until somebody reads: who never does is the slowest reader there is.
    stream.pause();
  }

  /** Undefined where the node does not take it. */
  static async connect(target: Target, signal: AbortSignal): Promise<RawPeer | undefined> {
    const connection = await RawConnection.open(target, signal);
    if (connection === undefined) return undefined;
    try {
      const stream = await connection.openStream(protocolId(createGenesis(target.params).hash));
      return new RawPeer(connection, stream, target);
    } catch {
      await connection.close();
      return undefined;
    }
  }

  /** As `connect`, and says hello; `claimedWork` is how much work its chain has, it says. */
  static async greet(target: Target, signal: AbortSignal, claimedWork = 0n): Promise<RawPeer | undefined> {
    const peer = await RawPeer.connect(target, signal);
    if (peer === undefined) return undefined;
    return (await peer.send(peer.hello(claimedWork))) ? peer : peer.leave();
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** A greeting as a node says it. Of a chain with more work than the genesis it is a lie. */
  hello(claimedWork = 0n): Message & { type: 'hello' } {
    const { hash, header, work } = genesisPoint(this.#target.params);
    const genesis = { hash, height: header.height, work };
    const lie = { hash: 'f'.repeat(64) as typeof hash, height: 1_000_000, work: claimedWork };
    return {
      type: 'hello',
      genesis: hash,
      network: this.#target.params.name,
      agent: 'stranger',
      tip: claimedWork > 0n ? lie : genesis,
      addresses: [],
    };
  }

  /** False once the node has hung up. */
  send(message: Message): Promise<boolean> {
    return this.sendText(encodeMessage(message));
  }

  /** One frame of whatever is given. */
  sendText(message: string | Uint8Array): Promise<boolean> {
    return this.sendBytes(encodeFrame(typeof message === 'string' ? Buffer.from(message) : message));
  }

  /** Bytes as they are, as fast as the node takes them. False once it has hung up. */
  async sendBytes(bytes: Uint8Array): Promise<boolean> {
    for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
      if (!this.#isWritable) return false;
      try {
        const piece = bytes.subarray(start, start + CHUNK_BYTES);
        this.#target.tally.sent(piece.length);
        const hasRoom = this.#stream.send(piece) && this.#stream.writeBufferLength < WAITING_BYTES_MAX;
        if (!hasRoom) await this.#stream.onDrain({ signal: AbortSignal.timeout(DRAIN_TIMEOUT_MS) });
      } catch {
        // Not taken for a long time: who cannot say more has nothing left to do here.
        return false;
      }
    }
    this.#target.tally.message();
    // The event loop has its turn now and then, or nobody would learn that the node has hung up.
    if (this.#target.tally.messages % MESSAGES_PER_TURN === 0) await nextTurn();
    return this.#isWritable;
  }

  get #isWritable(): boolean {
    return !this.#isGone && this.#stream.writeStatus === 'writable';
  }

  /** The next message of the node's; undefined once it has hung up. */
  async hear(): Promise<Message | undefined> {
    this.#messages ??= this.#read();
    const next = await this.#messages.next().catch(() => undefined);
    return next?.done === true ? undefined : next?.value;
  }

  /** The next message of this type, the others dropped. */
  async hearOf<Type extends Message['type']>(type: Type): Promise<(Message & { type: Type }) | undefined> {
    for (;;) {
      const message = await this.hear();
      if (message === undefined) return undefined;
      if (isOf(message, type)) return message;
    }
  }

  /** Reads and drops all that comes from now on. */
  async drop(): Promise<void> {
    while ((await this.hear()) !== undefined);
  }

  async leave(): Promise<undefined> {
    await this.#connection.close();
    return undefined;
  }

  async *#read(): AsyncGenerator<Message, void, undefined> {
    const reader = new FrameReader(PEER_MESSAGE_BYTES_MAX);
    this.#stream.resume();
    for await (const chunk of this.#stream) {
      for (const frame of reader.push(chunk.subarray())) {
        if (!frame.ok) return;
        const message = parseMessage(frame.value);
        if (message.ok) yield message.value;
      }
    }
  }
}

function isOf<Type extends Message['type']>(message: Message, type: Type): message is Message & { type: Type } {
  return message.type === type;
}

async function createStranger(privateKey: PrivateKey): Promise<Libp2p> {
  return createLibp2p({
    privateKey,
    addresses: { listen: [] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ maxInboundStreams: STREAMS_MAX, maxOutboundStreams: STREAMS_MAX })],
    connectionGater: { denyDialMultiaddr: () => false },
    connectionMonitor: { enabled: false },
    connectionManager: { reconnectRetries: 0 },
  });
}

/** A new key whose peer id is below that of the node at `address`. */
async function lowerKey(address: string): Promise<PrivateKey> {
  const target = /\/p2p\/([^/]+)$/.exec(address)?.[1] ?? '';
  for (;;) {
    const key = await generateKeyPair('Ed25519');
    if (peerIdFromPrivateKey(key).toString() < target) return key;
  }
}

const CHUNK_BYTES = 64 * 1024;
/** Handed to libp2p and not yet sent. */
const WAITING_BYTES_MAX = 1024 * 1024;
const MESSAGES_PER_TURN = 16;
const STREAMS_MAX = 10_000;
const DIAL_TIMEOUT_MS = 10_000;
const DRAIN_TIMEOUT_MS = 5_000;
