/**
 * `convergence`: how soon nodes agree. Real processes with the default network, as somebody starts them by hand; only where it is
 * merely to be seen that all runs, they do not look for the fastest kernel first, which takes each of them a second.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { assert } from '../src/core/assert.ts';
import { type JsonText, jsonValue } from '../src/core/json-text.ts';
import { connectProbe, type ProbeClient } from '../src/probe/probe-client.ts';
import { freePort } from '../test/support/free-port.ts';
import type { Waiting } from './waiting.ts';

export async function* convergence(isQuick: boolean): AsyncGenerator<Waiting> {
  const flags = isQuick ? ['--mining-kernel', 'node-crypto'] : [];
  yield await afterStart(isQuick ? 1 : 5, flags);
  yield await afterBlock(isQuick ? 2 : 20, flags);
  yield await afterJoin(isQuick ? 1 : 5, flags);
}

/** From the start of the last of three nodes, no flags, until all know each other and have the same tip. */
async function afterStart(rounds: number, flags: readonly string[]): Promise<Waiting> {
  const samples: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await withFolder(async (home) => {
      const nodes = [await RunningNode.start(home, flags), await RunningNode.start(home, flags)];
      await nodes[0]?.mine({ round });
      const startMs = performance.now();
      nodes.push(await RunningNode.start(home, flags));
      await until(async () => {
        const statuses = await Promise.all(nodes.map((node) => node.status()));
        const tips = new Set(statuses.map(({ tip }) => tip.hash));
        return tips.size === 1 && statuses.every(({ peers }) => peers === 2);
      });
      samples.push((performance.now() - startMs) / 1000);
      await Promise.all(nodes.map((node) => node.stop()));
    });
  }
  return { name: 'the third node is started, until all three have one tip and two peers each', aimSeconds: 2, samples };
}

/** From the answer to whoever had a block mined until the block is the tip of all three nodes. */
async function afterBlock(rounds: number, flags: readonly string[]): Promise<Waiting> {
  const samples: number[] = [];
  await withFolder(async (home) => {
    const nodes = [
      await RunningNode.start(home, flags),
      await RunningNode.start(home, flags),
      await RunningNode.start(home, flags),
    ];
    await until(async () => (await Promise.all(nodes.map((node) => node.status()))).every(({ peers }) => peers === 2));
    for (let round = 0; round < rounds; round++) {
      const miner = nodes[round % nodes.length];
      assert(miner !== undefined, 'there are three nodes');
      const hash = await miner.mine({ round });
      const startMs = performance.now();
      await until(async () =>
        (await Promise.all(nodes.map((node) => node.status()))).every(({ tip }) => tip.hash === hash),
      );
      samples.push((performance.now() - startMs) / 1000);
    }
    await Promise.all(nodes.map((node) => node.stop()));
  });
  return { name: 'a block is mined on one node, until all three have it as their tip', aimSeconds: 1, samples };
}

/** Two homes with 5 and 8 blocks: from the word that joins them until both follow the 8. */
async function afterJoin(rounds: number, flags: readonly string[]): Promise<Waiting> {
  const samples: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await withFolder(async (root) => {
      const [five, eight] = [
        await RunningNode.start(join(root, 'a'), flags),
        await RunningNode.start(join(root, 'b'), flags),
      ];
      for (let i = 0; i < 5; i++) await five.mine({ five: i });
      for (let i = 0; i < 8; i++) await eight.mine({ eight: i });
      const { tip, addresses } = await eight.status();
      const startMs = performance.now();
      await five.client.call('connect', jsonValue({ address: addresses[0] ?? '' }));
      await until(async () => (await five.status()).tip.hash === tip.hash);
      samples.push((performance.now() - startMs) / 1000);
      const { pending } = await five.status();
      assert(pending.count === 5, 'the entries of the abandoned blocks are pending again');
      await Promise.all([five.stop(), eight.stop()]);
    });
  }
  return { name: 'homes of 5 and 8 blocks are joined, until both follow the 8', aimSeconds: 5, samples };
}

interface Status {
  readonly tip: { readonly hash: string };
  readonly peers: number;
  readonly addresses: readonly string[];
  readonly pending: { readonly count: number };
}

class RunningNode {
  readonly client: ProbeClient;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  private constructor(child: ChildProcess, client: ProbeClient) {
    this.#child = child;
    this.#exited = once(child, 'exit');
    this.client = client;
  }

  /** `cairn node <port>`, ready when this resolves. It mines on demand only, so that nothing moves by itself. */
  static async start(home: string, flags: readonly string[]): Promise<RunningNode> {
    const port = await freePort();
    const args = [MAIN, 'node', String(port), '--mine', 'demand', '--json', ...flags];
    const child = spawn(process.execPath, args, {
      env: { ...process.env, CAIRN_HOME: home },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    assert(child.stdout !== null, 'its output is a pipe');
    await once(createInterface({ input: child.stdout }), 'line');
    return new RunningNode(child, await connectProbe({ host: '127.0.0.1', port }));
  }

  async status(): Promise<Status> {
    return JSON.parse(await this.client.call('status'));
  }

  /** The hash of the block that `data` is mined into. */
  async mine(data: Readonly<Record<string, number>>): Promise<string> {
    const params = `{"data":${JSON.stringify(data)}}` as JsonText;
    return JSON.parse(await this.client.call('mine', params, { timeoutMs: 60_000 })).block.hash;
  }

  async stop(): Promise<void> {
    this.client.close();
    this.#child.kill('SIGTERM');
    await this.#exited;
  }
}

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-bench-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Asks again and again, with a pause that is small beside what is measured: the nodes need the processor more. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(ASK_MS);
}

const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const ASK_MS = 5;
