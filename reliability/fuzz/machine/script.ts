/** What happens to a machine, chosen by the bytes of an input: peers that are honest, that lie or garble, its user, its disk, its clocks. */

import { bodyFromEntries, entryBytes, entryIds } from '../../../src/core/body.ts';
import { createGenesis } from '../../../src/core/genesis.ts';
import { type Hash, hashBytes } from '../../../src/core/hash.ts';
import type { PeerId } from '../../../src/protocol/effects.ts';
import { encodeMessage, joinEntries, type Message, parseMessage } from '../../../src/protocol/message.ts';
import { findNonce } from '../../../src/simulator/simulated-miner.ts';
import type { BuiltChain } from '../../../test/support/chain-fixture.ts';
import { encodeRun } from '../../../test/support/header-bytes.ts';
import type { ByteChoices } from '../byte-choices.ts';
import { BLOCKS, CHAINS, ENTRIES, GENESIS, PARAMS, tipOf } from './known-chains.ts';
import { answersTo, helloOf, pointAt } from './played-peer.ts';
import type { WatchedMachine } from './watched-machine.ts';

/** Lets one thing happen. */
export async function happen(watched: WatchedMachine, choices: ByteChoices): Promise<void> {
  await choices.pick(HAPPENINGS)(watched, choices);
}

type Happening = (watched: WatchedMachine, choices: ByteChoices) => void | Promise<void>;

const connect: Happening = (watched, choices) => {
  const peer = choices.pick(PEERS);
  if (watched.sessions.has(peer)) return;
  const direction = choices.flag() ? 'outbound' : 'inbound';
  watched.feed({ type: 'peer-connected', peer, address: addressOf(peer), direction });
};

/** As an honest peer does it, up to its claim. */
const greet: Happening = (watched, choices) => {
  connect(watched, choices);
  say(watched, choices.pick(PEERS), helloOf(tipOf(choices.pick(CHAINS))));
};

const disconnect: Happening = (watched, choices) => {
  const peer = choices.pick(PEERS);
  if (watched.sessions.has(peer)) watched.feed({ type: 'peer-disconnected', peer, reason: 'failed' });
};

const speak: Happening = (watched, choices) => say(watched, choices.pick(PEERS), drawMessage(choices));

/** A message with a few bytes changed: mostly one that still can be read. */
const garble: Happening = (watched, choices) => sayGarbled(watched, choices, choices.pick(PEERS), drawMessage(choices));

function sayGarbled(watched: WatchedMachine, choices: ByteChoices, peer: PeerId, message: Message): void {
  const bytes = encodeMessage(message).slice();
  for (let edits = 1 + choices.integer(2); edits > 0; edits--) {
    const at = choices.integer(Math.max(0, bytes.length - 1));
    bytes[at] = choices.flag() ? choices.integer(255) : (bytes[at] ?? 0) ^ 1;
  }
  const read = parseMessage(bytes);
  if (read.ok) say(watched, peer, read.value);
  else watched.feed({ type: 'message-malformed', peer, fault: read.fault });
}

/** The peer that was asked answers with what is not true: the body of another block, or with a few bytes changed. */
const lie: Happening = (watched, choices) => {
  const heard = watched.heard.splice(choices.integer(Math.max(0, watched.heard.length - 1)), 1)[0];
  if (heard === undefined) return;
  for (const reply of answersTo(heard.message, choices.pick(CHAINS))) {
    if (reply.type !== 'block') sayGarbled(watched, choices, heard.peer, reply);
    else say(watched, heard.peer, { ...reply, bodyBytes: choices.pick(BLOCKS).body.bytes });
  }
};

/** Somebody answers one of the questions that peers were asked: the one who was asked, or another. */
const answer: Happening = (watched, choices) => {
  const heard = watched.heard.splice(choices.integer(Math.max(0, watched.heard.length - 1)), 1)[0];
  if (heard === undefined) return;
  const peer = choices.integer(7) === 0 ? choices.pick(PEERS) : heard.peer;
  for (const message of answersTo(heard.message, choices.pick(CHAINS))) say(watched, peer, message);
};

/** All of them. */
const answerAll: Happening = (watched, choices) => {
  const chain = choices.pick(CHAINS);
  for (const { peer, message } of watched.heard.splice(0)) {
    for (const reply of answersTo(message, chain)) say(watched, peer, reply);
  }
};

const passTime: Happening = (watched, choices) => {
  const ms = choices.pick([250, 250, 1_000, 5_000, 30_000, 120_000]);
  const { steadyMs, unixMs } = watched.now;
  watched.now = { steadyMs: steadyMs + ms, unixMs: unixMs + ms };
  watched.feed({ type: 'tick' });
};

/** Somebody sets the clock on the wall. */
const setClock: Happening = (watched, choices) => {
  const seconds = choices.pick([100, 150, 200, 300, 400, 500, 31_536_400]);
  watched.now = { ...watched.now, unixMs: (PARAMS.genesisTime + seconds) * 1000 };
};

const carryOut: Happening = (watched) => watched.carryOut();
const settle: Happening = (watched) => watched.settle();
const fillDisk: Happening = (watched) => watched.carryOut('full');

const crash: Happening = async (watched, choices) => {
  if (choices.flag()) await carryOutUnheard(watched);
  await watched.start();
};

async function carryOutUnheard(watched: WatchedMachine): Promise<void> {
  if (watched.due[0]?.type === 'commit') await watched.carryOut('unheard');
}

const submit: Happening = (watched, choices) => {
  const entries = Array.from({ length: 1 + choices.integer(3) }, () => choices.pick(ENTRIES));
  watched.ask((request) => ({ type: 'entries-submitted', request, entries }));
};

const mine: Happening = (watched, choices) => {
  const body = bodyFromEntries([choices.pick(ENTRIES).bytes]);
  watched.ask((request) => ({ type: 'mine-requested', request, body }));
};

const cancel: Happening = (watched, choices) =>
  watched.feed({ type: 'request-cancelled', request: choices.integer(20) });

const findNonceOf: Happening = (watched, choices) => {
  const { search } = watched;
  if (search === undefined) return;
  const job = choices.integer(7) === 0 ? choices.integer(20) : search.job;
  // A miner that was told of another job meanwhile is late: its nonce belongs to that job.
  if (job === search.job)
    watched.feed({ type: 'nonce-found', job, nonce: findNonce(search.header, choices.integer(50)) });
  else watched.feed({ type: 'nonces-exhausted', job });
};

const offer: Happening = async (watched, choices) => {
  const chain = choices.pick(CHAINS);
  const height = choices.integer(chain.blocks.length - 1);
  const from = await watched.store.pointOf(pointAt(chain, height).hash);
  if (from === undefined) return;
  const blocks = chain.blocks.slice(height, height + 1 + choices.integer(chain.blocks.length));
  watched.ask((request) => ({ type: 'blocks-offered', request, from, blocks }));
};

const damage: Happening = (watched, choices) => {
  const point = watched.machine.activeAt(choices.integer(watched.machine.tip.header.height));
  if (point !== undefined && point.header.height > 0) watched.feed({ type: 'block-damaged', point });
};

const learnAddress: Happening = (watched, choices) => {
  const address = addressOf(choices.pick(PEERS));
  watched.feed({
    type: 'address-known',
    address,
    source: choices.pick(['configured', 'running', 'mdns', 'peer'] as const),
  });
};

const endDial: Happening = (watched, choices) => {
  const address = watched.dials.shift();
  if (address === undefined) return;
  if (choices.flag()) watched.feed({ type: 'dial-failed', address, isFinal: choices.flag() });
  else watched.feed({ type: 'dial-succeeded', address, peer: choices.pick(PEERS) });
};

/** The first is what an input that is over goes on with; what leads further stands more than once. */
const HAPPENINGS: readonly Happening[] = [
  ...[
    passTime,
    connect,
    greet,
    greet,
    speak,
    speak,
    speak,
    garble,
    garble,
    answer,
    answer,
    answer,
    lie,
    answerAll,
    answerAll,
  ],
  ...[carryOut, carryOut, settle, settle, fillDisk, crash, disconnect, setClock, submit, submit, mine, cancel],
  ...[findNonceOf, findNonceOf, offer, damage, learnAddress, endDial],
];

function say(watched: WatchedMachine, peer: PeerId, message: Message): void {
  // Also of one that has gone: what it said last may come later.
  watched.feed({ type: 'message-received', peer, message });
}

function drawMessage(choices: ByteChoices): Message {
  const chain = choices.pick(CHAINS);
  const hash = drawHash(choices, chain);
  switch (choices.integer(19)) {
    case 0:
      return helloOf(tipOf(chain));
    case 1:
    case 2:
    case 3: {
      const start = choices.integer(chain.blocks.length);
      const run = chain.blocks.slice(start, start + choices.integer(chain.blocks.length));
      return { type: 'headers', headers: encodeRun(run.map(({ header }) => header)) };
    }
    case 4:
    case 5: {
      const block = choices.pick(BLOCKS);
      const body = choices.integer(3) === 0 ? choices.pick(BLOCKS).body : block.body;
      return { type: 'block', hash: block.hash, bodyBytes: body.bytes };
    }
    case 6: {
      const { body } = choices.pick(BLOCKS);
      return { type: 'block-ids', hash, shape: choices.flag() ? 'single' : 'array', ids: entryIds(body) };
    }
    case 7: {
      const { body } = choices.pick(BLOCKS);
      const entries = entryIds(body).map((_, i) => entryBytes(body, i));
      return { type: 'block-entries', hash, arrayBytes: joinEntries(entries) };
    }
    case 8:
      return { type: 'get-headers', locator: [hash, drawHash(choices, chain)] };
    case 9:
      return { type: 'get-blocks', hashes: [hash, drawHash(choices, chain)] };
    case 10:
      return choices.flag() ? { type: 'get-block-ids', hash } : { type: 'get-block-entries', hash, indexes: [0, 2] };
    case 11:
      return { type: 'not-found', hashes: [hash] };
    case 12:
      return { type: 'inventory', ids: drawEntries(choices).map(({ id }) => id) };
    case 13:
      return { type: 'get-entries', ids: drawEntries(choices).map(({ id }) => id) };
    case 14:
      return { type: 'entries', arrayBytes: joinEntries(drawEntries(choices).map(({ bytes }) => bytes)) };
    case 15:
      return { type: 'peers', addresses: [addressOf(choices.pick(PEERS)), addressOf(String(choices.integer(999)))] };
    case 16:
      return choices.flag() ? { type: 'ping', nonce: 1 } : { type: 'pong', nonce: choices.integer(3) };
    case 17: {
      const tip = drawHash(choices, chain);
      if (choices.flag()) return { type: 'get-chain-proof' };
      return choices.flag()
        ? { type: 'get-header-proof', tip, heights: [0, 2] }
        : { type: 'get-entry-proof', tip, id: hash };
    }
    case 18: {
      if (choices.flag()) return { ...helloOf(tipOf(chain)), light: true };
      return choices.flag()
        ? { type: 'chain-proof', proof: choices.bytes(3) }
        : { type: 'header-proof', proof: { tip: hash, headers: [], proof: [] } };
    }
    default:
      return choices.flag() ? { type: 'get-peers' } : { type: 'goodbye', code: 'leaving', message: '' };
  }
}

/** Mostly that of a block of the chain. */
function drawHash(choices: ByteChoices, chain: BuiltChain): Hash {
  if (choices.integer(7) === 0)
    return choices.pick([createGenesis(PARAMS).hash, hashBytes(choices.bytes(1)), GENESIS.hash]);
  return pointAt(chain, choices.integer(chain.blocks.length)).hash;
}

function drawEntries(choices: ByteChoices): (typeof ENTRIES)[number][] {
  return Array.from({ length: choices.integer(6) }, () => choices.pick(ENTRIES));
}

function addressOf(peer: PeerId): string {
  return `/ip4/192.0.2.1/tcp/4001/p2p/${peer}`;
}

const PEERS: readonly PeerId[] = ['ada', 'bert', 'carla', 'dora'];
