/**
 * `node scripts/grow-fuzz-corpus.ts [--inputs N] [--seed N] [TARGET...]`: looks for inputs that reach more of the program
 * than those that are kept, and keeps of all the fewest that reach as much. The change is to be looked at and committed.
 */
import { parseArgs } from 'node:util';
import { keepCase, lineOf, readCorpus, writeCorpus } from '../reliability/fuzz/corpus.ts';
import { CoverageMeter } from '../reliability/fuzz/coverage.ts';
import { breaks, Fuzzer } from '../reliability/fuzz/fuzzer.ts';
import type { FuzzTarget } from '../reliability/fuzz/target.ts';
import { Random } from '../src/simulator/random.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { inputs: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } },
});

const coverage = new CoverageMeter();
// Loaded while it counts already.
const { FUZZ_TARGETS } = await import('../reliability/fuzz/targets.ts');
for (const name of positionals) {
  if (!FUZZ_TARGETS.some((target) => target.name === name)) throw new Error(`there is no target ${name}`);
}
for (const target of FUZZ_TARGETS) {
  if (positionals.length === 0 || positionals.includes(target.name)) await grow(target);
}
coverage.close();

async function grow(target: FuzzTarget): Promise<void> {
  const kept = await readCorpus('grown', target.name);
  const corpus = [...kept, ...(await readCorpus('cases', target.name)), ...target.seeds()];
  const random = new Random(values.seed).stream(target.name);
  coverage.forget();
  const fuzzer = new Fuzzer({ target, random, corpus, coverage });
  const failure = await fuzzer.run(Math.ceil(Number(values.inputs) * target.weight));
  const fewest = await fewestOf(target, [...kept, ...fuzzer.found]);
  await writeCorpus('grown', target.name, fewest);
  target.close?.();
  console.log(`${target.name}: ${fuzzer.tried} inputs, ${fuzzer.found.length} found, ${fewest.length} kept`);
  if (failure === undefined) return;
  await keepCase(target.name, failure.input);
  console.log(`  breaks: ${failure.message}\n  kept as a case: ${lineOf(failure.input)}`);
  process.exitCode = 1;
}

/** Of `inputs`, shortest first, those that reach what the seeds, and those before, do not. */
async function fewestOf(target: FuzzTarget, inputs: readonly Uint8Array[]): Promise<Uint8Array[]> {
  const fewest: Uint8Array[] = [];
  coverage.forget();
  for (const seed of target.seeds()) await breaks(target, seed);
  coverage.take();
  for (const input of [...inputs].sort((a, b) => a.length - b.length)) {
    await breaks(target, input);
    if (coverage.take() > 0) fewest.push(input);
  }
  return fewest;
}
