/** Hostile peers that send what is no message, too much of one, or nothing. */

import { createGenesis } from '../../src/core/genesis.ts';
import type { Hash } from '../../src/core/hash.ts';
import { createParams } from '../../src/core/params.ts';
import { encodeFrameHeader } from '../../src/protocol/frame.ts';
import {
  ADDRESSES_PER_MESSAGE_MAX,
  IDS_PER_MESSAGE_MAX,
  LOCATOR_HASHES_MAX,
  PEER_MESSAGE_BYTES_MAX,
} from '../../src/protocol/limits.ts';
import { encodeMessage } from '../../src/protocol/message.ts';
import type { Random } from '../../src/simulator/random.ts';
import { type Character, noise, pause, randomHash, visitAsPeer } from './character.ts';
import type { RawPeer } from './raw-peer.ts';

/** Bytes that are no frames, frames that are no messages, messages that are not whole. */
const garbage: Character = {
  name: 'garbage',
  visit: visitAsPeer(async (peer, { random }) => {
    void peer.drop();
    await random.pick(GARBAGE)(peer, random);
  }),
};

/** Says nothing at all once it is connected. */
const mute: Character = {
  name: 'mute',
  visit: visitAsPeer(async (peer, { signal }) => waitForEnd(peer, signal), { isGreeting: false }),
};

/** Claims the best chain there is, hears every question, and answers none. */
const silent: Character = {
  name: 'silent',
  visit: visitAsPeer(async (peer) => peer.drop(), { claimedWork: 2n ** 200n }),
};

/** Asks for all there is again and again, and reads nothing of it. */
const slowReader: Character = {
  name: 'slow-reader',
  visit: visitAsPeer(async (peer) => {
    const { genesis } = peer.hello();
    const question = encodeMessage({ type: 'get-headers', locator: [genesis] });
    while (await peer.sendText(question));
  }),
};

/** Announces a large message, and sends it byte by byte. */
const slowWriter: Character = {
  name: 'slow-writer',
  visit: visitAsPeer(async (peer, { signal }) => {
    void peer.drop();
    await peer.sendBytes(encodeFrameHeader(PEER_MESSAGE_BYTES_MAX));
    while ((await peer.sendBytes(Uint8Array.of(0x20))) && !signal.aborted) await pause(100, signal);
  }),
};

/** Tells of a thousand entries that do not exist, then of a thousand others (as CVE-2018-17145). */
const inventoryFlood: Character = {
  name: 'inventory-flood',
  visit: visitAsPeer(async (peer, { random }) => {
    void peer.drop();
    const tail = randomHash(random).slice(8);
    for (let batch = 0; ; batch++) {
      const ids = Array.from({ length: IDS_PER_MESSAGE_MAX }, (_, i) =>
        numbered(batch * IDS_PER_MESSAGE_MAX + i, tail),
      );
      if (!(await peer.send({ type: 'inventory', ids }))) return;
    }
  }),
};

/** Tells of addresses that lead nowhere, unasked. */
const addressFlood: Character = {
  name: 'address-flood',
  visit: visitAsPeer(
    async (peer, { random }) => {
      void peer.drop();
      const addresses = () => Array.from({ length: ADDRESSES_PER_MESSAGE_MAX }, () => addressOfNobody(random));
      if (!(await peer.send({ ...peer.hello(), addresses: addresses() }))) return;
      while (await peer.send({ type: 'peers', addresses: addresses() }));
    },
    { isGreeting: false },
  ),
};

/** Asks what costs the most to answer, as fast as it reads the answers. */
const questioner: Character = {
  name: 'questioner',
  visit: visitAsPeer(async (peer, { random }) => {
    void peer.drop();
    const { genesis } = peer.hello();
    const strange = Array.from({ length: LOCATOR_HASHES_MAX - 1 }, () => randomHash(random) as Hash);
    const questions = [
      encodeMessage({ type: 'get-headers', locator: [...strange, genesis] }),
      encodeMessage({ type: 'get-blocks', hashes: strange }),
      encodeMessage({ type: 'get-entries', ids: strange }),
      encodeMessage({ type: 'get-block-ids', hash: strange[0] ?? genesis }),
      encodeMessage({ type: 'get-chain-proof' }),
      encodeMessage({
        type: 'get-header-proof',
        tip: strange[0] ?? genesis,
        heights: Array.from(strange.keys()).slice(0, 64),
      }),
      encodeMessage({ type: 'get-entry-proof', tip: genesis, id: strange[1] ?? genesis }),
      encodeMessage({ type: 'get-peers' }),
      encodeMessage({ type: 'ping', nonce: 1 }),
    ];
    while (await peer.sendText(random.pick(questions)));
  }),
};

/** Belongs to another network, and says so only in its greeting. */
const otherNetwork: Character = {
  name: 'other-network',
  visit: visitAsPeer(
    async (peer) => {
      const params = createParams({ name: 'elsewhere' });
      await peer.send({ ...peer.hello(), genesis: createGenesis(params).hash, network: params.name });
      await peer.drop();
    },
    { isGreeting: false },
  ),
};

export const TALKERS: readonly Character[] = [
  garbage,
  mute,
  silent,
  slowReader,
  slowWriter,
  inventoryFlood,
  addressFlood,
  questioner,
  otherNetwork,
];

type Say = (peer: RawPeer, random: Random) => Promise<unknown>;

const GARBAGE: readonly Say[] = [
  (peer, random) => peer.sendBytes(noise(random, 100_000)),
  (peer) => peer.sendBytes(encodeFrameHeader(9_999_999_999)),
  (peer) => peer.sendBytes(encodeFrameHeader(PEER_MESSAGE_BYTES_MAX + 1)),
  (peer) => peer.sendBytes(Buffer.from('-13       Valid message')),
  (peer) => peer.sendBytes(Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')),
  (peer, random) => peer.sendText(noise(random, PEER_MESSAGE_BYTES_MAX)),
  (peer) => peer.sendText('['.repeat(100_000)),
  (peer) => peer.sendText(`{"type":"ping","nonce":1${'0'.repeat(1_000_000)}}`),
  (peer) => peer.sendText(`{"type":"inventory","ids":[${'"",'.repeat(500_000)}""]}`),
  (peer) => peer.sendText(`{${Array.from({ length: 100_000 }, (_, i) => `"k${i}":0,`).join('')}"type":"ping"}`),
  (peer) => peer.sendText('{"type":"__proto__"}'),
  (peer) => peer.sendText(`{"type":"${'\\u0000'.repeat(300_000)}"}`),
  (peer) => peer.sendText(`{"headers":"${'0'.repeat(236_001)}","type":"headers"}`),
  (peer) => peer.sendText(`{"entries":[${'['.repeat(900_000)}],"type":"entries"}`),
  (peer) => peer.sendText(`{"entries":[${'1,'.repeat(400_000)}1],"type":"entries"}`),
  (peer) => peer.sendText(''),
  async (peer) => {
    await peer.send(peer.hello());
    await peer.send(peer.hello());
  },
  async (peer, random) => {
    await peer.sendBytes(encodeFrameHeader(1_000_000));
    await peer.sendBytes(noise(random, 10_000));
  },
];

async function waitForEnd(peer: RawPeer, signal: AbortSignal): Promise<void> {
  while (!peer.isGone && !signal.aborted) await pause(100, signal);
}

/** A hash that is told from others by its number. */
function numbered(count: number, tail: string): Hash {
  return ((count >>> 0).toString(16).padStart(8, '0') + tail) as Hash;
}

/** Of the block that is kept for documentation: nobody is there. */
function addressOfNobody(random: Random): string {
  return `/ip4/192.0.2.${random.integer(1, 254)}/tcp/${random.integer(1, 65_535)}`;
}
