/** A real node in a process of its own, and how it does: its memory, its processor time, the delay of its event loop. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RpcMethod } from '../src/api/rpc.ts';
import type { NodeStatus } from '../src/api/shapes.ts';
import { assert, assertPresent } from '../src/core/assert.ts';
import type { JsonText } from '../src/core/json-text.ts';
import { encodeParams, type NetworkParams } from '../src/core/params.ts';
import { HEAP_FLAGS } from '../src/node/heap-flags.ts';
import { connectProbe, type ProbeClient } from '../src/probe/probe-client.ts';
import type { MiningMode } from '../src/protocol/mining-desk.ts';
import type { Figure } from './measurement.ts';

/** What the process is told at its start. */
export interface BenchNodeSettings {
  readonly home: string;
  readonly dataFolder: string;
  /** The canonical JSON. */
  readonly params: string;
  readonly miningMode: MiningMode;
  /** Left out: the node keeps no table of records. */
  readonly indexes?: readonly string[] | undefined;
}

/** What the process tells when asked. Peaks, percentiles and processor time count from the last reset on. */
export interface NodeMeter {
  readonly rssBytes: number;
  readonly rssPeakBytes: number;
  /** Of all its threads; mining is another process. */
  readonly processorMs: number;
  /** How much later than asked the event loop came by. */
  readonly loopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

export class MeteredNode {
  readonly client: ProbeClient;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, client: ProbeClient) {
    this.#child = child;
    this.client = client;
  }

  /**
   * Starts a node and waits until it is up, and its miner with it: the start of that would else be measured as well. Nodes
   * of one home find each other; the data are in the home unless another folder is named.
   */
  static async start(options: {
    readonly home: string;
    readonly params: NetworkParams;
    readonly dataFolder?: string;
    readonly miningMode?: MiningMode;
    /** The fields by which its records are to be found; it keeps no table of them unless told. */
    readonly indexes?: readonly string[] | undefined;
    /** False: to be there as soon as it is up. */
    readonly withMiner?: boolean;
  }): Promise<MeteredNode> {
    const settings: BenchNodeSettings = {
      home: options.home,
      dataFolder: options.dataFolder ?? join(options.home, 'data'),
      params: encodeParams(options.params),
      miningMode: options.miningMode ?? 'demand',
      indexes: options.indexes,
    };
    const profiles = process.env['BENCH_PROFILES'];
    const child = fork(new URL('bench-node.ts', import.meta.url), [JSON.stringify(settings)], {
      execArgv: [...HEAP_FLAGS, ...(profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`])],
    });
    const message = await firstMessage(child);
    assert(isReady(message), 'a node that is up says its port');
    const node = new MeteredNode(child, await connectProbe({ host: '127.0.0.1', port: message.port }));
    while (options.withMiner !== false && (await node.status()).mining.kernel === null) await delay(MINER_POLL_MS);
    return node;
  }

  async status(): Promise<NodeStatus> {
    return JSON.parse(await this.client.call('status', undefined, { timeoutMs: CALL_TIMEOUT_MS }));
  }

  /** The result of one call, which may take as long as it takes. */
  call(method: RpcMethod, params?: JsonText): Promise<JsonText> {
    return this.client.call(method, params, { timeoutMs: Infinity });
  }

  /** The multiaddress at which peers reach it. */
  async address(): Promise<string> {
    return assertPresent((await this.status()).addresses[0], 'the node listens');
  }

  /** How it did since the last reset. */
  meter(): Promise<NodeMeter> {
    return this.#ask('read');
  }

  /** Begins anew to count. */
  async reset(): Promise<void> {
    await this.#ask('reset');
  }

  /** Ends when the process has ended. */
  async stop(): Promise<void> {
    this.client.close();
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    const [code]: unknown[] = await exited;
    assert(code === 0, 'the node stops in order');
  }

  async #ask(question: 'read' | 'reset'): Promise<NodeMeter> {
    const answered = once(this.#child, 'message');
    this.#child.send(question);
    const [meter]: unknown[] = await answered;
    assert(isMeter(meter), 'it answers how it does');
    return meter;
  }
}

/** The figures of `meter` that have aims: `who` is whose they are. */
export function meterFigures(who: string, { rssPeakBytes, loopDelayMs, processorMs }: NodeMeter): Figure[] {
  return [
    { name: `${who}, resident memory at most`, value: rssPeakBytes / 1e6, unit: 'MB' },
    { name: `${who}, processor time`, value: processorMs / 1000, unit: 's' },
    { name: `${who}, event loop delay p50`, value: loopDelayMs.p50, unit: 'ms' },
    { name: `${who}, event loop delay p99`, value: loopDelayMs.p99, unit: 'ms', aim: 50, better: 'less' },
    { name: `${who}, event loop delay at most`, value: loopDelayMs.max, unit: 'ms' },
  ];
}

/** What a child process says first. Throws where it ends before it has said anything. */
export async function firstMessage(child: ChildProcess): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  child.once('message', resolve);
  child.once('exit', (code) => reject(new Error(`a process of the benchmark ended at its start, with code ${code}`)));
  return promise;
}

function isReady(message: unknown): message is { readonly port: number } {
  return typeof message === 'object' && message !== null && 'port' in message && typeof message.port === 'number';
}

function isMeter(message: unknown): message is NodeMeter {
  return typeof message === 'object' && message !== null && 'rssPeakBytes' in message;
}

const MINER_POLL_MS = 20;
/** Long, because how long a node under load takes to answer is no reason to give up. */
const CALL_TIMEOUT_MS = 120_000;
