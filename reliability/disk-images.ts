/**
 * Files of stores that were damaged behind their backs: flipped bits, torn, lost and misdirected pages, logs that are
 * missing or another's. A store may refuse what it cannot vouch for; it may not say what is not so, break, or hang.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { TrialReport } from './disk-images/examiner-child.ts';
import { amount, type Effort, type Outcome, type Part } from './part.ts';

export const diskImages: Part = {
  name: 'disk-images',
  about: 'stores whose files were damaged are opened and read: they find it out, or are right',
  run: runDiskImages,
};

async function runDiskImages(effort: Effort, tell: (line: string) => void): Promise<Outcome> {
  const trials = amount(effort, { pullRequest: 1_000, nightly: 50_000 });
  const seeds = Array.from({ length: trials }, (_, i) => `${effort.seed}/${i}`);
  const counts = { refused: 0, found: 0, whole: 0 };
  const failures: string[] = [];
  let done = 0;
  let hidden = 0;
  let mixed = 0;
  for await (const { outcome, wrong, seed, story, isEntryHidden, isPendingMixed } of examineAll(seeds)) {
    counts[outcome]++;
    if (isEntryHidden) hidden++;
    if (isPendingMixed) mixed++;
    for (const what of wrong) failures.push(`trial ${seed}: ${story}: ${what}`);
    if (++done % 500 === 0) tell(`${done} of ${trials}, ${failures.length} wrong`);
  }
  const share = (count: number): number => Math.round((1_000 * count) / trials) / 10;
  return {
    figures: [
      { name: 'damaged stores opened', value: trials, unit: 'stores' },
      { name: 'of them refused as a whole', value: share(counts.refused), unit: '%' },
      { name: 'of them refused in part', value: share(counts.found), unit: '%' },
      { name: 'of them as they were at some time', value: share(counts.whole), unit: '%' },
      { name: 'of them with a damaged index that hid an entry', value: share(hidden), unit: '%' },
      { name: 'of them with pending entries of several times', value: share(mixed), unit: '%' },
    ],
    failures: failures.slice(0, FAILURES_TOLD_MAX),
  };
}

/** The trials of these seeds, one after the other. One that does not end, or ends its process, is told as wrong. */
export async function* examineAll(seeds: readonly string[]): AsyncGenerator<TrialReport, void, undefined> {
  let examiner: ChildProcess | undefined;
  try {
    for (const seed of seeds) {
      examiner ??= await startExaminer();
      const report = await examineOne(examiner, seed);
      if (typeof report !== 'string') yield report;
      else {
        await end(examiner);
        examiner = undefined;
        yield {
          seed,
          story: 'by its seed',
          outcome: 'refused',
          wrong: [report],
          isEntryHidden: false,
          isPendingMixed: false,
        };
      }
    }
  } finally {
    if (examiner !== undefined) await end(examiner);
  }
}

async function startExaminer(): Promise<ChildProcess> {
  const examiner = fork(EXAMINER_FILE, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  await once(examiner, 'message');
  return examiner;
}

/** What came of it, or what became of the process. */
async function examineOne(examiner: ChildProcess, seed: string): Promise<TrialReport | string> {
  const over = new AbortController();
  const { signal } = over;
  try {
    examiner.send(seed);
    return await Promise.race([
      once(examiner, 'message', { signal }).then(([report]): TrialReport => report),
      once(examiner, 'exit', { signal }).then(([code, how]): string => `it ended the process (${code ?? how})`),
      delay(TRIAL_MS_MAX, `it did not end within ${TRIAL_MS_MAX / 1_000} s`, { signal }),
    ]);
  } finally {
    over.abort();
  }
}

async function end(examiner: ChildProcess): Promise<void> {
  if (examiner.exitCode !== null || examiner.signalCode !== null) return;
  const ended = once(examiner, 'exit');
  examiner.disconnect();
  const isOver = await Promise.race([ended.then(() => true), delay(END_MS_MAX, false, { ref: false })]);
  if (!isOver) {
    examiner.kill('SIGKILL');
    await ended;
  }
}

const EXAMINER_FILE = fileURLToPath(new URL('./disk-images/examiner-child.ts', import.meta.url));
/** Most take a tenth of a second. */
const TRIAL_MS_MAX = 30_000;
const END_MS_MAX = 2_000;
const FAILURES_TOLD_MAX = 20;
