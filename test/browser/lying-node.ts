/**
 * A node that lies to light clients: it says that it has a block more than anybody, which nobody has worked for, and shows
 * that header to those who have the chain before it, or a proof that does not hold to those who have none.
 */
import { generateKeyPair } from '@libp2p/crypto/keys';
import { assert, assertPresent } from '../../src/core/assert.ts';
import { verifyChainProof } from '../../src/core/chain-proof.ts';
import { createGenesis } from '../../src/core/genesis.ts';
import { hashToNumber } from '../../src/core/hash.ts';
import type { NetworkParams } from '../../src/core/params.ts';
import { bitsToTarget } from '../../src/core/target.ts';
import { type ChainPoint, createCandidateHeader, type HashedHeader, hashedHeader } from '../../src/core/validation.ts';
import { createLibp2pNetwork } from '../../src/network/libp2p-network.ts';
import { PEER_MESSAGE_BYTES_MAX, PEERS_MAX } from '../../src/protocol/limits.ts';
import { encodeMessage, type Message, parseMessage } from '../../src/protocol/message.ts';
import { atEnd, type Lifetime } from '../support/lifetime.ts';

export interface LyingNodeOptions {
  readonly params: NetworkParams;
  /** A proof of the honest chain. */
  readonly proof: Uint8Array;
}

/** Starts it, and answers the port on loopback at which it takes WebSockets. */
export async function startLyingNode(lifetime: Lifetime, { params, proof }: LyingNodeOptions): Promise<number> {
  const genesis = createGenesis(params).hash;
  const honest = verifyChainProof(proof, params);
  assert(honest.ok, 'the honest chain is proven');
  const { tip } = honest.value;
  const invented = inventHeader(tip, params);
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
  atEnd(lifetime, () => network.stop());

  function answerTo(message: Message): Message | undefined {
    if (message.type === 'hello') {
      const { hash, header } = invented;
      const claimed = { hash, height: header.height, work: 2n * tip.work };
      return { type: 'hello', genesis, network: params.name, agent: 'liar/1', tip: claimed, addresses: [] };
    }
    if (message.type === 'get-chain-proof') return { type: 'chain-proof', proof: lie };
    if (message.type === 'get-headers') return { type: 'headers', headers: invented.bytes };
    if (message.type === 'ping') return { type: 'pong', nonce: message.nonce };
    return undefined;
  }

  const port = /\/tcp\/(\d+)\/ws/.exec(network.addresses()[0] ?? '')?.[1];
  return Number(assertPresent(port, 'it listens for WebSockets'));
}

/** A header that follows every rule after `parent` but that its hash does not meet its target. */
function inventHeader(parent: ChainPoint, params: NetworkParams): HashedHeader {
  const { timestamp } = parent.header;
  const candidate = createCandidateHeader({ parent, dataRoot: parent.hash, clockSeconds: timestamp, params });
  const target = assertPresent(bitsToTarget(candidate.bits), 'required bits are a target');
  for (let nonce = 0; ; nonce++) {
    const hashed = hashedHeader({ ...candidate, nonce });
    if (hashToNumber(hashed.hash) > target) return hashed;
  }
}
