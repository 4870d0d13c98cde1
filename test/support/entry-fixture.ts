/** Entries and peers for tests of the machine's parts. */
import { hashLeaf } from '../../src/core/merkle.ts';
import type { PeerId, PooledEntry } from '../../src/protocol/effects.ts';
import { PeerSession } from '../../src/protocol/peer-session.ts';

/** The entry whose canonical JSON is `text`. */
export function entryOf(text: string): PooledEntry {
  const bytes = new TextEncoder().encode(text);
  return { id: hashLeaf(bytes), bytes };
}

/** `count` entries, all different, and from those of another label. */
export function entriesOf(label: string, count: number): PooledEntry[] {
  return Array.from({ length: count }, (_, i) => entryOf(JSON.stringify(`${label} ${i}`)));
}

/** A session with a peer that has greeted. */
export function greetedPeer(id: PeerId, direction: 'inbound' | 'outbound' = 'inbound'): PeerSession {
  const peer = new PeerSession({ id, address: `/ip4/192.0.2.1/tcp/1/p2p/${id}`, direction, nowMs: 0 });
  peer.agent = 'test/1';
  return peer;
}
