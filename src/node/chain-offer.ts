/**
 * A candidate chain from this node's own user: judged block by block as it arrives, in bounded memory, and taken over
 * only when the whole of it is valid and better than the node's own.
 */
import { assert } from '../core/assert.ts';
import type { Block } from '../core/block.ts';
import { parseBlockJson } from '../core/block-json.ts';
import { isBetterTip, type Tip } from '../core/fork-choice.ts';
import { encodeHeader } from '../core/header.ts';
import { followHeaders } from '../core/header-run.ts';
import type { NetworkParams } from '../core/params.ts';
import { type ChainPoint, genesisPoint, isAheadOfClock, validateBody, validateHeader } from '../core/validation.ts';
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

/** What became of a candidate chain. `fault` is the first one found, at the height where it was found. */
export interface OfferVerdict {
  /** How many blocks were found valid. */
  readonly blocks: number;
  readonly fault: OfferFault | undefined;
}

interface OfferFault {
  readonly height: number;
  readonly code: string;
  readonly message: string;
}

/** Judges the chain whose blocks are the JSON texts `blocks`, and takes it over if it wins. */
export async function offerChain(parts: ChainOfferParts, blocks: AsyncIterable<string>): Promise<OfferVerdict> {
  const spool = await BlockSpool.create(parts.folder);
  try {
    const candidate = await judge(parts, blocks, spool);
    if ('fault' in candidate) return candidate;
    const { fork, tip } = candidate;
    const { height } = tip.header;
    const rejected = (code: string, message: string): OfferVerdict => {
      return { blocks: height + 1, fault: { height, code, message } };
    };
    // A chain that never leaves ours is at most as long as ours.
    if (fork === undefined || !isBetterTip(tip, parts.tip())) {
      return rejected('chain-not-better', 'the chain is valid, but has no more work than the one that this node has');
    }
    let from = fork;
    for await (const batch of spool.batches(parts.params, BATCH_LIMITS)) {
      if (!(await parts.take({ type: 'blocks-offered', from, blocks: batch }))) {
        return rejected('chain-not-taken', 'the node did not take its blocks: it follows a better chain by now');
      }
      from = extendBy(parts.params, from, batch);
    }
    return { blocks: height + 1, fault: undefined };
  } finally {
    await spool.discard();
  }
}

/** Where a valid candidate leaves this node's chain, if it does, and where it ends; its own blocks are in the spool. */
async function judge(
  { params, store, clockSeconds }: ChainOfferParts,
  blocks: AsyncIterable<string>,
  spool: BlockSpool,
): Promise<{ readonly fork: ChainPoint | undefined; readonly tip: ChainPoint } | OfferVerdict> {
  const genesis = genesisPoint(params);
  const active = new ActivePages(store);
  let tip: ChainPoint | undefined;
  let fork: ChainPoint | undefined;
  let count = 0;
  const invalid = (code: string, message: string): OfferVerdict => {
    return { blocks: count, fault: { height: count, code, message } };
  };
  for await (const text of blocks) {
    const claimed = parseBlockJson(text, params);
    if (!claimed.ok) return invalid(claimed.fault.code, 'this is not the JSON form of a block');
    const { header, hash, bodyBytes } = claimed.value;
    if (tip === undefined) {
      if (hash !== genesis.hash || Buffer.compare(bodyBytes, GENESIS_DATA) !== 0) {
        return invalid('genesis-other', 'the chain begins with another genesis');
      }
      tip = genesis;
      count++;
      continue;
    }
    if (isAheadOfClock(header, clockSeconds(), params)) {
      return invalid('timestamp-ahead', "the block is too far ahead of this node's clock");
    }
    const next = validateHeader(claimed.value, tip, params);
    if (!next.ok) return invalid(next.fault.code, 'the header breaks a rule');
    const block = validateBody(next.value, bodyBytes, params);
    if (!block.ok) return invalid(block.fault.code, 'the data break a rule, or are not what the header commits to');
    if (fork === undefined && (await active.hashAt(header.height)) !== hash) fork = tip;
    if (fork !== undefined) await spool.append(block.value);
    tip = next.value;
    count++;
  }
  if (tip === undefined) return invalid('chain-empty', 'there is no block in it');
  return { fork, tip };
}

/** The place after `blocks`, which are known to be valid on `from`. */
function extendBy(params: NetworkParams, from: ChainPoint, blocks: readonly Block[]): ChainPoint {
  const headers = Buffer.concat(blocks.map(({ header }) => encodeHeader(header)));
  const { last, fault } = followHeaders(headers, from, params);
  assert(fault === undefined, 'the spool holds what was judged valid');
  return last;
}

const GENESIS_DATA = Buffer.from('{}');
/** So much is judged and handed over in one go: what waits meanwhile waits a few milliseconds. */
const BATCH_LIMITS = { blocksMax: 256, bytesMax: 1024 * 1024 };
