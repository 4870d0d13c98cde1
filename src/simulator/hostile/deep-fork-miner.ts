/** Keeps a long branch back, and shows it at once when it is the better chain: a majority can undo as much as it likes. */
import { isBetterTip } from '../../core/fork-choice.ts';
import type { ChainPoint } from '../../core/validation.ts';
import { type MinerOptions, PrivateMiner } from './private-miner.ts';
import type { Props } from './stranger.ts';

export interface DeepForkOptions extends MinerOptions {
  /** How many blocks of the others it wants to undo at once. */
  readonly depth: number;
}

export class DeepForkMiner extends PrivateMiner {
  readonly #depth: number;

  constructor(props: Props, options: DeepForkOptions) {
    super(props, options);
    this.#depth = options.depth;
  }

  protected override decide(tip: ChainPoint): void {
    const { branchTip, fork } = this;
    const undone = tip.header.height - fork.header.height;
    const isShown = this.shownLength > 0;
    if (this.branchLength === 0 && undone !== 0) return this.restart(tip);
    if (isShown && (tip.hash === branchTip.hash || isBetterTip(tip, branchTip))) return this.restart(tip);
    if (undone >= this.#depth && isBetterTip(branchTip, tip)) this.show(this.branchLength);
    // The others are too far ahead.
    else if (undone > 2 * this.#depth) this.restart(tip);
  }
}
