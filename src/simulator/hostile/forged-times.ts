/** How a miner may date its blocks to make the next ones easier, as far as the rules let it. */
import type { NetworkParams } from '../../core/params.ts';
import type { ChainPoint } from '../../core/validation.ts';

export type Dating = (clockSeconds: number, parent: ChainPoint) => number;

/** As late as every clock just takes. */
export function datedAhead({ futureTimeMax }: NetworkParams): Dating {
  return (clockSeconds) => clockSeconds + futureTimeMax - MARGIN_SECONDS;
}

/** As early as the parent allows. */
const datedBack: Dating = (_, parent) => parent.header.timestamp;

/** Back and ahead by turns, so that every second solve time is as long as can be. */
export function datedByTurns(params: NetworkParams): Dating {
  const ahead = datedAhead(params);
  return (clockSeconds, parent) =>
    parent.header.height % 2 === 0 ? ahead(clockSeconds, parent) : datedBack(clockSeconds, parent);
}

/** Clocks differ by a little. */
const MARGIN_SECONDS = 5;
