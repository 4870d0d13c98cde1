/**
 * The second pass over a chain of headers that has shown its work: who can give it, and how far it has come
 * (docs/spec/wire.md#sync).
 */
import { assert } from '../core/assert.ts';
import type { ExpectedHeaders, HeaderPresync } from './header-presync.ts';
import { hashAt, headerCount, previousHashAt } from './header-run.ts';
import type { PeerSession } from './peer-session.ts';

export class SecondPass {
  #chain: HeaderPresync;
  /** How many messages have been let into the tree. */
  #done = 0;
  /** Peers that have shown the end of the chain, or named it as their tip. */
  readonly #holders = new Set<PeerSession>();
  /** Peers that were asked for a message of it, and gave none or another. */
  readonly #failed = new Set<PeerSession>();
  /** When it last came further. */
  progressMs: number;

  constructor(chain: HeaderPresync, nowMs: number) {
    this.#chain = chain;
    this.progressMs = nowMs;
  }

  get chain(): HeaderPresync {
    return this.#chain;
  }

  get isDone(): boolean {
    return this.#done === this.#chain.messageCount;
  }

  get holders(): Iterable<PeerSession> {
    return this.#holders;
  }

  /** The message that is due. */
  get due(): ExpectedHeaders {
    assert(!this.isDone, 'a pass that is not done has a message to come');
    return this.#chain.message(this.#done);
  }

  /** Goes over to `chain`, which has more work. What it shares with the present one need not be fetched again. */
  exchange(chain: HeaderPresync): void {
    if (!chain.sharesMessages(this.#chain, this.#done)) {
      this.#done = 0;
      this.#holders.clear();
    }
    this.#failed.clear();
    this.#chain = chain;
  }

  /** Whether `run` begins with the message that is due: then its last header commits to all of it. */
  isDue(run: Uint8Array): boolean {
    if (this.isDone) return false;
    const { parent, count, hash } = this.due;
    return headerCount(run) >= count && previousHashAt(run, 0) === parent && hashAt(run, count - 1) === hash;
  }

  /** The message that was due is in the tree. */
  advance(nowMs: number): void {
    this.#done++;
    this.progressMs = nowMs;
  }

  /** `peer` has the whole chain, as far as can be known. */
  addHolder(peer: PeerSession): void {
    if (!this.#failed.has(peer)) this.#holders.add(peer);
  }

  /** `peer` did not give what was due. */
  fail(peer: PeerSession): void {
    this.#holders.delete(peer);
    this.#failed.add(peer);
  }

  peerGone(peer: PeerSession): void {
    this.#holders.delete(peer);
    this.#failed.delete(peer);
  }

  /** Whether `peer` may be able to give what is due: it has shown the end, or says that it has as much work. */
  mayHave(peer: PeerSession): boolean {
    if (this.#failed.has(peer)) return false;
    return this.#holders.has(peer) || (peer.claimedTip?.work ?? 0n) >= this.#chain.point.work;
  }

  isHolder(peer: PeerSession): boolean {
    return this.#holders.has(peer);
  }
}
