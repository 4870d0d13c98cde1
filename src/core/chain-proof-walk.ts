/** The way through a chain proof from the genesis on, header by header and gap by gap, in the order in which they stand. */
import { assertPresent } from './assert.ts';
import type { ProofReader } from './chain-proof-bytes.ts';
import type { HeaderRun } from './chain-proof-layout.ts';
import { isEasingPossible, leastWorkAt, leastWorkBefore } from './chain-reach.ts';
import { type Hash, hashToNumber } from './hash.ts';
import { type HeaderFault, NONCE_MAX } from './header.ts';
import { type Frontier, historyLeaf, historyRoot } from './history.ts';
import { appendSubtree, subtreesBetween } from './history-proof.ts';
import type { NetworkParams } from './params.ts';
import { retarget } from './retarget.ts';
import { type Bits, bitsToTarget, targetToWork } from './target.ts';
import { type ChainPoint, genesisPoint, type HeaderRuleFault, hashedHeader, requiredBits } from './validation.ts';

/** What a proof says it proves: that there is a valid chain with this tip, and this work up to it. */
export interface ChainClaim {
  readonly tip: Hash;
  readonly height: number;
  readonly work: bigint;
}

export type ChainProofFault =
  | { readonly code: 'chain-proof-size-wrong'; readonly sizeBytes: number; readonly expectedBytes: number }
  | { readonly code: 'chain-proof-format-unknown'; readonly format: number }
  | { readonly code: 'chain-proof-heights-unordered'; readonly height: number }
  | { readonly code: 'chain-proof-tail-too-light'; readonly tailWork: bigint; readonly work: bigint }
  | {
      readonly code: 'chain-proof-header-invalid';
      readonly height: number;
      readonly fault: HeaderFault | HeaderRuleFault;
    }
  | { readonly code: 'chain-proof-bits-unreachable'; readonly height: number; readonly bits: Bits }
  | { readonly code: 'chain-proof-work-wrong'; readonly height: number; readonly work: bigint }
  | { readonly code: 'chain-proof-draw-missed'; readonly height: number; readonly position: bigint }
  | { readonly code: 'chain-proof-height-undrawn'; readonly height: number }
  | { readonly code: 'chain-proof-tip-wrong'; readonly expected: Hash; readonly tip: Hash };

export class ProofWalk {
  readonly #reader: ProofReader;
  readonly #params: NetworkParams;
  /** That of the whole chain, as the proof says: no header has more. */
  readonly #workMax: bigint;
  #last: ChainPoint;
  #headersOpened = 0;
  #subtrees = 0;

  /** Begins at the genesis. `reader` stands before what is opened first. */
  constructor(reader: ProofReader, workMax: bigint, params: NetworkParams) {
    this.#reader = reader;
    this.#params = params;
    this.#workMax = workMax;
    this.#last = genesisPoint(params);
  }

  /** The place of the header that was opened last. */
  get last(): ChainPoint {
    return this.#last;
  }

  /** Without the genesis. */
  get headersOpened(): number {
    return this.#headersOpened;
  }

  /** How many roots of subtrees stood for headers that were not opened. */
  get subtrees(): number {
    return this.#subtrees;
  }

  /** Opens the header after the last one, and judges it by every rule that there is for headers. */
  follow(): ChainProofFault | undefined {
    const { hash, header, work, history } = this.#last;
    const bits = requiredBits(this.#last, this.#params);
    return this.#open({
      height: header.height + 1,
      previousHash: hash,
      bits,
      work: work + targetToWork(targetOf(bits)),
      history,
    });
  }

  /**
   * Opens these runs, of which the first begins with the genesis. Each of the `positions`, ascending, must be in the work of
   * one of the headers at `drawn`, which are the last ones of three in a row, and each of those must have one.
   */
  openDrawn(
    runs: readonly HeaderRun[],
    drawn: readonly number[],
    positions: readonly bigint[],
  ): ChainProofFault | undefined {
    const listed = new Set(drawn);
    let settled = 0;
    /** Counts off the positions in the work of the last header, which is judged by every rule. */
    const settle = (): ChainProofFault | undefined => {
      const { header, work } = this.#last;
      const before = settled;
      let position = positions[settled];
      while (position !== undefined && position < work) position = positions[++settled];
      const isDrawn = settled > before;
      if (isDrawn === listed.has(header.height)) return undefined;
      return isDrawn
        ? { code: 'chain-proof-draw-missed', height: header.height, position: assertPresent(positions[before], DRAWN) }
        : { code: 'chain-proof-height-undrawn', height: header.height };
    };
    /** Looks for a position before the end of the two headers behind a gap, by which only the next one is judged. */
    const findMissed = (): ChainProofFault | undefined => {
      const { header, work } = this.#last;
      const position = positions[settled];
      if (position === undefined || position >= work) return undefined;
      return { code: 'chain-proof-draw-missed', height: header.height, position };
    };
    for (const { first, last } of runs) {
      let fault = first === 0 ? settle() : (this.#leap(first) ?? findMissed());
      while (fault === undefined && this.#last.header.height < last) fault = this.follow() ?? settle();
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  /** Goes over a gap and opens the two headers behind it, which show what the next one is judged by. */
  #leap(height: number): ChainProofFault | undefined {
    const from = this.#last;
    let { history } = from;
    for (const { leafCount } of subtreesBetween(from.header.height + 1, height)) {
      history = appendSubtree(history, { leafCount, root: this.#reader.hash() });
      this.#subtrees++;
    }
    const previousHash = this.#reader.hash();
    const work = this.#reader.u256();
    const bits = this.#reader.u32();
    const nextBits = this.#reader.u32();
    const workFault = this.#judgeGapWork(from, { height, bits, work });
    if (workFault !== undefined) return workFault;
    const fault = this.#open({ height, previousHash, bits, work, history });
    if (fault !== undefined) return fault;
    const isReachable = this.#isNextInReach(from, nextBits) && this.#isEasingInReach(from, nextBits);
    if (!isReachable) return { code: 'chain-proof-bits-unreachable', height: height + 1, bits: nextBits };
    return this.#open({
      height: height + 1,
      previousHash: this.#last.hash,
      bits: nextBits,
      work: work + targetToWork(targetOf(nextBits)),
      history: this.#last.history,
    });
  }

  /** Whether the headers that were not opened can have led to this header with as much work as it says. */
  #judgeGapWork(
    from: ChainPoint,
    to: { readonly height: number; readonly bits: Bits; readonly work: bigint },
  ): ChainProofFault | undefined {
    const { height, bits, work } = to;
    const target = bitsToTarget(bits);
    const unreachable: ChainProofFault = { code: 'chain-proof-bits-unreachable', height, bits };
    if (target === undefined || bits > this.#params.targetLimit) return unreachable;
    const own = targetToWork(target);
    const distance = height - from.header.height;
    if (targetToWork(targetOf(from.header.bits)) < leastWorkAt(own, distance, this.#params)) return unreachable;
    if (work - own - from.work < leastWorkBefore(own, distance - 1, this.#params)) {
      return { code: 'chain-proof-work-wrong', height, work };
    }
    return undefined;
  }

  /** Whether bits can follow those of the last header, of which it is not known how long after the one before it it came. */
  #isNextInReach(from: ChainPoint, bits: Bits): boolean {
    const { header } = this.#last;
    const hardest = retarget(header.bits, 0, this.#params);
    const easiest = retarget(header.bits, header.timestamp - from.header.timestamp, this.#params);
    return bitsToTarget(bits) !== undefined && bits >= hardest && bits <= easiest;
  }

  /** Whether blocks can have become as easy as the one after the last in the time since `from`. */
  #isEasingInReach(from: ChainPoint, bits: Bits): boolean {
    const { header } = this.#last;
    // The first two blocks of a network are as hard as it says, and it has no time before the genesis.
    const base = Math.max(1, from.header.height);
    return isEasingPossible({
      from: targetOf(from.header.bits),
      to: targetOf(bits),
      blocks: header.height + 1 - base,
      seconds: header.timestamp - (from.parentTimestamp ?? from.header.timestamp),
      params: this.#params,
    });
  }

  /** Reads what does not follow of a header, and judges it by its time and its hash: all else about it was computed. */
  #open(follows: {
    readonly height: number;
    readonly previousHash: Hash;
    readonly bits: Bits;
    readonly work: bigint;
    readonly history: Frontier;
  }): ChainProofFault | undefined {
    const { height, previousHash, bits, work, history } = follows;
    const { dataRoot, timestamp, nonce } = this.#reader.opened();
    if (work > this.#workMax) return { code: 'chain-proof-work-wrong', height, work };
    const parentTimestamp = this.#last.header.timestamp;
    const fault = (broken: HeaderFault | HeaderRuleFault): ChainProofFault => {
      return { code: 'chain-proof-header-invalid', height, fault: broken };
    };
    if (nonce > BigInt(NONCE_MAX)) return fault({ code: 'header-nonce-too-large', nonce });
    if (timestamp < parentTimestamp) return fault({ code: 'timestamp-before-parent', parentTimestamp, timestamp });
    const fields = { height, previousHash, historyRoot: historyRoot(history), dataRoot, timestamp, bits };
    const { header, bytes, hash } = hashedHeader({ ...fields, nonce: Number(nonce) });
    if (hashToNumber(hash) > targetOf(bits)) return fault({ code: 'work-too-low', hash, bits });
    const leaf = { leafCount: 1, root: historyLeaf(bytes, work) };
    this.#last = { hash, header, work, history: appendSubtree(history, leaf), parentTimestamp };
    this.#headersOpened++;
    return undefined;
  }
}

/** The target of bits that a rule has already accepted. */
function targetOf(bits: Bits): bigint {
  return assertPresent(bitsToTarget(bits), 'accepted bits name a target');
}

const DRAWN = 'a position was counted off';
