/** Clocks for tests. */
import type { Now } from '../../src/protocol/now.ts';

/** The moment at which both clocks show `ms`. */
export function clocksAt(ms: number): Now {
  return { steadyMs: ms, unixMs: ms };
}
