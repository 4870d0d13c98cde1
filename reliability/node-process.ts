/** A real node as a process that may be killed, stopped and woken at any moment, its start included. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { assert } from '../src/core/assert.ts';
import { createParams, encodeParams, type NetworkParams } from '../src/core/params.ts';
import { connectProbe, type ProbeClient } from '../src/probe/probe-client.ts';
import { CAIRN_MAIN, makeWorld, type World } from '../test/support/cairn-process.ts';
import { freePort } from '../test/support/free-port.ts';
import type { Lifetime } from '../test/support/lifetime.ts';

/** A network whose blocks are found at the first tries, however many there are and however fast they come. */
export const CALM_PARAMS: NetworkParams = createParams({ name: 'calm', targetLimit: 0x207fffff, halfLife: 31_536_000 });

/** A world of the calm network. What Node makes of the sources is kept for all that run in it. */
export async function makeCalmWorld(lifetime: Lifetime): Promise<World> {
  const world = await makeWorld(lifetime);
  writeFileSync(world.networkFile, encodeParams(CALM_PARAMS));
  const calm = { ...world, env: { ...world.env, NODE_COMPILE_CACHE: join(world.home, 'cache') } };
  // It is kept by a process that ends in order, which those that are killed never do.
  const first = await NodeProcess.spawn(lifetime, calm, { name: 'first' });
  await first.untilReady();
  first.signal('SIGTERM');
  await first.exited;
  return calm;
}

export interface NodeProcessOptions {
  /** Of its home, in the world's: nodes of different homes do not find each other by themselves. */
  readonly name: string;
  /** Of the probe socket; any free one unless told. */
  readonly port?: number;
  /** Multiaddresses of peers to keep in touch with. */
  readonly peers?: readonly string[];
  /** The port to be reached at by peers; any free one unless told. */
  readonly listenPort?: number;
  readonly flags?: readonly string[];
  /** For Node itself. */
  readonly nodeFlags?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** What a node was doing. `recovering`: it had its store open, which a killed process had left, and was not up yet. */
export type Moment = 'starting' | 'recovering' | 'up';

export class NodeProcess {
  readonly port: number;
  /** Where its data is. */
  readonly folder: string;
  /** With the exit code, null after a signal, once what it said before has been read. */
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #spawnedMs = performance.now();
  readonly #ready = Promise.withResolvers<void>();
  readonly #stderr: string[] = [];
  readonly #hadLog: boolean;
  #isReady = false;
  #hasExited = false;

  private constructor(options: { child: ChildProcess; port: number; folder: string; hadLog: boolean }) {
    this.#child = options.child;
    this.port = options.port;
    this.folder = options.folder;
    this.#hadLog = options.hadLog;
    const { stdout, stderr } = options.child;
    assert(stdout !== null && stderr !== null, 'its output is read');
    createInterface({ input: stdout }).once('line', () => {
      this.#isReady = true;
      this.#ready.resolve();
    });
    createInterface({ input: stderr }).on('line', (line) => this.#stderr.push(line));
    const [stdoutClosed, stderrClosed] = [once(stdout, 'close'), once(stderr, 'close')];
    this.exited = once(options.child, 'exit').then(async ([exitCode]): Promise<number | null> => {
      this.#hasExited = true;
      // Its miner writes to the same stderr, and may be there for longer.
      await Promise.all([stdoutClosed, Promise.race([stderrClosed, delay(LAST_WORDS_MS)])]);
      this.#ready.reject(new Error(`the node ended before it was up: ${this.stderr}`));
      return exitCode;
    });
    this.#ready.promise.catch(() => undefined);
  }

  /** Starts a node that mines on demand, and does not wait for it. It is killed at the end of `lifetime`. */
  static async spawn(lifetime: Lifetime, world: World, options: NodeProcessOptions): Promise<NodeProcess> {
    const home = join(world.home, options.name);
    mkdirSync(home, { recursive: true });
    const port = options.port ?? (await freePort());
    const folder = join(home, 'data');
    const args = [
      ...(options.nodeFlags ?? []),
      CAIRN_MAIN,
      ...['node', String(port), '--json', '--log', 'warn', '--data', folder, '--network', world.networkFile],
      ...['--mine', 'demand', '--mining-kernel', 'node-crypto'],
      ...['--listen', `/ip4/127.0.0.1/tcp/${options.listenPort ?? 0}`],
      ...(options.peers ?? []).flatMap((peer) => ['--peer', peer]),
      ...(options.flags ?? []),
    ];
    const hadLog = sizeOf(join(folder, LOG_FILE)) > 0;
    const env = { ...world.env, CAIRN_HOME: home, ...options.env };
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const node = new NodeProcess({ child, port, folder, hadLog });
    lifetime.after(async () => {
      node.signal('SIGKILL');
      await node.exited;
    });
    return node;
  }

  get pid(): number {
    assert(this.#child.pid !== undefined, 'it was started');
    return this.#child.pid;
  }

  /** What it logged: warnings and worse. */
  get stderr(): string {
    return this.#stderr.join('\n');
  }

  get hasExited(): boolean {
    return this.#hasExited;
  }

  /** Resolves with how long it took from the start, in ms; rejects where it ended before. */
  async untilReady(): Promise<number> {
    await this.#ready.promise;
    return performance.now() - this.#spawnedMs;
  }

  /** Connects to its probe socket. */
  async connect(lifetime: Lifetime): Promise<ProbeClient> {
    const client = await connectProbe({ host: '127.0.0.1', port: this.port });
    lifetime.after(() => client.close());
    return client;
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#hasExited) this.#child.kill(signal);
  }

  /** Resolves as soon as the process has its store open, or is up, or has ended. */
  async untilStoreIsOpen(): Promise<void> {
    while (!this.#hasExited && !this.#isReady && !this.#hasOpenStore()) await delay(POLL_MS);
  }

  /** Kills it, and says what it was doing just then. */
  async kill(): Promise<Moment> {
    // Stopped first, so that what it is doing can be looked at.
    this.signal('SIGSTOP');
    for (let i = 0; i < STOP_POLLS_MAX && !this.#hasExited && processState(this.pid) !== 'T'; i++) await delay(POLL_MS);
    const isOpen = this.#hasOpenStore();
    this.signal('SIGKILL');
    await this.exited;
    // What it had said by then has been read now.
    if (this.#isReady) return 'up';
    return isOpen && this.#hadLog ? 'recovering' : 'starting';
  }

  #hasOpenStore(): boolean {
    return openFiles(this.pid).some((path) => path.startsWith(this.folder) && path.endsWith(LOG_FILE));
  }
}

/** What the process has open; nothing where the system does not tell. */
export function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  if (!existsSync(folder)) return [];
  try {
    return readdirSync(folder).flatMap((name) => {
      try {
        return [readlinkSync(join(folder, name))];
      } catch {
        // Closed meanwhile.
        return [];
      }
    });
  } catch {
    // Ended meanwhile.
    return [];
  }
}

/** The processes that the process has started; none where the system does not tell. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** `R`, `S`, `T` and so on, as ps has them; undefined for a process that is gone, or where the system does not tell. */
export function processState(pid: number): string | undefined {
  try {
    return /^\d+ \(.*\) (\w)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Where SQLite writes what it has not yet brought into the file itself. */
const LOG_FILE = 'chain.sqlite-wal';
/** Until what it wrote on its way out has come. */
const LAST_WORDS_MS = 200;
const POLL_MS = 2;
const STOP_POLLS_MAX = 500;
