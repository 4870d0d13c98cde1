/** What a node watches of itself while it runs: how its sync goes, how long its event loop keeps others waiting, and its disk. */
import type { FullNode } from '../protocol/full-node.ts';
import { DiskGauge, type DiskUsage, readUsage } from './disk-gauge.ts';
import { type LoopDelay, LoopDelayMeter } from './loop-delay.ts';
import { SyncMeter, type SyncProgress, type SyncReading } from './sync-meter.ts';

export class NodeGauges {
  readonly #machine: FullNode;
  readonly #syncMeter = new SyncMeter();
  readonly #loopMeter = new LoopDelayMeter();
  readonly #diskGauge: DiskGauge;
  readonly #sampling: NodeJS.Timeout;

  /** `folder` has the node's files. */
  constructor(machine: FullNode, folder: string) {
    this.#machine = machine;
    this.#diskGauge = new DiskGauge(() => readUsage(folder));
    this.#sampling = setInterval(() => this.#sample(), SAMPLE_MS).unref();
    this.#sample();
  }

  get sync(): SyncProgress {
    this.#sample();
    return this.#syncMeter.progress;
  }

  get loopDelay(): LoopDelay {
    return this.#loopMeter.delay;
  }

  /** Undefined where it is not known. */
  get disk(): DiskUsage | undefined {
    return this.#diskGauge.usage;
  }

  stop(): void {
    clearInterval(this.#sampling);
    this.#loopMeter.stop();
    this.#diskGauge.stop();
  }

  #sample(): void {
    this.#syncMeter.sample(readSync(this.#machine), performance.now());
  }
}

function readSync(machine: FullNode): SyncReading {
  return { ...machine.sync, height: machine.tip.header.height };
}

/** Often enough for a rate over some seconds. */
const SAMPLE_MS = 250;
