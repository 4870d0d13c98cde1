/** What happens to a light client, chosen by the bytes of an input: peers that are honest, that lie or garble, its user, its clocks. */
import type { PeerId } from '../../../src/protocol/effects.ts';
import { encodeMessage, type Message, parseMessage } from '../../../src/protocol/message.ts';
import { ChainBook } from '../../../src/simulator/chain-book.ts';
import { encodeRun } from '../../../test/support/header-bytes.ts';
import type { ByteChoices } from '../byte-choices.ts';
import { BLOCKS, CHAINS, ENTRIES, PARAMS, tipOf } from '../machine/known-chains.ts';
import { helloOf, pointAt } from '../machine/played-peer.ts';
import type { WatchedClient } from './watched-client.ts';

/** Of each chain, what a node with it answers. */
export const BOOKS: readonly ChainBook[] = CHAINS.map(({ blocks, points }) => {
  return new ChainBook(
    PARAMS,
    blocks.flatMap((block, i) => {
      const point = points[i];
      return point === undefined ? [] : [{ block, point }];
    }),
  );
});

/** Lets one thing happen. */
export function happen(watched: WatchedClient, choices: ByteChoices): void {
  choices.pick(HAPPENINGS)(watched, choices);
}

type Happening = (watched: WatchedClient, choices: ByteChoices) => void;

const connect: Happening = (watched, choices) => connectTo(watched, choices.pick(PEERS));

/** As an honest peer does it. */
const greet: Happening = (watched, choices) => {
  const peer = choices.pick(PEERS);
  connectTo(watched, peer);
  say(watched, peer, helloOf(tipOf(choices.pick(CHAINS))));
};

const disconnect: Happening = (watched, choices) => {
  const peer = choices.pick(PEERS);
  if (watched.sessions.has(peer)) watched.feed({ type: 'peer-disconnected', peer, reason: 'failed' });
};

/** A part of a valid chain, asked for or not. */
const show: Happening = (watched, choices) => {
  const { blocks } = choices.pick(CHAINS);
  const start = choices.integer(blocks.length - 1);
  const run = blocks.slice(start, start + 1 + choices.integer(5));
  say(watched, choices.pick(PEERS), { type: 'headers', headers: encodeRun(run.map(({ header }) => header)) });
};

/** The peer that was asked answers, by one of the chains, whichever it named before. */
const answer: Happening = (watched, choices) => {
  const heard = watched.heard.splice(choices.integer(Math.max(0, watched.heard.length - 1)), 1)[0];
  if (heard === undefined) return;
  for (const message of choices.pick(BOOKS).answers(heard.message)) say(watched, heard.peer, message);
};

const answerAll: Happening = (watched, choices) => {
  const book = choices.pick(BOOKS);
  for (const { peer, message } of watched.heard.splice(0)) {
    for (const reply of book.answers(message)) say(watched, peer, reply);
  }
};

/** An answer with a few bytes changed: mostly one that still can be read. */
const lie: Happening = (watched, choices) => {
  const heard = watched.heard.splice(choices.integer(Math.max(0, watched.heard.length - 1)), 1)[0];
  if (heard === undefined) return;
  watched.liars.add(heard.peer);
  for (const reply of choices.pick(BOOKS).answers(heard.message)) sayGarbled(watched, choices, heard.peer, reply);
};

/** Something that nobody asked for, true or not. */
const babble: Happening = (watched, choices) => {
  const peer = choices.pick(PEERS);
  watched.liars.add(peer);
  const message = drawMessage(choices);
  if (choices.flag()) say(watched, peer, message);
  else sayGarbled(watched, choices, peer, message);
};

const deny: Happening = (watched, choices) => {
  const heard = watched.heard.shift();
  if (heard === undefined) return;
  const { message, peer } = heard;
  if (message.type === 'get-chain-proof') return say(watched, peer, { type: 'not-found', hashes: [] });
  if (message.type === 'get-header-proof') return say(watched, peer, { type: 'not-found', hashes: [message.tip] });
  if (message.type !== 'get-entry-proof') return;
  say(watched, peer, { type: 'not-found', hashes: [choices.flag() ? message.id : message.tip] });
};

const ask: Happening = (watched, choices) => {
  const height = choices.integer(28);
  const chain = choices.pick(CHAINS);
  switch (choices.integer(3)) {
    case 0:
      return watched.ask({ type: 'header-at', height });
    case 1:
      return watched.ask({ type: 'block', height, hash: choices.flag() ? choices.pick(BLOCKS).hash : undefined });
    case 2:
      return watched.ask({ type: 'entry', id: choices.pick(ENTRIES).id });
    default: {
      const point = pointAt(chain, Math.min(height, chain.blocks.length));
      return watched.ask({ type: 'extends', older: { hash: point.hash, height: point.header.height } });
    }
  }
};

const cancel: Happening = (watched, choices) => watched.cancel(choices.integer(20));

const passTime: Happening = (watched, choices) => {
  const ms = choices.pick([250, 250, 1_000, 3_000, 20_000, 60_000]);
  const { steadyMs, unixMs } = watched.now;
  watched.now = { steadyMs: steadyMs + ms, unixMs: unixMs + ms };
  watched.feed({ type: 'tick' });
};

/** Somebody sets the clock on the wall. */
const setClock: Happening = (watched, choices) => {
  const seconds = choices.pick([-1_000, 0, 60, 100, 150, 200, 400, 31_536_400]);
  watched.now = { ...watched.now, unixMs: (PARAMS.genesisTime + seconds) * 1000 };
};

/** The first is what an input that is over goes on with; what leads further stands more than once. */
const HAPPENINGS: readonly Happening[] = [
  ...[passTime, connect, greet, greet, greet, show, show, answer, answer, answer, answerAll, answerAll],
  ...[lie, lie, babble, babble, deny, ask, ask, ask, cancel, disconnect, setClock],
];

function connectTo(watched: WatchedClient, peer: PeerId): void {
  if (watched.sessions.has(peer)) return;
  watched.feed({ type: 'peer-connected', peer, address: `/ip4/192.0.2.1/tcp/4001/p2p/${peer}` });
}

function say(watched: WatchedClient, peer: PeerId, message: Message): void {
  // Also of one that has gone: what it said last may come later.
  watched.feed({ type: 'message-received', peer, message });
}

function sayGarbled(watched: WatchedClient, choices: ByteChoices, peer: PeerId, message: Message): void {
  const bytes = encodeMessage(message).slice();
  for (let edits = 1 + choices.integer(2); edits > 0; edits--) {
    const at = choices.integer(Math.max(0, bytes.length - 1));
    bytes[at] = choices.flag() ? choices.integer(255) : (bytes[at] ?? 0) ^ 1;
  }
  const read = parseMessage(bytes);
  if (read.ok) say(watched, peer, read.value);
  else watched.feed({ type: 'message-malformed', peer, fault: read.fault });
}

function drawMessage(choices: ByteChoices): Message {
  const book = choices.pick(BOOKS);
  const { hash } = choices.pick(BLOCKS);
  const question = choices.pick<Message>([
    { type: 'get-chain-proof' },
    { type: 'get-headers', locator: [hash] },
    { type: 'get-header-proof', tip: book.tip.hash, heights: [choices.integer(12)] },
    { type: 'get-entry-proof', tip: hash, id: choices.pick(ENTRIES).id },
    { type: 'get-blocks', hashes: [hash] },
  ]);
  const [reply] = book.answers(question);
  return choices.pick<Message>([
    reply ?? question,
    reply ?? question,
    question,
    helloOf(book.tip),
    { ...helloOf(book.tip), tip: { hash, height: choices.integer(99), work: BigInt(choices.integer(9_999)) } },
    { type: 'block', hash, bodyBytes: choices.pick(BLOCKS).body.bytes },
    { type: 'not-found', hashes: [hash] },
    { type: 'block-ids', hash, shape: 'array', ids: [hash] },
    { type: 'goodbye', code: 'leaving', message: '' },
    { type: 'ping', nonce: 1 },
  ]);
}

const PEERS: readonly PeerId[] = ['ada', 'bert', 'carla', 'dora'];
