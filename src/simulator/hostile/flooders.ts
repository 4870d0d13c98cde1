/** Peers who say too much: headers without parents, ids that nobody has, addresses where nobody is, entries without end. */
import { encodeUtf8 } from '#host';
import type { Hash } from '../../core/hash.ts';
import { hashLeaf } from '../../core/merkle.ts';
import { ADDRESSES_PER_MESSAGE_MAX, IDS_PER_MESSAGE_MAX } from '../../protocol/limits.ts';
import { joinEntries, type Message } from '../../protocol/message.ts';
import type { ActorLink } from '../actor.ts';
import { type Props, Stranger } from './stranger.ts';

/** Tells of ever new tips whose parents nobody knows, and answers the questions that follow with more of them. */
export class OrphanFlooder extends Stranger {
  override heard(link: ActorLink, message: Message): void {
    if (message.type === 'get-headers') link.say({ type: 'headers', headers: this.#orphans(50) });
    else super.heard(link, message);
  }

  protected override meet(link: ActorLink): void {
    link.say(this.hello({ hash: this.randomHash(), height: 1_000_000, work: 10n ** 30n }));
  }

  protected override act(link: ActorLink): void {
    for (let i = 0; i < 3; i++) link.say({ type: 'headers', headers: this.#orphans(this.random.integer(1, 20)) });
  }

  /** So many headers that follow on nothing, not even on each other. */
  #orphans(count: number): Uint8Array {
    const headers = this.noise(118 * count);
    for (let i = 0; i < count; i++) headers.set([0x4c, 0x01], 118 * i);
    return headers;
  }
}

/** Names ids of entries that there are not, as many as a message holds (CVE-2018-17145), and asks for as many. */
export class InventoryFlooder extends Stranger {
  protected override act(link: ActorLink): void {
    // In bursts: a thousand ids take as long as all else that happens in a simulated minute.
    if (!this.random.chance(0.008)) return;
    for (let i = 0; i < 12; i++) {
      const ids = Array.from({ length: IDS_PER_MESSAGE_MAX }, () => this.#cheapHash());
      link.say({ type: 'inventory', ids });
      if (i === 0) link.say({ type: 'get-entries', ids });
    }
  }

  #cheapHash(): Hash {
    const word = this.random
      .integer(0, 2 ** 32 - 1)
      .toString(16)
      .padStart(8, '0');
    return word.repeat(8) as Hash;
  }
}

/** Tells of addresses where nobody is, asked and unasked. */
export class AddressFlooder extends Stranger {
  override heard(link: ActorLink, message: Message): void {
    if (message.type === 'get-peers') link.say({ type: 'peers', addresses: this.#addresses() });
    else super.heard(link, message);
  }

  protected override meet(link: ActorLink): void {
    link.say({ ...this.hello(), addresses: this.#addresses() });
  }

  protected override act(link: ActorLink): void {
    for (let i = 0; i < 3; i++) link.say({ type: 'peers', addresses: this.#addresses() });
  }

  #addresses(): string[] {
    return Array.from({ length: ADDRESSES_PER_MESSAGE_MAX }, () => {
      const number = this.random.integer(0, 2 ** 24 - 1);
      return `/ip4/10.${number >> 16}.${(number >> 8) & 255}.${number & 255}/tcp/7/p2p/nobody-${number}`;
    });
  }
}

/** What can be wrong with an entry that is sent. */
export const ENTRY_FAULTS = ['none', 'spaced', 'deep', 'long', 'number', 'broken'] as const;

export type EntryFaultKind = (typeof ENTRY_FAULTS)[number];

/** Tells of entries of its own and gives them when asked: valid ones without end, or such as no block may hold. */
export class EntrySpammer extends Stranger {
  readonly #kind: EntryFaultKind;
  readonly #entries = new Map<Hash, Uint8Array>();

  constructor(props: Props, kind: EntryFaultKind) {
    super(props);
    this.#kind = kind;
  }

  override heard(link: ActorLink, message: Message): void {
    if (message.type !== 'get-entries') return super.heard(link, message);
    const asked = message.ids.map((id) => this.#entries.get(id)).filter((bytes) => bytes !== undefined);
    if (asked.length > 0) link.say({ type: 'entries', arrayBytes: joinEntries(asked) });
  }

  protected override act(link: ActorLink): void {
    const ids: Hash[] = [];
    for (let i = 0; i < ENTRIES_PER_TICK && this.#entries.size < ENTRIES_IN_ALL; i++) {
      const bytes = encodeUtf8(this.#text());
      const id = hashLeaf(bytes);
      this.#entries.set(id, bytes);
      ids.push(id);
    }
    if (ids.length > 0) link.say({ type: 'inventory', ids });
  }

  #text(): string {
    const number = this.random.integer(0, 2 ** 40);
    switch (this.#kind) {
      case 'none':
        return `{"spam":${number}}`;
      case 'spaced':
        return `{"spam": ${number}}`;
      case 'deep':
        return `${'['.repeat(33)}${number}${']'.repeat(33)}`;
      case 'long':
        return `"${number}${'x'.repeat(65_536)}"`;
      case 'number':
        return `9007199254740993${number}`;
      case 'broken':
        return `{"spam":${number}`;
    }
  }
}

/** Enough to fill blocks, and few enough for blocks to hold them all in the end. */
const ENTRIES_PER_TICK = 5;
const ENTRIES_IN_ALL = 400;
