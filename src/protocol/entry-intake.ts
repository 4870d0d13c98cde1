/** How entries come in: from the node's own user, who is answered, and from peers, who may be at fault. */
import type { Hash } from '../core/hash.ts';
import type { NetworkParams } from '../core/params.ts';
import type { Effect, Input, PooledEntry } from './effects.ts';
import { parseEntries } from './entry-batch.ts';
import { authorNames } from './entry-pool.ts';
import type { EntryRelay } from './entry-relay.ts';
import type { Ledger } from './ledger.ts';
import type { Now } from './now.ts';
import type { PeerSession } from './peer-session.ts';
import { type Refused, RefusedEntries } from './refused-entries.ts';

/** What the node's own user and the store have to say of entries. */
type EntryInput = Extract<Input, { type: 'entries-submitted' | 'entries-refused' | 'entries-found' }>;

export class EntryIntake {
  readonly #params: NetworkParams;
  readonly #ledger: Ledger;
  readonly #relay: EntryRelay;
  readonly #refused = new RefusedEntries();

  constructor(parts: { readonly params: NetworkParams; readonly ledger: Ledger; readonly relay: EntryRelay }) {
    this.#params = parts.params;
    this.#ledger = parts.ledger;
    this.#relay = parts.relay;
  }

  /** Why the entry was not recorded, if its refusal is remembered. */
  refused(id: Hash, steadyMs: number): Refused | undefined {
    return this.#refused.find(id, steadyMs);
  }

  take(input: EntryInput, now: Now): readonly Effect[] {
    switch (input.type) {
      case 'entries-submitted': {
        const { request, entries, once } = input;
        if (once === true) return this.#ledger.submitOnce(request, entries);
        return this.#ledger.submit(request, entries, now.unixMs);
      }
      case 'entries-refused':
        this.#refused.add(input.entries, now);
        return [];
      case 'entries-found':
        return this.#ledger.entriesFound(input.places, input.indexedTo, now.unixMs);
    }
  }

  /** Whether an entry that `peer` has sent was asked for, and there is room for it. */
  isWanted(peer: PeerSession, entry: PooledEntry): boolean {
    return this.#relay.isAsked(peer, entry.id) && this.#ledger.pool.hasRoomFor(entry, peer.id);
  }

  /** A peer's `entries`, in canonical JSON. Gives back the code of the rule that they break, if they do. */
  received(peer: PeerSession, arrayBytes: Uint8Array, now: Now): string | undefined {
    const entries = parseEntries(arrayBytes, this.#params);
    if (!entries.ok) return entries.fault.code;
    for (const entry of entries.value) {
      // What nobody has asked for is not even judged, nor what there is no room for: to verify it would be for nothing.
      if (!this.#relay.arrived(peer, entry.id)) continue;
      const named = { ...entry, authors: authorNames(entry) };
      if (!this.#ledger.pool.hasRoomFor(named, peer.id)) continue;
      const fault = this.#ledger.judge.findFault(entry);
      if (fault !== undefined) return fault.code;
      this.#ledger.takeEntry(named, peer.id, now.unixMs);
    }
    return undefined;
  }
}
