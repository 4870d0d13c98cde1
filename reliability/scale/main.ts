/**
 * `npm run scale [-- SECTION...] [--seed N] [--nodes-max N] [--draw]`: networks of a hundred, a thousand and ten thousand of the
 * real machines, and the report of how they behave, docs/reliability/scale.md with its plots.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readOrigin } from '../../bench/origin.ts';
import { type Measurements, measure, SECTIONS, type Section } from './measurements.ts';
import { drawPlots } from './plots.ts';
import { formatReport } from './scale-report.ts';

const USAGE = `npm run scale -- [SECTION...] [--seed N] [--nodes-max N] [--draw]

Measures networks of 100, 1,000 and 10,000 nodes in one process, and writes the report with its plots, docs/reliability/scale.md.

  SECTION        ${SECTIONS.join(', ')}: only these anew, the others as they were measured last
  --seed N       everything that is drawn by chance follows from it; 1 unless told
  --nodes-max N  no network with more nodes
  --draw         measures nothing, and writes the report of what was measured last`;

const FOLDER = new URL('../../docs/reliability/', import.meta.url);
const KEPT = new URL('scale.json', FOLDER);

interface Choice {
  readonly sections: readonly Section[];
  readonly seed: number;
  readonly nodesMax: number;
}

const choice = readChoice(process.argv.slice(2));
if (choice !== undefined) await run(choice);

async function run({ sections, seed, nodesMax }: Choice): Promise<void> {
  const startedMs = performance.now();
  const tell = (line: string) => {
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    console.log(`${String(seconds).padStart(5)} s  ${line}`);
  };
  // What another run measures meanwhile stays.
  const keep = (measured: Partial<Measurements>) =>
    writeFileSync(KEPT, `${JSON.stringify({ ...readKept(), ...measured, seed, origin: readOrigin() })}\n`);
  for (const section of sections) await measure(section, { seed, nodesMax, tell, keep });
  const kept = readKept();
  writeFileSync(new URL('scale.md', FOLDER), formatReport(kept));
  for (const { name, svg } of drawPlots(kept)) writeFileSync(new URL(`plots/${name}.svg`, FOLDER), svg);
  tell('docs/reliability/scale.md is written');
}

function readKept(): Measurements {
  const nothing: Measurements = { seed: 1, spreads: [], staleRates: [], divisions: [] };
  // Written by this program alone.
  return existsSync(KEPT) ? (JSON.parse(readFileSync(KEPT, 'utf8')) as Measurements) : nothing;
}

/** What was asked for; undefined where that is help, or nothing that there is. */
function readChoice(args: readonly string[]): Choice | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', default: false },
        draw: { type: 'boolean', default: false },
        seed: { type: 'string', default: '1' },
        'nodes-max': { type: 'string', default: '10000' },
      },
    });
    if (values.help) {
      console.log(USAGE);
      return undefined;
    }
    const named = positionals.map((name) => {
      const section = SECTIONS.find((known) => known === name);
      if (section === undefined) throw new Error(`There is no section "${name}".`);
      return section;
    });
    const sections = values.draw ? [] : named.length === 0 ? SECTIONS : named;
    return {
      sections,
      seed: wholeNumber('--seed', values.seed),
      nodesMax: wholeNumber('--nodes-max', values['nodes-max']),
    };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exitCode = 2;
    return undefined;
  }
}

function wholeNumber(flag: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`${flag} is a whole number, not "${text}".`);
  return number;
}
