/**
 * A process with an IPC channel that judges one chain proof with the hashes that run anywhere: those of a browser, in the engine of
 * Node. It says how long that took, and ends.
 */
import { once } from 'node:events';
import { registerHooks } from 'node:module';
import { assert, assertPresent } from '../src/core/assert.ts';

/** What it tells. */
export interface PortableVerdict {
  readonly ok: boolean;
  /** With code that has never run before. */
  readonly firstMs: number;
  readonly medianMs: number;
  /** Of that. */
  readonly processorMs: number;
}

// `#host` is what package.json says it is; here it is the other one, for all that is loaded from now on.
registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier === '#host' ? new URL('../src/host/host-portable.ts', import.meta.url).href : specifier, context),
});
const { verifyChainProof } = await import('../src/core/chain-proof.ts');
const { SCALE_PARAMS } = await import('./scale/scale-chain.ts');

const [order]: unknown[] = await once(process, 'message');
assert(isOrder(order), 'a proof comes');
const taken: number[] = [];
let isTrue = true;
let before = process.cpuUsage();
for (let round = 0; round <= order.rounds; round++) {
  if (round === 1) before = process.cpuUsage();
  const startMs = performance.now();
  isTrue &&= verifyChainProof(order.proof, SCALE_PARAMS).ok;
  taken.push(performance.now() - startMs);
}
const { user, system } = process.cpuUsage(before);
const processorMs = (user + system) / 1000 / order.rounds;
const firstMs = assertPresent(taken.shift(), 'it was judged once');
const medianMs = assertPresent(taken.sort((one, other) => one - other)[taken.length >> 1], 'and again');
const verdict: PortableVerdict = { ok: isTrue, firstMs, medianMs, processorMs };
process.send?.(verdict, () => process.disconnect());

function isOrder(message: unknown): message is { readonly proof: Uint8Array; readonly rounds: number } {
  return typeof message === 'object' && message !== null && 'proof' in message && 'rounds' in message;
}
