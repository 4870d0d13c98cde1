/** Real nodes as people run them: the one that is attacked, in a heap that is bounded, and others that are honest. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { NodeStatus } from '../../src/api/shapes.ts';
import { assertPresent } from '../../src/core/assert.ts';
import { createParams, encodeParams, type NetworkParams } from '../../src/core/params.ts';
import { connectProbe, type ProbeClient } from '../../src/probe/probe-client.ts';
import { CairnProcess, makeWorld, type World } from '../../test/support/cairn-process.ts';
import { freePort } from '../../test/support/free-port.ts';
import type { Lifetime } from '../../test/support/lifetime.ts';

/**
 * Hard enough for a chain of cheap headers to have less work in it than ours, and easy enough for a stranger to forge a
 * block in a moment.
 */
export const BATTLE_PARAMS: NetworkParams = createParams({
  name: 'battle',
  blockInterval: 2,
  targetLimit: 0x207fffff,
  initialBits: 0x1f0fffff,
});

/** The heap of the node that is attacked, in mebibytes. */
const HEAP_MIB = 384;

export class BattleNode {
  readonly process: CairnProcess;
  readonly client: ProbeClient;
  readonly port: number;
  readonly id: string;
  readonly address: string;

  private constructor(process: CairnProcess, client: ProbeClient, port: number, status: NodeStatus) {
    this.process = process;
    this.client = client;
    this.port = port;
    this.id = status.peer_id;
    this.address = assertPresent(status.addresses[0], 'a node listens');
  }

  /** A node of the world, which finds the others of the same world; a newcomer in a world of its own is told of one. */
  static async start(
    lifetime: Lifetime,
    world: World,
    options: { readonly isBounded?: boolean; readonly peer?: string; readonly mining: 'demand' | 'entries' },
  ): Promise<BattleNode> {
    const networkFile = join(world.home, 'battle.json');
    await writeFile(networkFile, encodeParams(BATTLE_PARAMS));
    const env = options.isBounded === true ? { NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}` } : {};
    const port = await freePort();
    const process = await CairnProcess.start(lifetime, { ...world, env: { ...world.env, ...env } }, [
      ...['node', String(port), '--network', networkFile, '--mine', options.mining],
      // What is left of the machine is for those who attack.
      ...['--mining-kernel', 'node-crypto', '--mining-share', '5', '--log', 'warn'],
      ...(options.peer === undefined ? [] : ['--peer', options.peer]),
    ]);
    const client = await connectProbe({ host: '127.0.0.1', port });
    lifetime.after(() => client.close());
    return new BattleNode(process, client, port, JSON.parse(await client.call('status')));
  }

  async status(): Promise<NodeStatus> {
    return JSON.parse(await this.client.call('status', undefined, { timeoutMs: 60_000 }));
  }

  /** Its status as soon as `condition` holds of it; undefined where it does not in time. */
  async statusWithin(timeMs: number, condition: (status: NodeStatus) => boolean): Promise<NodeStatus | undefined> {
    const deadlineMs = performance.now() + timeMs;
    for (;;) {
      const status = await this.status();
      if (condition(status)) return status;
      if (performance.now() > deadlineMs) return undefined;
      await delay(LOOK_INTERVAL_MS);
    }
  }

  /** The most of it that was ever resident at once. Linux tells. */
  get peakBytes(): number {
    if (process.platform !== 'linux') return 0;
    const text = readFileSync(`/proc/${this.process.process.pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
  }
}

/** A world without nodes. */
export { makeWorld };

const LOOK_INTERVAL_MS = 200;
