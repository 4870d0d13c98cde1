/**
 * A chain of headers in its first pass: judged header by header and not kept (docs/spec/wire.md#sync).
 *
 * What is kept is where the chain begins, the place at its end, and the hash that every message ended in. Each of these
 * hashes commits to all headers before it, so in the second pass a message that ends in the right one is the right one.
 * A flood of headers with little work in it so costs no memory: 32 bytes for each 2,000 of them.
 */
import { bytesToHex } from '#host';
import { assert } from '../core/assert.ts';
import { isBetterTip } from '../core/fork-choice.ts';
import { HASH_BYTES, type Hash, hashToBytes } from '../core/hash.ts';
import { followHeaders, type JudgedHeaders } from '../core/header-run.ts';
import type { NetworkParams } from '../core/params.ts';
import type { ChainPoint } from '../core/validation.ts';
import { hashAt, headerCount } from './header-run.ts';
import { HEADERS_PER_MESSAGE_MAX, PRESYNC_MESSAGES_MAX } from './limits.ts';

/** A message of the second pass. */
export interface ExpectedHeaders {
  /** The hash that its first header builds on. */
  readonly parent: Hash;
  readonly count: number;
  /** The hash of its last header. */
  readonly hash: Hash;
}

export class HeaderPresync {
  /** Where the chain leaves what is known. */
  readonly start: ChainPoint;
  #point: ChainPoint;
  /** The hashes of every 2,000th header, one after the other. */
  #marks: Uint8Array;
  #markCount: number;
  /** The place at the last mark, where a message has ended there. */
  #markPoint: ChainPoint | undefined;

  constructor(start: ChainPoint) {
    this.start = start;
    this.#point = start;
    this.#marks = new Uint8Array(HASH_BYTES * MARKS_MIN);
    this.#markCount = 0;
    this.#markPoint = undefined;
  }

  /** The last header that was judged. */
  get point(): ChainPoint {
    return this.#point;
  }

  /** Hashes from which a peer can go on with this chain, the last one first. */
  get ends(): readonly Hash[] {
    return this.#markPoint === undefined || this.#markPoint === this.#point
      ? [this.#point.hash]
      : [this.#point.hash, this.#markPoint.hash];
  }

  /** Of how many messages the second pass consists. */
  get messageCount(): number {
    return this.#markCount + (this.#looseCount > 0 ? 1 : 0);
  }

  /** Whether no more can be noted. */
  get isFull(): boolean {
    return this.#markCount >= PRESYNC_MESSAGES_MAX;
  }

  /** A copy that ends in `hash`, one of its `ends`, for another chain to go on from there. */
  copyTo(hash: Hash): HeaderPresync {
    const copy = new HeaderPresync(this.start);
    copy.#marks = this.#marks.slice();
    copy.#markCount = this.#markCount;
    copy.#markPoint = this.#markPoint;
    const end = hash === this.#point.hash ? this.#point : this.#markPoint;
    assert(end?.hash === hash, 'the chain can be gone on with from its ends');
    copy.#point = end;
    return copy;
  }

  /** Judges `run`, which builds on `point`, and goes on to its end; to the header before the first that breaks a rule. */
  extend(run: Uint8Array, params: NetworkParams): JudgedHeaders['fault'] {
    const { last, count, fault } = followHeaders(run, this.#point, params);
    // One header after the other, but only every 2,000th leaves something.
    for (let next = HEADERS_PER_MESSAGE_MAX - this.#looseCount; next <= count; next += HEADERS_PER_MESSAGE_MAX) {
      this.#mark(hashAt(run, next - 1));
      this.#markPoint = next === headerCount(run) ? last : undefined;
    }
    this.#point = last;
    return fault;
  }

  /** The message of the second pass at `index`, from 0 on. */
  message(index: number): ExpectedHeaders {
    assert(index < this.messageCount, 'the second pass has such a message');
    const parent = index === 0 ? this.start.hash : this.#markAt(index - 1);
    if (index < this.#markCount) return { parent, count: HEADERS_PER_MESSAGE_MAX, hash: this.#markAt(index) };
    return { parent, count: this.#looseCount, hash: this.#point.hash };
  }

  /** Whether the first `count` messages of this chain's second pass are those of `other`. */
  sharesMessages(other: HeaderPresync, count: number): boolean {
    if (this.start.hash !== other.start.hash || count > this.#markCount || count > other.#markCount) return false;
    return count === 0 || this.#markAt(count - 1) === other.#markAt(count - 1);
  }

  get #looseCount(): number {
    return this.#point.header.height - this.start.header.height - this.#markCount * HEADERS_PER_MESSAGE_MAX;
  }

  #markAt(index: number): Hash {
    return bytesToHex(this.#marks.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES)) as Hash;
  }

  #mark(hash: Hash): void {
    if ((this.#markCount + 1) * HASH_BYTES > this.#marks.length) {
      const larger = new Uint8Array(2 * this.#marks.length);
      larger.set(this.#marks);
      this.#marks = larger;
    }
    this.#marks.set(hashToBytes(hash), this.#markCount * HASH_BYTES);
    this.#markCount++;
  }
}

/** Those of `chains` that are there, the one with the most work first. */
export function bestFirst(chains: readonly (HeaderPresync | undefined)[]): HeaderPresync[] {
  return chains
    .filter((chain) => chain !== undefined)
    .sort((one, other) => (isBetterTip(one.point, other.point) ? -1 : 1));
}

/** A copy of the first of `chains` that can be gone on with from `hash`, up to there. */
export function chainTo(chains: readonly (HeaderPresync | undefined)[], hash: Hash): HeaderPresync | undefined {
  return chains.find((chain) => chain?.ends.includes(hash) === true)?.copyTo(hash);
}

/** The one of `chains` that ends where `run` does: then another peer has shown the same. */
export function chainEndingIn(chains: readonly HeaderPresync[], run: Uint8Array): HeaderPresync | undefined {
  if (chains.length === 0) return undefined;
  const last = hashAt(run, headerCount(run) - 1);
  return chains.find(({ point }) => point.hash === last);
}

/** Marks that there is room for at first: a million headers. */
const MARKS_MIN = 512;
