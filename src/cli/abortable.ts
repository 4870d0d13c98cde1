/** Work that Ctrl-C ends in order, and waiting for what cannot be called off itself. */
import { CommandError, EXIT_CODES } from './command-error.ts';

/** What `work` comes to. Its signal is aborted by Ctrl-C, with a `CommandError` that says `message`. */
export async function interruptible<Value>(
  work: (signal: AbortSignal) => Promise<Value>,
  message = 'Interrupted.',
): Promise<Value> {
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort(new CommandError(EXIT_CODES.interrupted, 'interrupted', message));
  process.once('SIGINT', interrupt);
  try {
    return await work(interrupted.signal);
  } finally {
    process.removeListener('SIGINT', interrupt);
  }
}

/** What `work` comes to. Rejects with the signal's reason when it is aborted first; the work goes on unheard. */
export async function abortable<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
