/** What may be otherwise in a moment, and waiting for it. */
import { LedgerError } from './ledger-error.ts';

/** Whether there was no room for what was handed in, and nothing of it was taken. */
export function isFull(error: unknown): boolean {
  return error instanceof LedgerError && FULL.has(error.code);
}

/** Whether the same question may be answered in a moment: something is full, away, or was lost on the way. */
export function isPassing(error: unknown): boolean {
  return isFull(error) || (error instanceof LedgerError && PASSING.has(error.code));
}

/** Whether a node says of a block, or of an entry in it, that it has left its chain, or has not reached it. */
export function hasMovedOn(error: unknown): error is LedgerError {
  return error instanceof LedgerError && MOVED_ON.has(error.code);
}

/** Resolves after a while that is longer with every failure in a row; rejects with the signal's reason. */
export function pauseAfter(failures: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(
      () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      },
      Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** failures),
    );
    if (signal?.aborted === true) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}

const FULL: ReadonlySet<string> = new Set([
  'author-share-full',
  'entry-index-busy',
  'gateway-full',
  'pool-full',
  'rate-limited',
]);
const PASSING: ReadonlySet<string> = new Set([
  'answer-incomplete',
  'gateway-stopping',
  'gateway-unreachable',
  'node-closed',
  'node-unknown',
  'node-unreachable',
  'probe-timeout',
]);
const MOVED_ON: ReadonlySet<string> = new Set([
  'block-not-found',
  'chain-too-short',
  'entry-misplaced',
  'entry-not-in-chain',
  'height-not-below-tip',
  'tip-not-active',
]);
const PAUSE_MS = 250;
const PAUSE_MS_MAX = 15_000;
