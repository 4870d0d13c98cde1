/**
 * Judges a chain that was stored before the rules for entries were as they are now, once, behind the start of the node.
 *
 * Its blocks were judged when they came. One that breaks a rule of today is refused by everybody else, with all that stands
 * on it: its owner must hear of it, and of what to do.
 */
import type { Logger } from 'pino';
import type { Input } from '../protocol/effects.ts';
import type { ChainStore } from '../storage/chain-store.ts';
import type { StoreError } from '../storage/store-error.ts';
import { checkChain } from './chain-check.ts';

export interface StoredChainJudgeParts {
  readonly store: Pick<ChainStore, 'check'>;
  readonly logger: Logger;
  readonly runtime: { feed(input: Input): void; damageFound(error: StoreError): void };
  readonly signal: AbortSignal;
}

/** Resolves when all is judged, or `signal` is aborted. The store remembers a chain that was found right. */
export async function judgeStoredChain({ store, logger, runtime, signal }: StoredChainJudgeParts): Promise<void> {
  logger.info('the chain was stored before the rules were as they are now: it is judged once more, in the background');
  try {
    const onDamage = (error: StoreError) => runtime.damageFound(error);
    const { blocks, fault } = await checkChain({ store, onProgress: () => undefined, onDamage, signal });
    if (fault === null) return logger.info({ blocks }, 'the chain obeys the rules');
    const { height, code, message } = fault;
    if (DAMAGE_CODES.has(code)) logger.warn({ height, code, message }, 'the chain is judged again at the next start');
    else runtime.feed({ type: 'stored-block-invalid', height, fault: code });
  } catch (error) {
    if (!signal.aborted) logger.warn({ err: error }, 'the chain could not be judged: the next start tries again');
  }
}

/** What can be mended says nothing of the rules. */
const DAMAGE_CODES: ReadonlySet<string> = new Set(['block-damaged', 'store-damaged']);
