/**
 * A candidate chain from this node's own user: judged block by block as it arrives, in bounded memory, and taken over
 * only when the whole of it is valid and better than the node's own.
 */
import { assertPresent } from '../core/assert.ts';
import type { Block } from '../core/block.ts';
import { parseBlockJson } from '../core/block-json.ts';
import { isBetterTip, type Tip } from '../core/fork-choice.ts';
import type { NetworkParams } from '../core/params.ts';
import {
  type ChainPoint,
  genesisPoint,
  hashedHeader,
  isAheadOfClock,
  validateBody,
  validateHeader,
} from '../core/validation.ts';
import type { ChainStore } from '../storage/chain-store.ts';
import { ActivePages } from './active-pages.ts';
import { BlockSpool } from './block-spool.ts';
import type { Question } from './runtime.ts';

export interface ChainOfferParts {
  readonly params: NetworkParams;
  readonly store: ChainStore;
  /** Where blocks are set aside until the last one has come. */
  readonly folder: string;
  readonly clockSeconds: () => number;
  /** The tip that the node follows now. */
  readonly tip: () => Tip;
  /** Hands blocks to the machine; whether it took them. */
  readonly take: (question: Question) => Promise<boolean>;
}

/** Judges the chain whose blocks are the JSON texts `blocks`, and takes it over if it wins. */
export async function offerChain(
  parts: ChainOfferParts,
  blocks: AsyncIterable<string>,
): Promise<'accepted' | 'rejected'> {
  const spool = await BlockSpool.create(parts.folder);
  try {
    const candidate = await judge(parts, blocks, spool);
    if (candidate === undefined || !isBetterTip(candidate.tip, parts.tip())) return 'rejected';
    let from = candidate.fork;
    for await (const batch of spool.batches(parts.params, BATCH_LIMITS)) {
      if (!(await parts.take({ type: 'blocks-offered', from, blocks: batch }))) return 'rejected';
      from = extendBy(parts.params, from, batch);
    }
    return 'accepted';
  } finally {
    await spool.discard();
  }
}

/** Where a valid candidate leaves this node's chain, and where it ends; its own blocks are in the spool. */
async function judge(
  { params, store, clockSeconds }: ChainOfferParts,
  blocks: AsyncIterable<string>,
  spool: BlockSpool,
): Promise<{ readonly fork: ChainPoint; readonly tip: ChainPoint } | undefined> {
  const genesis = genesisPoint(params);
  const active = new ActivePages(store);
  let tip: ChainPoint | undefined;
  let fork: ChainPoint | undefined;
  for await (const text of blocks) {
    const claimed = parseBlockJson(text, params);
    if (!claimed.ok) return undefined;
    const { header, hash, bodyBytes } = claimed.value;
    if (tip === undefined) {
      if (hash !== genesis.hash || Buffer.compare(bodyBytes, GENESIS_DATA) !== 0) return undefined;
      tip = genesis;
      continue;
    }
    if (isAheadOfClock(header, clockSeconds(), params)) return undefined;
    const next = validateHeader(claimed.value, tip, params);
    if (!next.ok) return undefined;
    const block = validateBody(next.value, bodyBytes, params);
    if (!block.ok) return undefined;
    if (fork === undefined && (await active.hashAt(header.height)) !== hash) fork = tip;
    if (fork !== undefined) await spool.append(block.value);
    tip = next.value;
  }
  // A chain that never leaves ours is at most as long as ours.
  return tip === undefined || fork === undefined ? undefined : { fork, tip };
}

/** The place after `blocks`, which are known to be valid on `from`. */
function extendBy(params: NetworkParams, from: ChainPoint, blocks: readonly Block[]): ChainPoint {
  return blocks.reduce((point, { header }) => {
    const next = validateHeader(hashedHeader(header), point, params);
    return assertPresent(next.ok ? next.value : undefined, 'the spool holds what was judged valid');
  }, from);
}

const GENESIS_DATA = Buffer.from('{}');
/** So much is judged and handed over in one go: what waits meanwhile waits a few milliseconds. */
const BATCH_LIMITS = { blocksMax: 256, bytesMax: 1024 * 1024 };
