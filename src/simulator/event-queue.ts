/**
 * What is going to happen in a world, and its time, which moves from one event to the next.
 *
 * A binary heap: of two events at one moment, the one that was asked for first happens first.
 */
import { assert } from '../core/assert.ts';

/** Something that happens. One that gives back a promise is over when that is settled; no other event comes meanwhile. */
export type Happening = () => void | Promise<void>;

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: Happening;
}

export class EventQueue {
  readonly #heap: Event[] = [];
  #count = 0;
  #happened = 0;
  #nowMs: number;

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  /** The time of the world, in milliseconds. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** How many events there have been. */
  get happened(): number {
    return this.#happened;
  }

  /** Has something happen `delayMs` from now. */
  after(delayMs: number, run: Happening): void {
    assert(delayMs >= 0, 'nothing happens in the past');
    this.#count++;
    this.#rise(this.#heap.length, { atMs: this.#nowMs + delayMs, order: this.#count, run });
  }

  /** Lets everything happen up to and including `endMs`, or until `isOver` says so, which is asked after each event. */
  async runUntil(endMs: number, isOver?: () => boolean): Promise<void> {
    while (isOver?.() !== true) {
      const next = this.#heap[0];
      if (next === undefined || next.atMs > endMs) {
        this.#nowMs = Math.max(this.#nowMs, endMs);
        return;
      }
      this.#removeFirst();
      this.#nowMs = next.atMs;
      this.#happened++;
      const happening = next.run();
      // Most events are over at once, and a turn of the event loop for each would take longer than they do.
      if (happening !== undefined) await happening;
    }
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) this.#sink(last);
  }

  /** Puts `event` on the free place `at`, or as far above it as it belongs. */
  #rise(at: number, event: Event): void {
    let place = at;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#heap[above];
      if (parent === undefined || isEarlier(parent, event)) break;
      this.#heap[place] = parent;
      place = above;
    }
    this.#heap[place] = event;
  }

  /** Puts `event` at the top, or as far below it as it belongs. */
  #sink(event: Event): void {
    const heap = this.#heap;
    let place = 0;
    for (;;) {
      const left = heap[2 * place + 1];
      const right = heap[2 * place + 2];
      if (left === undefined) break;
      const isRight = right !== undefined && isEarlier(right, left);
      const child = isRight ? right : left;
      if (isEarlier(event, child)) break;
      heap[place] = child;
      place = 2 * place + (isRight ? 2 : 1);
    }
    heap[place] = event;
  }
}

function isEarlier(one: Event, other: Event): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
