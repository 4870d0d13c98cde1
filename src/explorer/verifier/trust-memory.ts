/** What this browser remembers of a gateway: which genesis is trusted. Storage belongs to an origin, and so to one gateway. */
import { GENESIS_TEXT } from './gateway-nodes.ts';
import type { RememberedTrust } from './trust-root.ts';

/** Undefined where nothing is remembered, or nothing that can be read. */
export function rememberedTrust(): RememberedTrust | undefined {
  try {
    const [, kind, genesisHash] = STORED_TEXT.exec(localStorage.getItem(KEY) ?? '') ?? [];
    return genesisHash === undefined ? undefined : { genesisHash, isSet: kind === 'set' };
  } catch {
    // A browser may forbid it: then every visit is the first.
    return undefined;
  }
}

/** From now on, in this browser; undefined to forget. What is no hash is not remembered. */
export function rememberTrust(trust: RememberedTrust | undefined): void {
  try {
    if (trust === undefined) localStorage.removeItem(KEY);
    else if (GENESIS_TEXT.test(trust.genesisHash)) {
      localStorage.setItem(KEY, `${trust.isSet ? 'set' : 'seen'} ${trust.genesisHash}`);
    }
  } catch {
    // As above.
  }
}

const KEY = 'cairn-trusted-genesis';
const STORED_TEXT = /^(set|seen) ([0-9a-f]{64})$/;
