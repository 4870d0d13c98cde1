/** Trials of mutants in a process of their own, which is replaced when one does not end, or has seen many. */
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Trial, TrialAnswer } from './trial-child.ts';

export type TrialResult = TrialAnswer['result'] | 'timed-out';

/** What came of a trial, and how long the processor was at it. */
export interface TrialOutcome {
  readonly result: TrialResult;
  readonly busyMs: number;
}

export class Trials {
  #child: ChildProcess | undefined;
  /** How many trials the process has seen. */
  #seen = 0;

  /**
   * Whether the tests pass before the processor was at them for `busyMsMax`: on a machine that has other things to do, the
   * time on the clock says little. A process that a mutant ends is a test that fails.
   */
  try(trial: Trial, busyMsMax: number): Promise<TrialOutcome> {
    const child = this.#ready();
    return new Promise((resolve) => {
      const busyMsBefore = busyMsOf(child);
      const finish = (outcome: TrialOutcome): void => {
        clearInterval(watch);
        child.removeAllListeners();
        if (outcome.result === 'timed-out') child.kill('SIGKILL');
        if (!child.connected || outcome.result === 'timed-out') this.#child = undefined;
        resolve(outcome);
      };
      const watch = setInterval(() => {
        const busyMs = busyMsOf(child) - busyMsBefore;
        if (busyMs > busyMsMax) finish({ result: 'timed-out', busyMs });
      }, LOOK_INTERVAL_MS);
      child.once('message', (answer: TrialAnswer) => finish(answer));
      child.once('exit', () => finish({ result: 'failed', busyMs: 0 }));
      child.send(trial);
    });
  }

  close(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  #ready(): ChildProcess {
    if (this.#seen === TRIALS_PER_PROCESS) this.close();
    if (this.#child === undefined) {
      // Inside of a test run, a child would take part in it.
      const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
      this.#child = fork(CHILD, {
        env: environment,
        execArgv: [`--max-old-space-size=${HEAP_MIB}`],
        stdio: [...STDIO],
      });
      this.#seen = 0;
    }
    this.#seen++;
    return this.#child;
  }
}

/** How long the processor has been at this process; the time on the clock where Linux does not tell. */
function busyMsOf({ pid }: ChildProcess): number {
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return performance.now();
  // The name of the program, in brackets, may hold anything; behind it user and system time are fields 12 and 13.
  const fields = readFileSync(path, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

const CHILD = fileURLToPath(new URL('trial-child.ts', import.meta.url));
/** Nothing that a mutant prints is of use. */
const STDIO = ['ignore', 'ignore', 'ignore', 'ipc'] as const;
/** What was loaded for a trial is never given back. */
const TRIALS_PER_PROCESS = 100;
/** Some mutants fill memory without end. */
const HEAP_MIB = 2048;
const LOOK_INTERVAL_MS = 100;
/** What `/proc` counts in, everywhere. */
const TICK_MS = 10;
