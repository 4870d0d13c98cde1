/** Searching a header for nonces on one core: every kernel that works here, beside what Node and npm have to offer. */
import { assert, assertPresent } from '../src/core/assert.ts';
import { HASH_BYTES, type Hash, hashToBytes } from '../src/core/hash.ts';
import { HEADER_BYTES } from '../src/core/header.ts';
import { TARGET_MAX } from '../src/core/target.ts';
import type { NonceRange, SearchKernel } from '../src/mining/kernel.ts';
import { KernelError } from '../src/mining/kernel-error.ts';
import { KERNEL_NAMES, type KernelName } from '../src/mining/kernel-name.ts';
import { loadKernel } from '../src/mining/kernels.ts';
import { type Clock, type Comparison, type Expectation, repeated, type Variant } from './harness.ts';
import { CREATE_HASH, createNoncePeers } from './nonce-peers.ts';

/** A kernel under the name by which it is asked for. */
export interface NamedKernel {
  readonly name: KernelName;
  readonly kernel: SearchKernel;
}

/** The kernels that can be used here, those first that are expected to be the fastest. Says which others cannot, and why. */
export function loadKernels(): NamedKernel[] {
  return KERNEL_NAMES.flatMap((name) => {
    try {
      return [{ name, kernel: loadKernel(name) }];
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      console.log(`${name} is left out: ${error.message}`);
      return [];
    }
  });
}

/** All of `kernels`, and the peers, on the same header and the same `count` nonces, none of which fits. */
export async function nonceSearch(kernels: readonly NamedKernel[], count: number): Promise<Comparison> {
  const peers = await createNoncePeers();
  const searchers = [...kernels.map(({ name, kernel }) => ({ ...kernel, name })), ...peers];
  return {
    name: `try ${count} nonces on a header, on one core`,
    unit: 'nonces',
    variants: searchers.map((searcher) => bareSearch(searcher, count, expectationOf(searcher.name))),
    baselines: [
      { name: 'createHash', variants: [CREATE_HASH] },
      { name: 'the best peer', variants: peers.map(({ name }) => name) },
    ],
    verify: () => verifyHits(searchers),
  };
}

/** Nothing but `kernel`, on `count` nonces again and again. */
export function bareSearch(
  kernel: SearchKernel,
  count: number,
  options: Expectation & { readonly clock?: Clock } = {},
): Variant {
  const range = { headerBytes: HEADER, targetBytes: new Uint8Array(HASH_BYTES), firstNonce: 0, count };
  return repeated(
    kernel.name,
    count,
    () => assert(kernel.search(range) === undefined, `${kernel.name}: no hash is zero`),
    options,
  );
}

/** Nonces a second on one core of the machine that RESULTS.md names; `aim` is times what `createHash` does. */
export function expectationOf(name: string): Expectation {
  return EXPECTATIONS.get(name) ?? {};
}

/** Every searcher finds the same nonces. Where it is not so, there is nothing to be measured. */
function verifyHits(searchers: readonly SearchKernel[]): void {
  const targetBytes = hashToBytes((TARGET_MAX >> 6n).toString(16).padStart(2 * HASH_BYTES, '0') as Hash);
  // Where the nonce carries out of the 16 bits in which lanes differ, and out of its lower half.
  const range = { headerBytes: HEADER, targetBytes, firstNonce: 2 ** 32 - 2 ** 11, count: 2 ** 12 };
  const plain = searchers.find(({ name }) => name === CREATE_HASH);
  const expected = hitsOf(assertPresent(plain, 'the plain way is among the peers'), range);
  assert(expected.length > 10, 'the target is easy enough to say something');
  for (const searcher of searchers) {
    assert(hitsOf(searcher, range).join() === expected.join(), `${searcher.name} finds what createHash finds`);
  }
}

function hitsOf(searcher: SearchKernel, range: NonceRange): number[] {
  const end = range.firstNonce + range.count;
  const hits: number[] = [];
  for (let { firstNonce } = range; firstNonce < end; ) {
    const hit = searcher.search({ ...range, firstNonce, count: end - firstNonce });
    if (hit === undefined) break;
    hits.push(hit);
    firstNonce = hit + 1;
  }
  return hits;
}

const HEADER = new Uint8Array(HEADER_BYTES).fill(0x4c);

const EXPECTATIONS: ReadonlyMap<string, Expectation> = new Map([
  ['avx512', { expectedPerSecond: 65_000_000, aim: 140 }],
  ['sha-ni', { expectedPerSecond: 70_000_000 }],
  ['avx2', { expectedPerSecond: 38_000_000 }],
  ['wasm-packed', { expectedPerSecond: 38_000_000, aim: 45 }],
  ['wasm-simd', { expectedPerSecond: 20_000_000, aim: 25 }],
  ['wasm-scalar', { expectedPerSecond: 6_000_000 }],
  ['node-crypto', { expectedPerSecond: 2_100_000 }],
  [CREATE_HASH, { expectedPerSecond: 400_000 }],
  ['crypto.hash to latin1', { expectedPerSecond: 2_100_000 }],
  ['@noble/hashes', { expectedPerSecond: 400_000 }],
  ['@noble/hashes, midstate', { expectedPerSecond: 1_200_000 }],
  ['hash-wasm', { expectedPerSecond: 600_000 }],
  ['hash-wasm, midstate', { expectedPerSecond: 600_000 }],
]);
