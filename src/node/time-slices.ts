/** Long work on the thread that everybody waits for: in slices, with a turn for others between them. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { readClocks } from './clocks.ts';

/** Gives way to others where it has worked for a while. */
export class TimeSlices {
  readonly #steadyMs: () => number;
  #sinceMs: number;

  /** `steadyMs` is the clock that never leaps. */
  constructor(steadyMs = () => readClocks().steadyMs) {
    this.#steadyMs = steadyMs;
    this.#sinceMs = steadyMs();
  }

  /** Called often, between two steps of the work. */
  async breathe(): Promise<void> {
    if (this.#steadyMs() - this.#sinceMs < SLICE_MS) return;
    await nextTurn();
    this.#sinceMs = this.#steadyMs();
  }
}

/** Takes all of `steps`, in slices, and gives back what they lead to. */
export async function takeSteps<Value>(
  steps: Iterator<void, Value, undefined>,
  slices = new TimeSlices(),
): Promise<Value> {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    await slices.breathe();
  }
}

/** So long others wait at most while signatures are checked. */
const SLICE_MS = 10;
