/** Checks the whole stored chain again, rule by rule, from the genesis: the store does it, and this is what is told. */
import type { Validation } from '../api/shapes.ts';
import type { ChainStore } from '../storage/chain-store.ts';
import { StoreError } from '../storage/store-error.ts';

/**
 * Has the store judge every block of the active chain. `onProgress` hears how many blocks are done, of how many, and
 * `onDamage` of what cannot be read. Stops when `signal` is aborted.
 */
export async function checkChain(options: {
  readonly store: Pick<ChainStore, 'check'>;
  readonly onProgress: (blocks: number, of: number) => void;
  readonly onDamage: (error: StoreError) => void;
  readonly signal: AbortSignal;
}): Promise<Validation> {
  const { store, onProgress, onDamage, signal } = options;
  const { blocks, fault } = await store.check({ onProgress, signal });
  if (fault === undefined) return { valid: true, blocks, fault: null };
  const { height, code, message, block } = fault;
  if (code === 'block-damaged' || code === 'store-damaged') {
    onDamage(new StoreError(code, message, block === undefined ? {} : { block }));
  }
  return { valid: false, blocks, fault: { height, code, message } };
}
