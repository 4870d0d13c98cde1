/** The light client, told true and false things in any order. */
import assert from 'node:assert/strict';
import { isBetterTip } from '../../../src/core/fork-choice.ts';
import { ByteChoices } from '../byte-choices.ts';
import { BOOKS, happen } from '../light/script.ts';
import { WatchedClient } from '../light/watched-client.ts';
import { BEST, PARAMS } from '../machine/known-chains.ts';
import { helloOf } from '../machine/played-peer.ts';
import type { FuzzTarget } from '../target.ts';

export const LIGHT_CLIENT: FuzzTarget = {
  name: 'light-client',
  claim:
    'whatever peers, clocks and user do, a light client believes only what was mined, convicts liars alone, and follows an honest peer afterwards',
  words: [],
  sizeMax: 600,
  // Each is a story of up to 150 happenings.
  weight: 0.5,
  seeds: () => [
    Buffer.of(0, 0, 0, 0, 0),
    Buffer.from(Array.from({ length: 200 }, (_, i) => (i * 7) % 256)),
    Buffer.from(Array.from({ length: 300 }, (_, i) => (i * i) % 251)),
  ],
  check(input) {
    const choices = new ByteChoices(input);
    const watched = new WatchedClient(choices.pick([4, 64]));
    for (let i = 0; i < HAPPENINGS_MAX && !choices.isOver; i++) happen(watched, choices);
    followHonest(watched);
    watched.assertReplays();
  },
};

/** The clock is right again, and a peer that nobody knows comes with the best chain there is. */
function followHonest(watched: WatchedClient): void {
  watched.now = { ...watched.now, unixMs: (PARAMS.genesisTime + 10_000) * 1000 };
  const book = BOOKS.at(-1);
  assert.ok(book);
  watched.heard.length = 0;
  watched.feed({ type: 'peer-connected', peer: HONEST, address: '/ip4/192.0.2.9/tcp/1' });
  watched.feed({ type: 'message-received', peer: HONEST, message: helloOf(BEST) });
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const { tip } = watched.client;
    if (tip !== undefined && (tip.hash === BEST.hash || isBetterTip(tip, BEST))) return;
    for (const { peer, message } of watched.heard.splice(0)) {
      if (peer !== HONEST) continue;
      assert.ok(message.type !== 'goodbye', 'who is honest is not put out');
      for (const reply of book.answers(message)) {
        watched.feed({ type: 'message-received', peer: HONEST, message: reply });
      }
    }
    const { steadyMs, unixMs } = watched.now;
    watched.now = { steadyMs: steadyMs + TICK_MS, unixMs: unixMs + TICK_MS };
    watched.feed({ type: 'tick' });
  }
  assert.fail(`the best chain is followed within ${(ROUNDS_MAX * TICK_MS) / 1000} s`);
}

const HONEST = 'honest';
const HAPPENINGS_MAX = 150;
const TICK_MS = 250;
const ROUNDS_MAX = 400;
