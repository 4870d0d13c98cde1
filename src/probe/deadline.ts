/** Timers that may be for ever. */

/** Calls `expire` after `timeoutMs`, never for `Infinity`. Does not keep the process running by itself. */
export function startDeadline(timeoutMs: number, expire: () => void): NodeJS.Timeout | undefined {
  // Node takes a longer time for 1 ms.
  if (timeoutMs > TIMER_MS_MAX) return undefined;
  return setTimeout(expire, timeoutMs).unref();
}

const TIMER_MS_MAX = 2_147_483_647;
