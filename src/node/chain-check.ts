/** Checks the whole stored chain again, rule by rule, from the genesis. */
import type { Validation } from '../api/shapes.ts';
import type { NetworkParams } from '../core/params.ts';
import { createGenesis, genesisPoint, hashedHeader, validateBody, validateHeader } from '../core/validation.ts';
import type { ChainStore } from '../storage/chain-store.ts';
import { isDamage, type StoreError } from '../storage/store-error.ts';

/**
 * Reads every block of the active chain and judges it as if it came from a stranger. `onProgress` hears how many blocks
 * are done, of how many, and `onDamage` of the block that cannot be read. Stops when `signal` is aborted.
 */
export async function checkChain(options: {
  readonly store: ChainStore;
  readonly params: NetworkParams;
  readonly onProgress: (blocks: number, of: number) => void;
  readonly onDamage: (error: StoreError) => void;
  readonly signal: AbortSignal;
}): Promise<Validation> {
  const { store, params, signal } = options;
  const { tip, length } = await store.chainJson();
  const genesis = createGenesis(params);
  let point = genesisPoint(params);
  let blocks = 0;
  const invalid = (height: number, code: string, message: string): Validation => {
    return { valid: false, blocks, fault: { height, code, message } };
  };
  try {
    for await (const { block } of store.readChain({ tip, from: 0 })) {
      signal.throwIfAborted();
      if (blocks === 0) {
        if (block.hash !== genesis.hash) return invalid(0, 'genesis-other', 'the chain begins with another genesis');
      } else {
        const next = validateHeader(hashedHeader(block.header), point, params);
        if (!next.ok) return invalid(blocks, next.fault.code, 'the header breaks a rule');
        const body = validateBody(next.value, block.body.bytes, params);
        if (!body.ok) return invalid(blocks, body.fault.code, 'the data are not what the header commits to');
        point = next.value;
      }
      blocks++;
      if (blocks % PROGRESS_BLOCKS === 0) options.onProgress(blocks, length);
    }
  } catch (error) {
    // What the store itself finds damaged is an answer to the question, not a failure to answer it. That the disk cannot
    // be read, or that the node stops, says nothing of the chain.
    if (isDamage(error)) {
      options.onDamage(error);
      return invalid(blocks, error.code, error.message);
    }
    throw error;
  }
  const isWhole = blocks === length && point.hash === tip;
  return isWhole ? { valid: true, blocks, fault: null } : invalid(blocks, 'chain-incomplete', 'blocks are missing');
}

const PROGRESS_BLOCKS = 1_000;
