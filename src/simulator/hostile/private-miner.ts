/** Blocks that a miner keeps to itself until it sees fit to show them. */
import type { Hash } from '../../core/hash.ts';
import { bitsToTarget, targetToWork } from '../../core/target.ts';
import { type ChainPoint, genesisPoint, requiredBits } from '../../core/validation.ts';
import type { Message } from '../../protocol/message.ts';
import type { ActorLink } from '../actor.ts';
import { bodyOfTexts, type ForgedBlock, forgeBlock, joinHeaders } from './forge.ts';
import { type Props, Stranger } from './stranger.ts';

export interface MinerOptions {
  readonly hashesPerSecond: number;
  /** How its blocks are dated, given the time and the parent's; like anybody's, unless told. */
  readonly date?: (clockSeconds: number, parent: ChainPoint) => number;
}

/** A miner with a branch of its own. What it does with the branch is what `decide` says. */
export abstract class PrivateMiner extends Stranger {
  /** Every block that it has found. */
  readonly found = new Set<Hash>();
  readonly #options: MinerOptions;
  #fork: ChainPoint;
  #branch: ForgedBlock[] = [];
  #shown = 0;
  #minedToMs = 0;

  constructor(props: Props, options: MinerOptions) {
    super(props);
    this.#options = options;
    this.#fork = genesisPoint(props.params);
  }

  /** Where the branch leaves the public chain. */
  protected get fork(): ChainPoint {
    return this.#fork;
  }

  protected get branchLength(): number {
    return this.#branch.length;
  }

  protected get shownLength(): number {
    return this.#shown;
  }

  /** The end of the branch; where it leaves, while it is empty. */
  protected get branchTip(): ChainPoint {
    return this.#branch.at(-1)?.point ?? this.#fork;
  }

  override heard(link: ActorLink, message: Message): void {
    if (message.type === 'get-headers') {
      const shown = this.#branch.slice(0, this.#shown);
      const known = shown.findLastIndex(({ block }) => message.locator.includes(block.hash));
      const headers = joinHeaders(shown.slice(known + 1).map(({ block }) => block.header));
      link.say({ type: 'headers', headers });
    } else if (message.type === 'get-blocks') {
      for (const hash of message.hashes) this.#give(link, hash);
    } else if (message.type === 'get-block-ids') this.#give(link, message.hash);
    else super.heard(link, message);
  }

  /** Mines in the time that has gone by, and looks at the public chain before each block. */
  override tick(nowMs: number): void {
    let atMs = this.#minedToMs === 0 ? nowMs : this.#minedToMs;
    super.tick(nowMs);
    this.decide(this.publicTip());
    for (;;) {
      const work = Number(targetToWork(bitsToTarget(requiredBits(this.branchTip, this.params)) ?? 0n));
      atMs += this.random.waiting((work / this.#options.hashesPerSecond) * 1000);
      if (atMs > nowMs) break;
      this.#mine(Math.floor(atMs / 1000));
      this.decide(this.publicTip());
    }
    this.#minedToMs = nowMs;
  }

  /** What to do, now that the public chain ends in `tip`, or the branch is longer. */
  protected abstract decide(tip: ChainPoint): void;

  /** Begins anew on the public chain. */
  protected restart(tip: ChainPoint): void {
    this.#fork = tip;
    this.#branch = [];
    this.#shown = 0;
  }

  /** Shows the first `length` blocks of the branch to everybody. */
  protected show(length: number): void {
    const fresh = this.#branch.slice(this.#shown, length);
    if (fresh.length === 0) return;
    this.#shown += fresh.length;
    const headers = joinHeaders(this.#branch.slice(0, this.#shown).map(({ block }) => block.header));
    for (const link of this.links) link.say({ type: 'headers', headers });
  }

  #mine(clockSeconds: number): void {
    const parent = this.branchTip;
    const dated = this.#options.date?.(clockSeconds, parent) ?? clockSeconds;
    const body = bodyOfTexts(`"private ${parent.header.height + 1} ${this.random.integer(0, 1e6)}"`);
    const nonceFrom = this.random.integer(0, 1e6);
    const forged = forgeBlock(this.params, { parent, body, clockSeconds: dated, nonceFrom });
    this.#branch.push(forged);
    this.found.add(forged.block.hash);
  }

  #give(link: ActorLink, hash: Hash): void {
    const shown = this.#branch.slice(0, this.#shown).find(({ block }) => block.hash === hash);
    if (shown === undefined) return link.say({ type: 'not-found', hashes: [hash] });
    link.say({ type: 'block', hash, bodyBytes: shown.block.body.bytes });
  }
}
