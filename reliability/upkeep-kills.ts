/**
 * kill -9 at any moment of what is done to stores now and then: a migration, `cairn compact`, `reindex`, `backup` and
 * `import`. Done again, each comes to its end, and nothing that the store held is lost.
 */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { encodeParams } from '../src/core/params.ts';
import { Random } from '../src/simulator/random.ts';
import type { World } from '../test/support/cairn-process.ts';
import { TEST_PARAMS } from '../test/support/chain-fixture.ts';
import { describeFailure } from './failure.ts';
import { withLifetime } from './lifetime.ts';
import { makeCalmWorld } from './node-process.ts';
import { amount, commandFor, type Outcome, type Part } from './part.ts';
import { makeStores, readState, type StoreSizes, type Stores } from './upkeep-kills/stores.ts';
import { UPKEEP, type Upkeep, type Work } from './upkeep-kills/upkeep.ts';

export const upkeepKills: Part = {
  name: 'upkeep-kills',
  about: 'kill -9 in a migration, compact, reindex, backup and import: done again, they succeed, and nothing is lost',
  run: (effort, tell) =>
    killUpkeep({
      kills: amount(effort, { pullRequest: 25, nightly: 500 }),
      sizes: { changes: 200, entryCharacters: 60_000, pending: 20_000 },
      seed: effort.seed,
      again: commandFor('upkeep-kills', effort),
      tell,
    }),
};

export interface UpkeepOptions {
  /** Of all kinds of upkeep together, in turn. */
  readonly kills: number;
  readonly sizes: StoreSizes;
  readonly seed: number;
  /** The command that does the same. */
  readonly again: string;
  readonly tell: (line: string) => void;
}

export async function killUpkeep(options: UpkeepOptions): Promise<Outcome> {
  return withLifetime(async (lifetime) => {
    const world = await makeCalmWorld(lifetime);
    writeFileSync(world.networkFile, encodeParams(TEST_PARAMS));
    const root = join(world.home, 'stores');
    mkdirSync(root);
    const stores = await makeStores(root, options.sizes);
    const random = new Random(options.seed);
    const failures: string[] = [];
    const tallies = UPKEEP.map((upkeep) => ({ upkeep, kills: 0, hits: 0, spanMs: FIRST_SPAN_MS }));
    for (let kill = 0; kill < options.kills; kill++) {
      const tally = tallies[kill % tallies.length];
      if (tally === undefined) break;
      const { upkeep } = tally;
      try {
        const isHit = await killOnce({ world, stores, upkeep, delayMs: random.fraction() * tally.spanMs });
        tally.kills++;
        if (isHit) tally.hits++;
        // So that about a quarter comes too late, and no moment up to the end is spared.
        tally.spanMs *= isHit ? LONGER : SHORTER;
      } catch (error) {
        failures.push(
          describeFailure({ what: `${upkeep.name}, kill ${kill + 1}`, error, world, again: options.again }),
        );
      }
      const hits = tallies.map(({ upkeep: { name }, kills, hits }) => `${name} ${hits}/${kills}`).join(', ');
      if ((kill + 1) % tallies.length === 0) options.tell(`killed ${kill + 1} times, before it was done: ${hits}`);
    }
    return { figures: figuresOf(tallies), failures };
  });
}

/** Whether it was killed before it was done. Throws where anything is not as it must be after it. */
async function killOnce(trial: {
  readonly world: World;
  readonly stores: Stores;
  readonly upkeep: Upkeep;
  readonly delayMs: number;
}): Promise<boolean> {
  const { world, stores, upkeep, delayMs } = trial;
  const home = join(world.home, upkeep.name);
  const folder = join(home, 'data');
  rmSync(home, { recursive: true, force: true });
  cpSync(stores.folders[upkeep.store], folder, { recursive: true });
  return withLifetime(async (lifetime) => {
    const site = { lifetime, world, stores, name: upkeep.name, folder };
    const work = await upkeep.start(site);
    lifetime.after(() => work.kill());
    await untilBegun(work);
    await delay(delayMs);
    await work.kill();
    const isHit = !work.hasEnded();
    await upkeep.finish(site);
    upkeep.judge(await readState(folder), stores);
    return isHit;
  });
}

async function untilBegun(work: Work): Promise<void> {
  while (!work.hasBegun() && !work.hasEnded() && !work.isGone()) await delay(POLL_MS);
}

function figuresOf(
  tallies: readonly { readonly upkeep: Upkeep; readonly kills: number; readonly hits: number }[],
): Outcome['figures'] {
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  const kills = sum(tallies.map((tally) => tally.kills));
  const hits = sum(tallies.map((tally) => tally.hits));
  return [
    { name: 'kill -9 of upkeep', value: kills, unit: 'times' },
    { name: 'of them before it was done', value: (100 * hits) / Math.max(1, kills), unit: '%', aim: { atLeast: 50 } },
    ...tallies.map((tally) => ({ name: `${tally.upkeep.name}: before it was done`, value: tally.hits, unit: 'times' })),
  ];
}

const FIRST_SPAN_MS = 150;
const LONGER = 1.15;
const SHORTER = 0.7;
const POLL_MS = 1;
