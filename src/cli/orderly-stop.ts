/** How long-running commands end: in order at the first signal, at once at the second, and never later than a deadline. */

/**
 * Calls `stop` at the first signal, or when the process that started this one with a channel to it is gone. A second
 * signal exits at once, as a shell expects of one: 130 or 143.
 *
 * Ctrl-C under `npm start` comes twice, from the terminal and from npm: what comes right after the first is the same.
 */
export function onStopAsked(stop: () => void): void {
  let askedMs: number | undefined;
  const ask = () => {
    if (askedMs !== undefined) return;
    askedMs = performance.now();
    stop();
  };
  for (const [signal, exitCode] of SIGNAL_EXIT_CODES) {
    process.on(signal, () => {
      if (askedMs !== undefined && performance.now() - askedMs > SAME_SIGNAL_MS) process.exit(exitCode);
      ask();
    });
  }
  // Undefined where there never was a channel.
  if (process.connected === false) ask();
  else process.on('disconnect', ask);
}

/** Waits for `work`, at most for `deadlineMs`. False where it took longer. */
export async function withinDeadline(work: Promise<unknown>, deadlineMs: number): Promise<boolean> {
  const { promise: expired, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), deadlineMs);
  try {
    return await Promise.race([work.then(() => true), expired]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * What `starting` comes to. Undefined where `stopAsked` came first and `starting` took more than `deadlineMs` from
 * then on: who stops a program that hangs in its start is not kept waiting.
 */
export function startedInTime<Started>(
  starting: Promise<Started>,
  stopAsked: Promise<unknown>,
  deadlineMs: number,
): Promise<Started | undefined> {
  const overdue = stopAsked.then(async () => ((await withinDeadline(starting, deadlineMs)) ? starting : undefined));
  return Promise.race([starting, overdue]);
}

const SAME_SIGNAL_MS = 250;

/** For everything to be closed. */
export const STOP_DEADLINE_MS = 5_000;

const SIGNAL_EXIT_CODES = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const;
