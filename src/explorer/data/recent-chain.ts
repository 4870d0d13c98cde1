/** The upper end of a node's chain, highest block first, as pages and events tell it. */
import type { BlockSummary, LedgerEvent } from '../../api/shapes.ts';

/** A block as far as it is known: events do not tell of its size and target. */
export interface RecentBlock {
  readonly height: number;
  readonly hash: string;
  readonly prev_hash: string;
  readonly time: string;
  readonly entries: number;
  readonly size_bytes: number | undefined;
  readonly bits: string | undefined;
}

/** As many blocks as are kept: those that fit on a wide screen, and some to scroll to. */
export const RECENT_BLOCKS = 24;

export function recentFrom(page: readonly BlockSummary[]): RecentBlock[] {
  return page.slice(0, RECENT_BLOCKS);
}

/** The chain after an event of its node; undefined where the event does not fit to it, and the node has to be asked. */
export function advance(chain: readonly RecentBlock[], event: LedgerEvent): readonly RecentBlock[] | undefined {
  const tip = chain[0];
  if (event.type === 'block-added') {
    if (tip?.hash === event.hash) return chain;
    if (tip === undefined || tip.hash !== event.prev_hash) return undefined;
    const { height, hash, prev_hash, time, entries } = event;
    return [{ height, hash, prev_hash, time, entries, size_bytes: undefined, bits: undefined }, ...chain].slice(
      0,
      RECENT_BLOCKS,
    );
  }
  if (event.type === 'block-removed') return chain.filter(({ height }) => height < event.height);
  return chain;
}

/** Whether the block `hash` at `height` is in the chain; undefined where the chain does not reach down or up to it. */
export function isIn(
  chain: readonly RecentBlock[],
  place: { readonly height: number; readonly hash: string },
): boolean | undefined {
  const block = chain.find(({ height }) => height === place.height);
  return block === undefined ? undefined : block.hash === place.hash;
}
