/** The machine itself, told valid and invalid things in any order. */
import assert from 'node:assert/strict';
import { isBetterTip } from '../../../src/core/fork-choice.ts';
import { ByteChoices } from '../byte-choices.ts';
import { BEST, CHAINS, PARAMS } from '../machine/known-chains.ts';
import { answersTo, helloOf } from '../machine/played-peer.ts';
import { happen } from '../machine/script.ts';
import { WatchedMachine } from '../machine/watched-machine.ts';
import type { FuzzTarget } from '../target.ts';

export const MACHINE: FuzzTarget = {
  name: 'machine',
  claim:
    'whatever peers, disk, clocks and user do, the machine keeps every promise, does the same again when told the same, and follows an honest peer afterwards',
  words: [],
  sizeMax: 600,
  // Each is a story of up to 150 happenings.
  weight: 0.5,
  seeds: () => [
    // Nothing but time; then runs of choices that lead somewhere, by way of the first ones there are.
    Buffer.of(0, 0, 0, 0, 0),
    Buffer.from(Array.from({ length: 200 }, (_, i) => (i * 7) % 256)),
    Buffer.from(Array.from({ length: 300 }, (_, i) => (i * i) % 251)),
  ],
  async check(input) {
    const choices = new ByteChoices(input);
    const watched = new WatchedMachine({
      miningMode: choices.pick(['demand', 'entries', 'always'] as const),
      windowBlocks: choices.pick([4, 64]),
    });
    await watched.start();
    for (let i = 0; i < HAPPENINGS_MAX && !choices.isOver; i++) await happen(watched, choices);
    await followHonest(watched);
    await watched.assertStored();
    watched.assertReplays();
  },
};

/** The clock is right again and the disk has room; a peer that nobody knows comes with the best chain there is. */
async function followHonest(watched: WatchedMachine): Promise<void> {
  watched.now = { ...watched.now, unixMs: Math.max(watched.now.unixMs, (PARAMS.genesisTime + 400) * 1000) };
  await watched.settle();
  const chain = CHAINS.at(-1);
  assert.ok(chain);
  watched.heard.length = 0;
  watched.feed({ type: 'peer-connected', peer: HONEST, address: '/ip4/192.0.2.9/tcp/1', direction: 'inbound' });
  watched.feed({ type: 'message-received', peer: HONEST, message: helloOf(BEST) });
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const { tip } = watched.machine;
    if (tip.hash === BEST.hash || isBetterTip(tip, BEST)) return;
    for (const { peer, message } of watched.heard.splice(0)) {
      if (peer !== HONEST) continue;
      assert.ok(message.type !== 'goodbye', 'who is honest is not put out');
      for (const reply of answersTo(message, chain))
        watched.feed({ type: 'message-received', peer: HONEST, message: reply });
    }
    await watched.settle();
    const { steadyMs, unixMs } = watched.now;
    watched.now = { steadyMs: steadyMs + TICK_MS, unixMs: unixMs + TICK_MS };
    watched.feed({ type: 'tick' });
  }
  assert.fail(
    `the best chain is followed within ${(ROUNDS_MAX * TICK_MS) / 1000} s: still at ${watched.machine.tip.header.height}`,
  );
}

const HONEST = 'honest';
const HAPPENINGS_MAX = 150;
const TICK_MS = 250;
const ROUNDS_MAX = 1_200;
