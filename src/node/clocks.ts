/** The clocks of this process. */
import type { Now } from '../protocol/now.ts';

/**
 * Both clocks, read now. The steady one counts from where the other stood when the process started, so that its readings
 * look like Unix time; it stands still while the machine sleeps.
 */
export function readClocks(): Now {
  return { steadyMs: performance.timeOrigin + performance.now(), unixMs: Date.now() };
}
