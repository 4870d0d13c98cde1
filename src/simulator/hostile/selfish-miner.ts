/**
 * Mines on a branch of its own and shows as little of it as it takes to make the others' work worthless (Eyal and Sirer,
 * "Majority is not enough", 2014). The rule of the lower hash stands in for who was heard first.
 */
import { isBetterTip } from '../../core/fork-choice.ts';
import type { ChainPoint } from '../../core/validation.ts';
import { PrivateMiner } from './private-miner.ts';

export class SelfishMiner extends PrivateMiner {
  protected override decide(tip: ChainPoint): void {
    const { branchTip } = this;
    // What it has shown has become the public chain, or the public chain has won.
    const isAdopted = this.branchLength > 0 && tip.hash === branchTip.hash;
    if (this.branchLength === 0 || isAdopted || isBetterTip(tip, branchTip)) return this.#follow(tip);
    const publicLength = tip.header.height - this.fork.header.height;
    if (publicLength <= 0) return;
    const lead = this.branchLength - publicLength;
    // Ahead by one or in a race, everything wins or is lost now; further ahead, as much as the others have is enough.
    this.show(lead <= 1 ? this.branchLength : publicLength);
  }

  #follow(tip: ChainPoint): void {
    if (tip.hash !== this.fork.hash) this.restart(tip);
  }
}
