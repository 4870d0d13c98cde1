/**
 * The event loop's time, shared by all peers of a network.
 *
 * A chunk from the wire may hold thousands of small messages, and many peers may send at once. Messages are handled for
 * `TURN_MS_MAX` in one turn, whoever sent them; those who have more wait in line for the next. Before that the event loop
 * goes round a few times without them: an answer to the node's own user takes several rounds, and each would else wait for
 * a turn, or for a message that takes longer than one.
 */

export class LoopTurns {
  readonly #nextRound: (round: () => void) => void;
  readonly #line: (() => void)[] = [];
  #startMs: number | undefined;
  /** How often the event loop has gone round since the turn was used up. */
  #roundsBetween = 0;

  /** `nextRound` calls back in a later turn of the event loop, after what has come in until then: Node's `setImmediate`. */
  constructor(nextRound: (round: () => void) => void) {
    this.#nextRound = nextRound;
  }

  /** Whether this turn has been used up. The first to ask begins one. */
  get isOver(): boolean {
    if (this.#startMs === undefined) {
      this.#startMs = performance.now();
      this.#nextRound(this.#next);
      return false;
    }
    return performance.now() - this.#startMs >= TURN_MS_MAX;
  }

  /** Calls `goOn` in a later turn, after those who have come before. For whoever has just found this one over. */
  waitForNext(goOn: () => void): void {
    this.#line.push(goOn);
  }

  readonly #next = (): void => {
    if (this.isOver && this.#roundsBetween < ROUNDS_BETWEEN_MAX) {
      this.#roundsBetween++;
      this.#nextRound(this.#next);
      return;
    }
    this.#roundsBetween = 0;
    this.#startMs = undefined;
    // Who has more than fits into this turn goes to the end of the line; for whom there is no time keeps his place.
    for (let waiting = this.#line.length; waiting > 0 && !this.isOver; waiting--) this.#line.shift()?.();
  };
}

const TURN_MS_MAX = 3;
/** Measured with peers that flood a node: its user waits half as long as without, and a sync takes no longer. */
const ROUNDS_BETWEEN_MAX = 4;
