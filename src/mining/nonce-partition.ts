/** How the nonces are shared out between threads. */

/** One thread's nonces: `count` of them from `firstNonce` on. */
export interface NoncePart {
  readonly firstNonce: number;
  readonly count: number;
}

/** The nonces below `nonceCount` in `threads` runs, one after the other; equal but for the last, which takes the rest. */
export function partitionNonces(nonceCount: number, threads: number): NoncePart[] {
  const share = Math.floor(nonceCount / threads);
  return Array.from({ length: threads }, (_, thread) => {
    const firstNonce = thread * share;
    return { firstNonce, count: thread === threads - 1 ? nonceCount - firstNonce : share };
  });
}
