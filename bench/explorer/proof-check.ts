/** Checking a chain proof, as a page does: put together for a browser by `bench/explorer.ts`. */
import { verifyChainProof } from '../../src/core/chain-proof.ts';
import { parseParams } from '../../src/core/params.ts';

/** Checks `proof`, as hex, on the network of `paramsText`, and answers how long each of `rounds` took, in ms. */
export function timeCheck(proof: string, paramsText: string, rounds: number): number[] {
  const params = parseParams(paramsText);
  if (!params.ok) throw new Error(params.fault.code);
  const bytes = Uint8Array.from(proof.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
  return Array.from({ length: rounds }, () => {
    const startMs = performance.now();
    const checked = verifyChainProof(bytes, params.value);
    const elapsedMs = performance.now() - startMs;
    if (!checked.ok) throw new Error(checked.fault.code);
    return elapsedMs;
  });
}
