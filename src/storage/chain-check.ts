/** Checks a whole chain that was stored again, rule by rule, from the genesis. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SpelledBlock } from '../core/block-json.ts';
import type { Body } from '../core/body.ts';
import { type BodyRuleFault, judgeEntries } from '../core/entry-rules.ts';
import { createGenesis } from '../core/genesis.ts';
import type { Hash } from '../core/hash.ts';
import type { NetworkParams } from '../core/params.ts';
import { genesisPoint, hashedHeader, matchBody, validateHeader } from '../core/validation.ts';
import type { ChainCheck, ChainCheckOptions } from './chain-store.ts';
import { isDamage } from './store-error.ts';

/**
 * Judges `blocks`, which should be the chain of `length` blocks that ends in `tip`, as if they came from a stranger.
 * What is done with faults and failures: see `ChainStore.check`.
 */
export async function checkChain(
  options: ChainCheckOptions & {
    readonly blocks: AsyncIterable<SpelledBlock>;
    readonly tip: Hash;
    readonly length: number;
    readonly params: NetworkParams;
  },
): Promise<ChainCheck> {
  const { tip, length, params, signal } = options;
  const genesis = createGenesis(params);
  let point = genesisPoint(params);
  let blocks = 0;
  const invalid = (height: number, code: string, message: string): ChainCheck => {
    return { blocks, fault: { height, code, message, block: undefined } };
  };
  try {
    for await (const block of options.blocks) {
      signal.throwIfAborted();
      if (blocks === 0) {
        if (block.hash !== genesis.hash) return invalid(0, 'genesis-other', 'the chain begins with another genesis');
      } else {
        const next = validateHeader(hashedHeader(block.header), point, params);
        if (!next.ok) return invalid(blocks, next.fault.code, 'the header breaks a rule');
        const body = matchBody(next.value, block.body.bytes, params);
        if (!body.ok) return invalid(blocks, body.fault.code, 'the data are not what the header commits to');
        const broken = await findBrokenEntry(body.value.body, params, signal);
        if (broken !== undefined)
          return invalid(blocks, broken.code, `entry ${broken.entry} of the block breaks a rule`);
        point = next.value;
      }
      blocks++;
      if (blocks % PROGRESS_BLOCKS === 0) options.onProgress(blocks, length);
    }
  } catch (error) {
    // What the store itself finds damaged is an answer to the question, not a failure to answer it. That the disk cannot
    // be read, or that the node stops, says nothing of the chain.
    if (!isDamage(error)) throw error;
    return { blocks, fault: { height: blocks, code: error.code, message: error.message, block: error.block } };
  }
  const isWhole = blocks === length && point.hash === tip;
  return isWhole ? { blocks, fault: undefined } : invalid(blocks, 'chain-incomplete', 'blocks are missing');
}

/** As the rule of this name, with a turn for others now and then. */
async function findBrokenEntry(
  body: Body,
  params: NetworkParams,
  signal: AbortSignal,
): Promise<BodyRuleFault | undefined> {
  const steps = judgeEntries(body, params);
  for (let count = 1; ; count++) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (count % ENTRIES_A_TURN !== 0) continue;
    await nextTurn();
    signal.throwIfAborted();
  }
}

const PROGRESS_BLOCKS = 1_000;
/** Of signed ones: some 5 ms. */
const ENTRIES_A_TURN = 32;
