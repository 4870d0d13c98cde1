/** What a node watches of itself while it runs: how its sync goes, and how long its event loop keeps others waiting. */
import type { FullNode } from '../protocol/full-node.ts';
import { type LoopDelay, LoopDelayMeter } from './loop-delay.ts';
import { SyncMeter, type SyncProgress, type SyncReading } from './sync-meter.ts';

export class NodeGauges {
  readonly #machine: FullNode;
  readonly #syncMeter = new SyncMeter();
  readonly #loopMeter = new LoopDelayMeter();
  readonly #sampling: NodeJS.Timeout;

  constructor(machine: FullNode) {
    this.#machine = machine;
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

  stop(): void {
    clearInterval(this.#sampling);
    this.#loopMeter.stop();
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
