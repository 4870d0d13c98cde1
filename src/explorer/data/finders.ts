/** Who found which block, as far as the nodes within reach say so of themselves. */
import type { NetworkState } from './network-state.ts';

/** The port of the node that found a block, by the block's hash. */
export function findersOf(nodes: NetworkState): ReadonlyMap<string, number> {
  const finders = new Map<string, number>();
  for (const { port, status } of nodes) for (const hash of status?.mining.found ?? []) finders.set(hash, port);
  return finders;
}
