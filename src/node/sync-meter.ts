/** How fast a node catches up, and when it will have: made of what the machine says at given times. */

/** What the machine says of its sync (`FullNode.sync`), and the height of its tip. */
export interface SyncReading {
  /** `headers` while they are proven, `blocks` while bodies are fetched, `idle` when nothing is missing that is known of. */
  readonly phase: 'idle' | 'headers' | 'blocks';
  readonly headersChecked: number;
  /** Of the best chain that is known of; proven, not claimed. */
  readonly targetHeight: number;
  /** In blocks. */
  readonly behind: number;
  readonly height: number;
}

export interface SyncProgress extends Omit<SyncReading, 'height'> {
  /** Headers or blocks a second, as the phase says, over the last seconds; undefined while too little was seen. */
  readonly perSecond: number | undefined;
  /** At this rate, until the last block; undefined while headers are checked, whose number only their end proves. */
  readonly secondsLeft: number | undefined;
}

interface Sample {
  readonly atMs: number;
  readonly done: number;
}

export class SyncMeter {
  #reading: SyncReading = { phase: 'idle', headersChecked: 0, targetHeight: 0, behind: 0, height: 0 };
  /** Of this phase, the oldest first: of the last `WINDOW_MS`. */
  #samples: Sample[] = [];

  /** `nowMs` counts from anywhere, and never goes back. */
  sample(reading: SyncReading, nowMs: number): void {
    const done = progressOf(reading);
    const last = this.#samples.at(-1);
    // A reorganisation takes away what was done, and begins anew.
    const isAnother = reading.phase !== this.#reading.phase || (last !== undefined && done < last.done);
    if (isAnother || reading.phase === 'idle') this.#samples = [];
    this.#reading = reading;
    if (reading.phase === 'idle') return;
    this.#samples.push({ atMs: nowMs, done });
    const oldest = this.#samples.findIndex(({ atMs }) => nowMs - atMs <= WINDOW_MS);
    this.#samples.splice(0, oldest);
  }

  get progress(): SyncProgress {
    const { height: _, ...reading } = this.#reading;
    const perSecond = this.#rate();
    const isKnown = reading.phase === 'blocks' && perSecond !== undefined && perSecond > 0;
    return { ...reading, perSecond, secondsLeft: isKnown ? reading.behind / perSecond : undefined };
  }

  #rate(): number | undefined {
    const [first] = this.#samples;
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.atMs - first.atMs < SPAN_MS_MIN) return undefined;
    return ((last.done - first.done) * 1000) / (last.atMs - first.atMs);
  }
}

function progressOf({ phase, headersChecked, height }: SyncReading): number {
  return phase === 'headers' ? headersChecked : height;
}

/** Long enough to even out commits of many blocks, short enough to follow a peer that has become slow. */
const WINDOW_MS = 10_000;
/** A rate of less says more about when a commit came than about how fast blocks come. */
const SPAN_MS_MIN = 1_000;
