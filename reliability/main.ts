/**
 * `npm run reliability [-- PART...] [--nightly] [--share N] [--seed N] [--keep FILE]`: does to the real program whatever may
 * happen to it, and holds what came of it against what must hold. Without parts, all of them.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readOrigin } from '../bench/origin.ts';
import { adversaries } from './adversaries.ts';
import { coverage } from './coverage.ts';
import { diskImages } from './disk-images.ts';
import { fuzz } from './fuzz.ts';
import { hostile } from './hostile.ts';
import { httpAttacks } from './http-attacks.ts';
import { kill } from './kill.ts';
import { light } from './light.ts';
import { mutation } from './mutation.ts';
import type { Effort, Part } from './part.ts';
import { partitions } from './partitions.ts';
import { pauses } from './pauses.ts';
import { powerLoss } from './power-loss.ts';
import { formatFigure, formatPage, type PartResult } from './report.ts';
import { simulation } from './simulation.ts';
import { soak } from './soak.ts';
import { upkeepKills } from './upkeep-kills.ts';

const PARTS: readonly Part[] = [
  simulation,
  adversaries,
  kill,
  partitions,
  pauses,
  soak,
  powerLoss,
  diskImages,
  upkeepKills,
  light,
  hostile,
  httpAttacks,
  fuzz,
  coverage,
  mutation,
];

const USAGE = `npm run reliability -- [PART...] [--nightly] [--share N] [--seed N] [--keep FILE]

  --nightly    the amounts for a night instead of those for every change
  --share N    so much of these amounts; 1 unless told
  --seed N     what is drawn by chance follows from it; drawn itself unless told
  --keep FILE  writes the figures as a page

Parts; without any, all of them:
${PARTS.map(({ name, about }) => `  ${name.padEnd(14)}${about}`).join('\n')}`;

interface Choice {
  readonly parts: readonly Part[];
  readonly effort: Effort;
  readonly keep: string | undefined;
}

const choice = readChoice(process.argv.slice(2));
if (choice !== undefined) process.exitCode = (await run(choice)) ? 0 : 1;

/** What was asked for; undefined where that is help, or nothing that there is. */
function readChoice(args: readonly string[]): Choice | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', default: false },
        nightly: { type: 'boolean', default: false },
        share: { type: 'string', default: '1' },
        seed: { type: 'string' },
        keep: { type: 'string' },
      },
    });
    if (values.help) {
      console.log(USAGE);
      return undefined;
    }
    const share = Number(values.share);
    if (!(share > 0)) throw new Error(`--share is a number above 0, not "${values.share}".`);
    const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(values.seed);
    if (!Number.isSafeInteger(seed) || seed < 0) throw new Error(`--seed is a whole number, not "${values.seed}".`);
    const parts = positionals.map((name) => {
      const part = PARTS.find((known) => known.name === name);
      if (part === undefined) throw new Error(`There is no part "${name}".`);
      return part;
    });
    const effort: Effort = { column: values.nightly ? 'nightly' : 'pull-request', share, seed };
    return { parts: parts.length === 0 ? PARTS : parts, effort, keep: values.keep };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exitCode = 2;
    return undefined;
  }
}

/** Whether everything held. A figure that misses its aim is told, and no failure. */
async function run({ parts, effort, keep }: Choice): Promise<boolean> {
  console.log(`seed ${effort.seed}`);
  const origin = readOrigin();
  const results: PartResult[] = [];
  for (const part of parts) {
    const result = await runPart(part, effort);
    results.push(result);
    for (const figure of result.figures) console.log(`  ${formatFigure(figure)}`);
    for (const failure of result.failures) console.log(`  FAILED: ${failure}`);
    // After each, so that a run that is ended early keeps what it has.
    if (keep !== undefined) writeFileSync(keep, formatPage({ origin, effort, results }));
  }
  console.log(JSON.stringify({ origin, effort, results }));
  return results.every(({ failures }) => failures.length === 0);
}

async function runPart(part: Part, effort: Effort): Promise<PartResult> {
  const { name, about } = part;
  console.log(`${name}: ${about}`);
  const startedMs = performance.now();
  const seconds = () => Math.round((performance.now() - startedMs) / 100) / 10;
  try {
    const outcome = await part.run(effort, (line) => console.log(`  ${seconds().toFixed(1).padStart(7)} s  ${line}`));
    return { name, about, seconds: seconds(), ...outcome };
  } catch (error) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { name, about, seconds: seconds(), figures: [], failures: [`the part itself broke: ${reason}`] };
  }
}
