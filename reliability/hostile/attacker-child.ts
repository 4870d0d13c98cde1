/**
 * Hostile peers in a process of their own: `attacker-child.ts SETTINGS`. So many seats, each of which plays one character after
 * the other; says what it has done when asked, and ends when the channel closes.
 */
import { assert, assertPresent } from '../../src/core/assert.ts';
import { parseParams } from '../../src/core/params.ts';
import { Random } from '../../src/simulator/random.ts';
import type { AttackerSettings } from './attackers.ts';
import { haunt } from './character.ts';
import { CHARACTERS } from './characters.ts';
import { Tally, type Target } from './target.ts';

const settings: AttackerSettings = JSON.parse(assertPresent(process.argv[2], 'settings are given'));
const params = parseParams(settings.params);
assert(params.ok, 'the parameters are well formed');
const target: Target = { address: settings.address, params: params.value, tally: new Tally() };
const random = new Random(settings.seed);
const cast = CHARACTERS.filter(({ name }) => settings.characters.length === 0 || settings.characters.includes(name));

process.once('disconnect', () => process.exit());
process.on('message', () => process.send?.(target.tally));
// What libp2p rejects when the node hangs up in the middle of something is not ours to hear.
process.on('unhandledRejection', () => undefined);
await Promise.all(Array.from({ length: settings.seats }, (_, seat) => playAll(seat)));

/** Plays every character for a while, beginning with another one in each seat. */
async function playAll(seat: number): Promise<never> {
  for (let turn = 0; ; turn++) {
    const place = (Math.floor((seat * cast.length) / settings.seats) + turn) % cast.length;
    const character = assertPresent(cast[place], 'the place is modulo their number');
    const signal = AbortSignal.timeout(settings.turnMs);
    await haunt(character, { target, random: random.stream(`${seat} ${turn}`), signal });
  }
}
