/**
 * A process of the network that `cairn network` runs: this program, with another command.
 *
 * It says on stdout, as one line of JSON, that it is ready. It is asked to stop by closing the channel to it, so it
 * stops in order as well when we are gone without having asked.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { assertPresent } from '../core/assert.ts';
import { HEAP_FLAGS } from '../node/heap-flags.ts';
import { CommandError, EXIT_CODES } from './command-error.ts';
import { withinDeadline } from './orderly-stop.ts';

export interface MemberOptions {
  /** For messages, and before each line of its log. */
  readonly name: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Called for each line that it writes to stderr. */
  readonly onLogLine: (line: string) => void;
}

export interface MemberExit {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class Member {
  readonly name: string;
  /** What it said when it was ready. Rejects where it ends before. */
  readonly ready: Promise<string>;
  readonly exited: Promise<MemberExit>;
  readonly #process: ChildProcess;
  #hasExited = false;

  constructor({ name, args, env, onLogLine }: MemberOptions) {
    this.name = name;
    this.#process = spawn(process.execPath, [...HEAP_FLAGS, ...process.execArgv, MAIN_PATH, ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Ctrl-C in a terminal goes to a whole group of processes; these are to be stopped by us alone, in order.
      detached: true,
      windowsHide: true,
    });
    const { stdout, stderr } = this.#process;
    const logged = forEachLine(assertPresent(stderr ?? undefined, 'stderr is a pipe'), onLogLine);
    this.exited = once(this.#process, 'exit').then(async ([exitCode, signal]: MemberExit[keyof MemberExit][]) => {
      this.#hasExited = true;
      await logged;
      return { exitCode: typeof exitCode === 'number' ? exitCode : null, signal: asSignal(signal) };
    });
    this.ready = this.#firstLine(assertPresent(stdout ?? undefined, 'stdout is a pipe'));
    // Whoever waits hears of it; nobody has to.
    this.ready.catch(() => undefined);
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get isRunning(): boolean {
    return !this.#hasExited;
  }

  /** Asks it to stop, and ends it where it does not within `deadlineMs`. */
  async stop(deadlineMs: number): Promise<void> {
    if (this.#process.connected) this.#process.disconnect();
    if (await withinDeadline(this.exited, deadlineMs)) return;
    this.kill();
    await this.exited;
  }

  /** Ends it at once. */
  kill(): void {
    this.#process.kill('SIGKILL');
  }

  async #firstLine(stdout: Readable): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    void forEachLine(stdout, resolve);
    void this.exited.then((exit) => {
      const message = `${this.name} ended before it was ready (${describeExit(exit)}); it says why above.`;
      const exitCode = Object.values(EXIT_CODES).find((code) => code === exit.exitCode && code !== EXIT_CODES.done);
      reject(new CommandError(exitCode ?? EXIT_CODES.failed, 'member-ended', message));
    });
    return promise;
  }
}

export function describeExit({ exitCode, signal }: MemberExit): string {
  return signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
}

async function forEachLine(input: Readable, take: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input, crlfDelay: Infinity })) take(line);
}

function asSignal(value: MemberExit[keyof MemberExit] | undefined): NodeJS.Signals | null {
  return typeof value === 'string' ? value : null;
}

const MAIN_PATH = fileURLToPath(new URL('main.ts', import.meta.url));
