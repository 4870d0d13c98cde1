/**
 * A thread that fuzzes targets, one after the other, so that who started it can end it where an input never ends, and say
 * which one it was. Started by `watched-run.ts`.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { Random } from '../../src/simulator/random.ts';
import { readCorpus } from './corpus.ts';
import { CoverageMeter } from './coverage.ts';
import { Fuzzer } from './fuzzer.ts';
import type { FuzzOrder, FuzzReply } from './watched-run.ts';

const { jobs, seed, isGuided, lastInput }: FuzzOrder = workerData;
const count = new Int32Array(lastInput, 0, 1);
const size = new Int32Array(lastInput, 4, 1);
const bytes = new Uint8Array(lastInput, 8);
const coverage = isGuided ? new CoverageMeter() : undefined;
// Loaded while it counts already.
const { FUZZ_TARGETS } = await import('./targets.ts');

for (const { name, inputs } of jobs) {
  const target = FUZZ_TARGETS.find((known) => known.name === name);
  if (target === undefined) throw new Error(`there is no target ${name}`);
  const corpus = [...(await readCorpus('grown', name)), ...(await readCorpus('cases', name)), ...target.seeds()];
  const random = new Random(seed).stream(name);
  tell({ type: 'begun', name });
  coverage?.forget();
  const fuzzer = new Fuzzer({ target, random, corpus, coverage, onInput });
  const failure = await fuzzer.run(inputs);
  target.close?.();
  tell({ type: 'ended', name, tried: fuzzer.tried, found: fuzzer.found, failure });
}
coverage?.close();

/** Where it is seen even if nothing comes after it. */
function onInput(input: Uint8Array): void {
  const shown = input.subarray(0, bytes.length);
  bytes.set(shown);
  size[0] = shown.length;
  Atomics.add(count, 0, 1);
}

function tell(reply: FuzzReply): void {
  parentPort?.postMessage(reply);
}
