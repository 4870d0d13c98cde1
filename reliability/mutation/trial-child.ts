/**
 * Tries mutants one after the other: loads test files anew for each, with the mutant in the place of its source, and runs
 * their tests up to the first that fails. Asked and answering by messages.
 */
import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { takeTests } from './bare-test.ts';

export interface Trial {
  /** Files of tests, by their URLs. */
  readonly tests: readonly string[];
  /** What is loaded in the place of the source with this URL. */
  readonly mutant: { readonly url: string; readonly source: string } | undefined;
}

export interface TrialAnswer {
  readonly result: 'passed' | 'failed';
  /** How long the processor was at it. */
  readonly busyMs: number;
}

const ROOT = new URL('../..', import.meta.url).href;
const BARE_TEST = new URL('bare-test.ts', import.meta.url).href;

// A property that fails says enough: nobody reads for which of the inputs.
fc.configureGlobal({ endOnFailure: true });

let trial: Trial | undefined;
let trials = 0;
/** What the sources are without their types. */
const stripped = new Map<string, string>();

registerHooks({
  resolve(specifier, context, nextResolve) {
    if (trial === undefined) return nextResolve(specifier, context);
    if (specifier === 'node:test') return { url: BARE_TEST, shortCircuit: true };
    const resolved = nextResolve(specifier, context);
    // A URL that is not known yet is loaded anew.
    return isOurs(resolved.url) ? { ...resolved, url: `${resolved.url.split('?')[0]}?trial=${trials}` } : resolved;
  },
  load(url, context, nextLoad) {
    const [place = ''] = url.split('?trial=');
    if (trial === undefined || place === url) return nextLoad(url, context);
    return { format: 'module', source: sourceOf(place, trial), shortCircuit: true };
  },
});

process.on('message', async (message: Trial) => {
  trial = message;
  trials++;
  const before = process.cpuUsage();
  const result = await run(message);
  const { user, system } = process.cpuUsage(before);
  process.send?.({ result, busyMs: (user + system) / 1000 } satisfies TrialAnswer);
});

async function run({ tests }: Trial): Promise<TrialAnswer['result']> {
  try {
    for (const url of tests) {
      await import(url);
      for (const body of takeTests()) await body();
    }
    return 'passed';
  } catch {
    return 'failed';
  } finally {
    takeTests();
  }
}

function sourceOf(url: string, { mutant }: Trial): string {
  if (url === mutant?.url) return stripTypeScriptTypes(mutant.source);
  const known = stripped.get(url);
  if (known !== undefined) return known;
  const source = stripTypeScriptTypes(readFileSync(fileURLToPath(url), 'utf8'));
  stripped.set(url, source);
  return source;
}

/** Whether this is a source of the project, and not the stand-in for Node's tests. */
function isOurs(url: string): boolean {
  const isSource = url.startsWith(ROOT) && url.split('?')[0]?.endsWith('.ts') === true;
  return isSource && !url.startsWith(`${ROOT}node_modules/`) && url !== BARE_TEST;
}
