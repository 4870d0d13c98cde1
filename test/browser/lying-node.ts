/** A node that lies to light clients: it says that it has more work than anybody, and shows a proof that does not hold. */
import { generateKeyPair } from '@libp2p/crypto/keys';
import { assert, assertPresent } from '../../src/core/assert.ts';
import { hashBytes } from '../../src/core/hash.ts';
import type { NetworkParams } from '../../src/core/params.ts';
import { createGenesis } from '../../src/core/validation.ts';
import { createLibp2pNetwork } from '../../src/network/libp2p-network.ts';
import { PEER_MESSAGE_BYTES_MAX, PEERS_MAX } from '../../src/protocol/limits.ts';
import { encodeMessage, type Message, parseMessage } from '../../src/protocol/message.ts';
import type { Lifetime } from '../support/cairn-process.ts';

export interface LyingNodeOptions {
  readonly params: NetworkParams;
  /** The tip of the honest chain. */
  readonly tip: { readonly height: number; readonly work: bigint };
  /** A proof of the honest chain: the lie is this one with a byte changed. */
  readonly proof: Uint8Array;
}

/** Starts it, and answers the port on loopback at which it takes WebSockets. */
export async function startLyingNode(lifetime: Lifetime, { params, tip, proof }: LyingNodeOptions): Promise<number> {
  const genesis = createGenesis(params).hash;
  const lie = Uint8Array.from(proof);
  const last = lie.length - 1;
  lie[last] = (lie[last] ?? 0) ^ 1;
  const network = createLibp2pNetwork({
    privateKey: await generateKeyPair('Ed25519'),
    genesisHash: genesis,
    networkName: params.name,
    listen: ['/ip4/127.0.0.1/tcp/0/ws'],
    mdns: false,
    messageBytesMax: PEER_MESSAGE_BYTES_MAX,
    peersMax: PEERS_MAX,
  });
  await network.start({
    peerConnected: () => undefined,
    peerDisconnected: () => undefined,
    addressDiscovered: () => undefined,
    messageReceived(peer, bytes) {
      const message = parseMessage(bytes);
      assert(message.ok, 'a light client sends well-formed messages');
      const answer = answerTo(message.value);
      if (answer !== undefined) network.send(peer, encodeMessage(answer));
    },
  });
  lifetime.after(() => network.stop());

  function answerTo(message: Message): Message | undefined {
    if (message.type === 'hello') {
      // Another tip than the honest one, or it would be taken for the same chain and no proof be asked for.
      const claimed = { hash: hashBytes(lie), height: tip.height + 1, work: 2n * tip.work };
      return { type: 'hello', genesis, network: params.name, agent: 'liar/1', tip: claimed, addresses: [] };
    }
    if (message.type === 'get-chain-proof') return { type: 'chain-proof', proof: lie };
    if (message.type === 'ping') return { type: 'pong', nonce: message.nonce };
    return undefined;
  }

  const port = /\/tcp\/(\d+)\/ws/.exec(network.addresses()[0] ?? '')?.[1];
  return Number(assertPresent(port, 'it listens for WebSockets'));
}
