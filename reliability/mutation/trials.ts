/** Trials of mutants in a process of their own, which is replaced when one does not end, or has been at it for long. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Trial, TrialAnswer } from './trial-child.ts';

export type TrialResult = TrialAnswer | 'timed-out';

export class Trials {
  #child: ChildProcess | undefined;
  /** How many trials the process has seen. */
  #seen = 0;

  /** Whether the tests pass, within `limitMs`. A process that a mutant ends is a test that fails. */
  try(trial: Trial, limitMs: number): Promise<TrialResult> {
    const child = this.#ready();
    return new Promise((resolve) => {
      const finish = (result: TrialResult): void => {
        clearTimeout(timer);
        child.removeAllListeners();
        if (result === 'timed-out') child.kill('SIGKILL');
        if (!child.connected || result === 'timed-out') this.#child = undefined;
        resolve(result);
      };
      const timer = setTimeout(() => finish('timed-out'), limitMs);
      child.once('message', (answer: TrialAnswer) => finish(answer));
      child.once('exit', () => finish('failed'));
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

const CHILD = fileURLToPath(new URL('trial-child.ts', import.meta.url));
/** Nothing that a mutant prints is of use. */
const STDIO = ['ignore', 'ignore', 'ignore', 'ipc'] as const;
/** What was loaded for a trial is never given back. */
const TRIALS_PER_PROCESS = 100;
/** Some mutants fill memory without end. */
const HEAP_MIB = 2048;
