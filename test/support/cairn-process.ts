/** `cairn` as people run it: real processes, each world in a home of its own, on free ports. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createParams, encodeParams } from '../../src/core/params.ts';
import { freePort } from './free-port.ts';
import { atEnd, type Lifetime } from './lifetime.ts';

/** The program itself, for whoever starts it in a way of their own. */
export const CAIRN_MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** A home, with the parameters of a network that is mined at the first tries. */
export interface World {
  readonly home: string;
  readonly networkFile: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface Outcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A world that is deleted in the end, after what was started in it. */
export async function makeWorld(t: Lifetime, { name = 'test' } = {}): Promise<World> {
  const home = await mkdtemp(join(tmpdir(), 'cairn-cli-'));
  // Again, where the miner of a node that was killed is just keeping what it compiled.
  atEnd(t, () => rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  const networkFile = join(home, 'network.json');
  await writeFile(networkFile, encodeParams(createParams({ name, targetLimit: 0x207fffff })));
  return { home, networkFile, env: { ...cleanEnvironment(), CAIRN_HOME: home } };
}

/** Runs one command to its end. */
export async function runCairn(
  world: World,
  args: readonly string[],
  stdin: string | Uint8Array = '',
): Promise<Outcome> {
  const child = spawn(process.execPath, [CAIRN_MAIN, ...args], { env: world.env });
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const [[exitCode], stdout, stderr] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { exitCode, stdout, stderr };
}

/** A command that stays up. */
export class CairnProcess {
  readonly process: ChildProcess;
  /** The one line of JSON by which it says that it is ready. */
  readonly ready: Record<string, unknown>;
  readonly exited: Promise<number | null>;
  readonly #stderr: string[];

  private constructor(
    child: ChildProcess,
    ready: Record<string, unknown>,
    exited: Promise<number | null>,
    stderr: string[],
  ) {
    this.process = child;
    this.ready = ready;
    this.exited = exited;
    this.#stderr = stderr;
  }

  /** Starts it with `--json` and waits until it is ready. It is ended after the test, if it has not ended before. */
  static async start(t: Lifetime, world: World, args: readonly string[]): Promise<CairnProcess> {
    const child = spawn(process.execPath, [CAIRN_MAIN, ...args, '--json'], {
      env: world.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const exited = once(child, 'close').then(([exitCode]): number | null => exitCode);
    atEnd(t, async () => {
      child.kill('SIGTERM');
      await exited;
    });
    const stderr: string[] = [];
    createInterface({ input: child.stderr }).on('line', (line) => stderr.push(line));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await lines.next();
    assert(first.done !== true, `it ended before it was ready: ${stderr.join('\n')}`);
    return new CairnProcess(child, JSON.parse(first.value), exited, stderr);
  }

  get stderr(): string {
    return this.#stderr.join('\n');
  }
}

/** A node of the world's easy network at a free port. */
export async function startNodeProcess(
  t: Lifetime,
  world: World,
  flags: readonly string[] = [],
): Promise<{ readonly port: number; readonly node: CairnProcess }> {
  const port = await freePort();
  const args = ['node', String(port), '--network', world.networkFile, '--mining-kernel', 'node-crypto', ...flags];
  return { port, node: await CairnProcess.start(t, world, args) };
}

/** Without settings of whoever runs the tests. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(CAIRN_|FORCE_COLOR$|NODE_TEST)/.test(name)),
  );
}
