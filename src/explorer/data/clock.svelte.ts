/** The time as the page shows ages by it: a second at a time, for all of them at once. */

class Clock {
  /** Milliseconds since 1970. */
  nowMs: number = $state(Date.now());

  constructor() {
    setInterval(() => {
      // A hidden page has nobody who looks.
      if (!document.hidden) this.nowMs = Date.now();
    }, TICK_MS);
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.nowMs = Date.now();
    });
  }
}

const TICK_MS = 1_000;

export const clock = new Clock();
