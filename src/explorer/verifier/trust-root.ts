/** Which genesis is trusted, of what this browser remembers of the gateway and what the gateway says now. */
import { DEFAULT_GENESIS_HASH, type ListedNode } from './gateway-nodes.ts';
import type { TrustRoot } from './verdict.ts';

/** What this browser remembers: by itself, or because its user said so. */
export interface RememberedTrust {
  readonly genesisHash: string;
  readonly isSet: boolean;
}

/**
 * What is remembered, whatever the gateway says; else the default network's genesis, if a node has it; else that of the first node
 * that answers. Undefined while no node says anything.
 */
export function chooseTrust(
  remembered: RememberedTrust | undefined,
  nodes: readonly ListedNode[],
): Omit<TrustRoot, 'networkName'> | undefined {
  const offers = nodes.map(({ genesis }) => genesis).filter((genesis) => genesis !== undefined);
  const genesisHash =
    remembered?.genesisHash ?? offers.find((genesis) => genesis === DEFAULT_GENESIS_HASH) ?? offers[0];
  if (genesisHash === undefined) return undefined;
  const offered = offers.includes(genesisHash) ? genesisHash : offers[0];
  if (remembered?.isSet === true) return { genesisHash, origin: 'set', offered };
  return { genesisHash, origin: genesisHash === DEFAULT_GENESIS_HASH ? 'built-in' : 'first-use', offered };
}
