/** A node's two clocks, read at one moment. */

export interface Now {
  /**
   * Milliseconds since some moment, by a clock that nobody sets: it never goes back and never leaps. Everything that a
   * node waits for is measured by it.
   */
  readonly steadyMs: number;
  /** Unix milliseconds by the clock on the wall, which is set now and then. Headers are held against it, and dated by it. */
  readonly unixMs: number;
}
