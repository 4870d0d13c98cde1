/** Tips as peers name them. */
import type { ChainPoint } from '../core/validation.ts';
import type { PeerTip } from './peer-session.ts';

/** What a peer would say of a chain that ends in `point`. */
export function tipOf({ hash, header, work }: ChainPoint): PeerTip {
  return { hash, height: header.height, work };
}
