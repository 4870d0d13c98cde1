/** Whether an honest node is blamed for what it has not done. */
import type { Effect, PeerId } from '../../protocol/effects.ts';
import { SCORE_BAN } from '../../protocol/limits.ts';
import type { Tally } from './invariant.ts';

export class Blame {
  readonly #tally: Tally;
  readonly #honest: ReadonlySet<PeerId>;
  #accusations = 0;

  /** `honest` are the ids of all nodes that follow the rules. */
  constructor(tally: Tally, honest: ReadonlySet<PeerId>) {
    this.#tally = tally;
    this.#honest = honest;
  }

  /** How often an honest node was suspected of what nobody can prove: being slow, or having changed its mind. */
  get accusations(): number {
    return this.#accusations;
  }

  check(judge: PeerId, effect: Effect): void {
    if (effect.type === 'report' && effect.code === 'peer-misbehaved') {
      const { peer, fault, score } = effect.facts;
      if (!this.#honest.has(String(peer))) return;
      this.#accusations++;
      const isFair = UNPROVEN.has(String(fault)) && Number(score) > SCORE_BAN;
      this.#tally.check(
        'S-h',
        judge,
        isFair,
        () => `it blames ${String(peer)} for ${String(fault)}, score ${String(score)}`,
      );
    }
    if (effect.type === 'disconnect' && this.#honest.has(effect.peer)) {
      const isFair = !effect.note.startsWith('banned') && !effect.note.startsWith('network-other');
      this.#tally.check('S-h', judge, isFair, () => `it hangs up on ${effect.peer}: ${effect.note}`);
    }
  }
}

/** What may come of delays, reorganisations and want of room: no lie is needed for it. */
const UNPROVEN: ReadonlySet<string> = new Set([
  'blocks-stalled',
  'parent-unknown',
  'header-tree-full',
  'headers-changed',
]);
