/**
 * A candidate chain from this node's own user: judged block by block as it arrives, in bounded memory, and taken over
 * only when the whole of it is valid and better than the node's own.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { assert, assertPresent } from '../core/assert.ts';
import type { Block } from '../core/block.ts';
import { type ClaimedBlock, parseBlockJson } from '../core/block-json.ts';
import { judgeEntries } from '../core/entry-rules.ts';
import { isBetterTip, type Tip } from '../core/fork-choice.ts';
import { HEADER_BYTES } from '../core/header.ts';
import { followHeaders, validateHeaders } from '../core/header-run.ts';
import type { NetworkParams } from '../core/params.ts';
import { type ChainPoint, genesisPoint, isAheadOfClock, matchBody } from '../core/validation.ts';
import type { Answer } from '../protocol/effects.ts';
import type { ChainStore } from '../storage/chain-store.ts';
import { StoreError } from '../storage/store-error.ts';
import { ActivePages } from './active-pages.ts';
import { BlockSpool, type SpooledBlocks } from './block-spool.ts';
import type { Question } from './runtime.ts';
import { takeSteps } from './time-slices.ts';

export interface ChainOfferParts {
  readonly params: NetworkParams;
  readonly store: ChainStore;
  /** Where blocks are set aside until the last one has come. */
  readonly folder: string;
  readonly clockSeconds: () => number;
  /** The tip that the node follows now. */
  readonly tip: () => Tip;
  /** Hands blocks to the machine, and gives back its answer. */
  readonly take: (question: Question) => Promise<Answer>;
}

/** Where a candidate chain may begin: `active-block` is with any child of a block on this node's chain, or with the genesis. */
export type OfferStart = 'genesis' | 'active-block';

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

/** Judges the chain whose blocks are the JSON texts in `pieces`, and takes it over if it wins. */
export async function offerChain(
  parts: ChainOfferParts,
  pieces: AsyncIterable<readonly string[]>,
  start: OfferStart = 'genesis',
): Promise<OfferVerdict> {
  try {
    return await judgeChain(parts, pieces, start);
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'store-full') throw error;
    return { blocks: 0, fault: { height: 0, code: error.code, message: NO_ROOM } };
  }
}

async function judgeChain(
  parts: ChainOfferParts,
  pieces: AsyncIterable<readonly string[]>,
  start: OfferStart,
): Promise<OfferVerdict> {
  const spool = await BlockSpool.create(parts.folder);
  try {
    const candidate = new Candidate(parts, spool, start);
    for await (const piece of pieces) {
      for (let i = 0; i < piece.length; i += GROUP_BLOCKS_MAX) {
        const verdict = await candidate.take(piece.slice(i, i + GROUP_BLOCKS_MAX));
        if (verdict !== undefined) return verdict;
        await nextTurn();
      }
    }
    return await candidate.end();
  } finally {
    await spool.discard();
  }
}

/** `blocks` in pieces of about a mebibyte: they are judged many at a time. */
export async function* inPieces(blocks: AsyncIterable<string>): AsyncGenerator<readonly string[], void, undefined> {
  let piece: string[] = [];
  let length = 0;
  for await (const block of blocks) {
    piece.push(block);
    length += block.length;
    if (piece.length < GROUP_BLOCKS_MAX && length < BATCH_LIMITS.bytesMax) continue;
    yield piece;
    piece = [];
    length = 0;
  }
  if (piece.length > 0) yield piece;
}

/** A chain of which some blocks have come. What is kept of those that are its own is in the spool. */
class Candidate {
  readonly #parts: ChainOfferParts;
  readonly #spool: BlockSpool;
  readonly #active: ActivePages;
  readonly #start: OfferStart;
  /** Undefined before the first block. */
  #tip: ChainPoint | undefined;
  /** Where it leaves this node's chain. */
  #fork: ChainPoint | undefined;
  #count = 0;
  /** The height of its first block. */
  #from = 0;

  constructor(parts: ChainOfferParts, spool: BlockSpool, start: OfferStart) {
    this.#parts = parts;
    this.#spool = spool;
    this.#start = start;
    this.#active = new ActivePages(parts.store);
  }

  /** Judges the blocks that come next; answers only where one of them is not valid. */
  async take(texts: readonly string[]): Promise<OfferVerdict | undefined> {
    const run: ClaimedBlock[] = [];
    for (const text of texts) {
      const claimed = parseBlockJson(text, this.#parts.params);
      // What is wrong with a block before it comes first.
      if (!claimed.ok) {
        return (await this.#judge(run)) ?? this.#invalid(claimed.fault.code, 'this is not the JSON form of a block');
      }
      if (this.#tip === undefined) {
        const verdict = await this.#begin(claimed.value);
        if (verdict !== undefined) return verdict;
        if (this.#count > 0) continue;
      }
      run.push(claimed.value);
    }
    return this.#judge(run);
  }

  /** The verdict on the whole of it, which is taken over if it is better than the chain of this node. */
  async end(): Promise<OfferVerdict> {
    const { params, take, tip: ownTip } = this.#parts;
    const tip = this.#tip;
    if (tip === undefined) return this.#invalid('chain-empty', 'there is no block in it');
    const { height } = tip.header;
    const rejected = (code: string, message: string): OfferVerdict => {
      return { blocks: this.#count, fault: { height, code, message } };
    };
    // A chain that never leaves ours is at most as long as ours.
    if (this.#fork === undefined || !isBetterTip(tip, ownTip())) {
      return rejected('chain-not-better', 'the chain is valid, but has no more work than the one that this node has');
    }
    let from = this.#fork;
    for await (const batch of this.#spool.batches(BATCH_LIMITS)) {
      const { blocks, last } = blocksOf(batch, from, params);
      const answer = await take({ type: 'blocks-offered', from, blocks });
      if (answer.type === 'refused' && answer.fault.code === 'store-full') {
        return rejected('store-full', NO_ROOM);
      }
      if (answer.type !== 'blocks-taken') {
        return rejected('chain-not-taken', 'the node did not take its blocks: it follows a better chain by now');
      }
      from = last;
    }
    return { blocks: this.#count, fault: undefined };
  }

  /** Finds the place that the first block follows; of the genesis there is none, and it is done with. */
  async #begin(first: ClaimedBlock): Promise<OfferVerdict | undefined> {
    const { params, store } = this.#parts;
    const { header, hash, bodyBytes } = first;
    if (this.#start === 'active-block' && header.height > 0) {
      this.#tip = await store.pointOf(header.previousHash);
      if (this.#tip === undefined) {
        return { blocks: 0, fault: { height: header.height, code: 'parent-unknown', message: PARENT_UNKNOWN } };
      }
      this.#from = this.#tip.header.height + 1;
      return undefined;
    }
    const genesis = genesisPoint(params);
    if (hash !== genesis.hash || !matchBody(first, bodyBytes, params).ok) {
      return this.#invalid('genesis-other', 'the chain begins with another genesis');
    }
    this.#tip = genesis;
    this.#count++;
    return undefined;
  }

  /** Judges blocks that can be read. Of each the clock comes first, then the header, then the data. */
  async #judge(run: readonly ClaimedBlock[]): Promise<OfferVerdict | undefined> {
    if (run.length === 0) return undefined;
    const { params, clockSeconds } = this.#parts;
    const parent = assertPresent(this.#tip, 'the genesis comes before all others');
    const headers = Buffer.concat(run.map(({ bytes }) => bytes));
    const followed = followHeaders(headers, parent, params);
    for (const [i, { header, hash, bytes, bodyBytes }] of run.entries()) {
      if (isAheadOfClock(header, clockSeconds(), params)) {
        return this.#invalid('timestamp-ahead', "the block is too far ahead of this node's clock");
      }
      if (i === followed.count) {
        const { code } = assertPresent(followed.fault, 'a run ends early for a reason');
        return this.#invalid(code, 'the header breaks a rule');
      }
      const block = matchBody({ header, hash }, bodyBytes, params);
      // Signatures come last, and with pauses for others.
      const fault = block.ok ? await takeSteps(judgeEntries(block.value.body, params)) : block.fault;
      if (fault !== undefined) {
        return this.#invalid(fault.code, 'the data break a rule, or are not what the header commits to');
      }
      if (this.#fork === undefined && (await this.#active.hashAt(header.height)) !== hash) {
        this.#fork = followHeaders(headers.subarray(0, i * HEADER_BYTES), parent, params).last;
      }
      if (this.#fork !== undefined) await this.#spool.append(bytes, bodyBytes);
      this.#count++;
    }
    this.#tip = followed.last;
    return undefined;
  }

  #invalid(code: string, message: string): OfferVerdict {
    return { blocks: this.#count, fault: { height: this.#from + this.#count, code, message } };
  }
}

/** The blocks in `batch`, which are known to be valid on `from`, and the place after them. */
function blocksOf(
  { headers, bodies }: SpooledBlocks,
  from: ChainPoint,
  params: NetworkParams,
): { readonly blocks: readonly Block[]; readonly last: ChainPoint } {
  const { points } = validateHeaders(headers, from, params);
  assert(points.length === bodies.length, SPOOLED);
  const blocks = points.map((point, i) => {
    // Their entries were judged on the way into the spool, and the header says that these are the same bytes.
    const block = matchBody(point, assertPresent(bodies[i], SPOOLED), params);
    return assertPresent(block.ok ? block.value : undefined, SPOOLED);
  });
  return { blocks, last: assertPresent(points.at(-1), SPOOLED) };
}

const PARENT_UNKNOWN = 'this node does not have the block before the first one on its chain';
const NO_ROOM = 'the disk of the node has no room for it';
const SPOOLED = 'the spool holds what was judged valid';
/** Judged without a pause: a few milliseconds. */
const GROUP_BLOCKS_MAX = 128;
/** So much is judged and handed over in one go: what waits meanwhile waits a few milliseconds. */
const BATCH_LIMITS = { blocksMax: 256, bytesMax: 1024 * 1024 };
