/**
 * Attacks on a gateway and on a probe socket, as real processes: requests that can be read in two ways, names for places that
 * are none of the gateway's, connections without number and without haste, bytes that are nothing. What has to hold: the
 * node that a request tries to stop goes on, nothing is dialled that is not a node, whoever has a connection is answered,
 * and whoever wants one gets it soon.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { assert } from '../src/core/assert.ts';
import { GATEWAY_LIMITS } from '../src/gateway/gateway-limits.ts';
import { connectProbe, type ProbeClient } from '../src/probe/probe-client.ts';
import { CONNECTIONS_MAX } from '../src/probe/probe-limits.ts';
import { CairnProcess, makeWorld, startNodeProcess } from '../test/support/cairn-process.ts';
import type { Lifetime } from '../test/support/lifetime.ts';
import { percentiles } from './hostile/percentiles.ts';
import { askUntilAnswered, flood, SteadyAsker, withSlowWriters } from './http-attacks/flood.ts';
import { foreignSpellings } from './http-attacks/node-spellings.ts';
import { PROBE_NOISE } from './http-attacks/probe-noise.ts';
import { RAW_REQUESTS, rawBytes } from './http-attacks/raw-requests.ts';
import { exchange, statusesIn } from './http-attacks/raw-socket.ts';
import { withLifetime } from './lifetime.ts';
import { amount, type Effort, type Figure, type Outcome, type Part } from './part.ts';

export const httpAttacks: Part = {
  name: 'http-attacks',
  about: 'attacks on the gateway and the probe socket over raw sockets',
  run: (effort, tell) =>
    withLifetime(async (lifetime) => {
      const siege = await Siege.begin(lifetime);
      tell(`${RAW_REQUESTS.length} raw requests`);
      await siege.sendRawRequests();
      tell('names for places that are no nodes');
      await siege.tryForeignPlaces();
      tell(`${PROBE_NOISE.length} kinds of noise on the probe socket`);
      await siege.makeNoise();
      tell('slow writers');
      await siege.writeSlowly();
      tell('connections without number');
      await siege.floodConnections(effort);
      return siege.outcome;
    }),
};

class Siege {
  readonly #nodePort: number;
  readonly #gatewayPort: number;
  readonly #node: CairnProcess;
  readonly #gateway: CairnProcess;
  readonly #client: ProbeClient;
  readonly #figures: Figure[] = [];
  readonly #failures: string[] = [];

  private constructor(parts: {
    readonly nodePort: number;
    readonly gatewayPort: number;
    readonly node: CairnProcess;
    readonly gateway: CairnProcess;
    readonly client: ProbeClient;
  }) {
    this.#nodePort = parts.nodePort;
    this.#gatewayPort = parts.gatewayPort;
    this.#node = parts.node;
    this.#gateway = parts.gateway;
    this.#client = parts.client;
  }

  static async begin(lifetime: Lifetime): Promise<Siege> {
    const world = await makeWorld(lifetime);
    const { port, node } = await startNodeProcess(lifetime, world, ['--mine', 'demand']);
    const gateway = await CairnProcess.start(lifetime, world, ['gateway', '--port', '0']);
    const client = await connectProbe({ host: '127.0.0.1', port });
    lifetime.after(() => client.close());
    return new Siege({ nodePort: port, gatewayPort: Number(gateway.ready['port']), node, gateway, client });
  }

  get outcome(): Outcome {
    for (const [name, process] of [['node', this.#node] as const, ['gateway', this.#gateway] as const]) {
      const bytes = peakBytes(process);
      if (bytes > 0) {
        const aim = { atMost: 512 };
        this.#figures.push({ name: `memory of the ${name} at most`, value: bytes / 2 ** 20, unit: 'MiB', aim });
      }
    }
    const repeat = 'npm run reliability -- http-attacks';
    return { figures: this.#figures, failures: this.#failures.map((failure) => `${failure} (${repeat})`) };
  }

  async sendRawRequests(): Promise<void> {
    for (const request of RAW_REQUESTS) {
      const answer = await exchange(this.#gatewayPort, rawBytes(request, this.#gatewayPort, this.#nodePort));
      const statuses = statusesIn(answer);
      if (statuses.join() !== request.statuses.join()) {
        this.#failures.push(`${request.name}: answered ${statuses.join()}, not ${request.statuses.join()}`);
      }
      await this.#checkAlive(request.name);
    }
    const height = JSON.parse(await this.#client.call('status')).tip.height;
    if (height !== 0) this.#failures.push(`a request of another site was mined: height ${height}`);
    this.#figures.push({ name: 'raw requests', value: RAW_REQUESTS.length, unit: 'requests' });
  }

  /** What listens at a port that no node has must not hear of it. */
  async tryForeignPlaces(): Promise<void> {
    let dials = 0;
    const decoy = createServer((socket) => {
      dials++;
      socket.destroy();
    }).listen({ host: '::', port: 0 });
    await once(decoy, 'listening');
    const address = decoy.address();
    assert(typeof address === 'object' && address !== null, 'a TCP server has an address');
    const spellings = foreignSpellings(address.port);
    for (const spelling of spellings) {
      for (const route of [`GET /get_chain/${spelling}`, `GET /api/v1/nodes/${spelling}/status`]) {
        const lines = `${route} HTTP/1.1\nHOST\nConnection: close\n\n`;
        const bytes = rawBytes({ name: route, lines, statuses: [] }, this.#gatewayPort, this.#nodePort);
        const [status = 0] = statusesIn(await exchange(this.#gatewayPort, bytes));
        if (status < 400 || status >= 500) this.#failures.push(`${route}: answered ${status}`);
      }
    }
    decoy.close();
    if (dials > 0) this.#failures.push(`a place that is no node was dialled ${dials} times`);
    this.#figures.push({ name: 'names for places that are no nodes', value: spellings.length, unit: 'names' });
  }

  async makeNoise(): Promise<void> {
    // At once: much of it is the beginning of something, for the rest of which the node waits.
    await Promise.all(PROBE_NOISE.map(([, bytes]) => exchange(this.#nodePort, bytes, NOISE_MS)));
    await this.#checkAlive('noise on the probe socket');
    this.#figures.push({ name: 'kinds of noise on the probe socket', value: PROBE_NOISE.length, unit: 'kinds' });
  }

  /** All places are taken by those who take their time, half of them over headers and half over bodies. */
  async writeSlowly(): Promise<void> {
    const port = this.#gatewayPort;
    const url = `http://localhost:${port}/livez`;
    const host = `Host: localhost:${port}\r\n`;
    const count = GATEWAY_LIMITS.socketsMax / 2;
    const headers = `GET /livez HTTP/1.1\r\n${host}X-Slow: `;
    const body = `POST /mine_block/${this.#nodePort} HTTP/1.1\r\n${host}Content-Length: 100000\r\n\r\n`;
    const waitMs = await withSlowWriters(port, { count, request: headers }, () =>
      withSlowWriters(port, { count, request: body }, () => askUntilAnswered(url, SLOW_WAIT_MS_MAX)),
    );
    if (waitMs === undefined) this.#failures.push('nobody gets in beside slow writers');
    const value = (waitMs ?? SLOW_WAIT_MS_MAX) / 1000;
    const aim = { atMost: SLOW_WAIT_MS_MAX / 1000 };
    this.#figures.push({ name: `answered beside ${2 * count} slow writers`, value, unit: 's', aim });
  }

  async floodConnections(effort: Effort): Promise<void> {
    const count = amount(effort, { pullRequest: 10_000, nightly: 100_000 });
    const url = `http://localhost:${this.#gatewayPort}/api/v1/nodes/${this.#nodePort}/status`;
    const asker = new SteadyAsker(url);
    const calm = await asker.during(() => new Promise((resolve) => setTimeout(resolve, CALM_MS)));
    const before = percentiles(calm.timesMs);
    this.#figures.push(
      { name: 'answered in calm, p50', value: before.p50, unit: 'ms' },
      { name: 'answered in calm, p99', value: before.p99, unit: 'ms' },
    );
    const doors = [
      ['the gateway', this.#gatewayPort, GATEWAY_LIMITS.socketsMax],
      // As many again are being told that there is no room.
      ['the probe socket', this.#nodePort, 2 * CONNECTIONS_MAX],
    ] as const;
    for (const [name, port, most] of doors) {
      let held = 0;
      const flooded = await asker.during(async () => {
        ({ held } = await flood(port, count));
      });
      if (held > most) this.#failures.push(`${name} holds ${held} connections, and ${most} are the most`);
      if (flooded.failures > 0) this.#failures.push(`${flooded.failures} who were there got no answer from ${name}`);
      const meanwhile = percentiles(flooded.timesMs);
      this.#figures.push(
        { name: `connections to ${name}`, value: count, unit: 'connections' },
        { name: `held at once by ${name}`, value: held, unit: 'connections', aim: { atMost: most } },
        {
          name: `answered beside connections to ${name}, p50`,
          value: meanwhile.p50,
          unit: 'ms',
          aim: { atMost: 2 * before.p50 },
        },
        {
          name: `answered beside connections to ${name}, p99`,
          value: meanwhile.p99,
          unit: 'ms',
          aim: { atMost: 2 * before.p99 },
        },
      );
      await this.#checkAlive(`${count} connections to ${name}`);
      if ((await askUntilAnswered(url, AFTERWARDS_MS_MAX)) === undefined) {
        this.#failures.push(`after ${count} connections to ${name} nobody is answered`);
      }
    }
    asker.close();
  }

  async #checkAlive(after: string): Promise<void> {
    const isUp = this.#node.process.exitCode === null && this.#gateway.process.exitCode === null;
    const answers =
      isUp &&
      (await this.#client.call('status', undefined, { timeoutMs: ALIVE_MS_MAX }).then(
        () => true,
        () => false,
      ));
    if (!answers) throw new Error(`a process is gone after: ${after}\n${this.#node.stderr}\n${this.#gateway.stderr}`);
  }
}

/** The most of a process that was ever resident at once; 0 where the system does not tell. */
function peakBytes({ process: child }: CairnProcess): number {
  if (process.platform !== 'linux') return 0;
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
}

const NOISE_MS = 300;
const CALM_MS = 3_000;
/** Headers have 10 s, bodies 30 s, and both are looked at once a second. */
const SLOW_WAIT_MS_MAX = 35_000;
const AFTERWARDS_MS_MAX = 15_000;
const ALIVE_MS_MAX = 30_000;
