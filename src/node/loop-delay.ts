/**
 * How long the node's event loop keeps others waiting: what whoever asks a node, or sends it a message, waits for its
 * thread beside the work itself.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** In seconds. */
export interface LoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** How far back it was looked. */
  readonly window: number;
}

/**
 * Two histograms, begun in turns, of which the older is told: so what is told never covers less than half of the window,
 * and asking changes nothing.
 */
export class LoopDelayMeter {
  #older = begin(performance.now());
  #younger = begin(performance.now());
  readonly #turn: NodeJS.Timeout;

  constructor(options: { readonly windowMs: number } = { windowMs: WINDOW_MS }) {
    this.#turn = setInterval(() => this.#change(), options.windowMs / 2).unref();
  }

  get delay(): LoopDelay {
    const { histogram, startedMs } = this.#older;
    return {
      p50: beyondTimer(histogram.count === 0 ? 0 : histogram.percentile(50)),
      p99: beyondTimer(histogram.count === 0 ? 0 : histogram.percentile(99)),
      max: beyondTimer(histogram.count === 0 ? 0 : histogram.max),
      window: (performance.now() - startedMs) / 1000,
    };
  }

  stop(): void {
    clearInterval(this.#turn);
    this.#older.histogram.disable();
    this.#younger.histogram.disable();
  }

  #change(): void {
    this.#older.histogram.disable();
    this.#older = this.#younger;
    this.#younger = begin(performance.now());
  }
}

interface Observation {
  readonly histogram: ReturnType<typeof monitorEventLoopDelay>;
  readonly startedMs: number;
}

function begin(startedMs: number): Observation {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  return { histogram, startedMs };
}

/** Node measures from one timer to the next, in nanoseconds: the time that the timer itself takes is no delay. */
function beyondTimer(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1000);
}

/** Two timers of this interval cost an idle node nothing that can be measured. */
const RESOLUTION_MS = 20;
const WINDOW_MS = 60_000;
