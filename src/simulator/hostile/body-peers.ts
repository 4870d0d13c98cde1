/** Peers who have mined a block in earnest, and give no body for it, or a wrong one. */
import { encodeUtf8 } from '#host';
import { entryIds } from '../../core/body.ts';
import type { Hash } from '../../core/hash.ts';
import { HEADERS_PER_MESSAGE_MAX } from '../../protocol/limits.ts';
import type { Message } from '../../protocol/message.ts';
import type { ActorLink } from '../actor.ts';
import { type ForgedBlock, joinHeaders } from './forge.ts';
import { type Props, Stranger } from './stranger.ts';

/** Announces a block of its own now and then, and says nothing when its body is asked for, or that it has not got it. */
export class BodyWithholder extends Stranger {
  readonly #isSilent: boolean;
  #nextMs = 0;

  constructor(props: Props, options: { readonly isSilent: boolean }) {
    super(props);
    this.#isSilent = options.isSilent;
  }

  override heard(link: ActorLink, message: Message): void {
    const isAsked = message.type === 'get-blocks' || message.type === 'get-block-ids';
    if (isAsked && this.#isSilent) return;
    if (message.type === 'get-block-ids') return link.say({ type: 'not-found', hashes: [message.hash] });
    super.heard(link, message);
  }

  protected override act(link: ActorLink): void {
    if (this.nowMs < this.#nextMs) return;
    this.#nextMs = this.nowMs + this.random.waiting(PAUSE_BLOCKS * this.params.blockInterval * 1000);
    const { block } = this.forge(link.node.machine.tip, '"withheld"');
    link.say({ type: 'headers', headers: joinHeaders([block.header]) });
  }
}

/** Shows the chain that everybody has, before others do, and never gives a body of it. */
export class StingyPeer extends Stranger {
  override heard(link: ActorLink, message: Message): void {
    if (message.type === 'get-blocks' || message.type === 'get-block-ids') return;
    if (message.type === 'get-headers') void this.#show(link, message.locator);
    else super.heard(link, message);
  }

  protected override meet(link: ActorLink): void {
    const { hash, header, work } = this.publicTip();
    link.say(this.hello({ hash, height: header.height, work }));
  }

  protected override act(link: ActorLink): void {
    const { header } = this.publicTip();
    if (header.height > 0) link.say({ type: 'headers', headers: joinHeaders([header]) });
  }

  /** The headers that whoever has the best chain would give. */
  async #show(link: ActorLink, locator: readonly Hash[]): Promise<void> {
    const { hash } = this.publicTip();
    const holder = [...this.links].find(({ node }) => node.isUp && node.machine.tip.hash === hash);
    const headers = await holder?.node.disk.kept.headersAfter(locator, HEADERS_PER_MESSAGE_MAX);
    if (headers !== undefined) link.say({ type: 'headers', headers });
  }
}

/** How a body can be false though its header is true. */
export const BODY_FAULTS = ['doubled', 'swapped', 'flipped', 'unwrapped', 'empty', 'spaced', 'ids', 'entries'] as const;

export type BodyFaultKind = (typeof BODY_FAULTS)[number];

/** Announces a block to everybody, gives a false body to the first who asks, and the true one to all others. */
export class BodyMutator extends Stranger {
  readonly #kind: BodyFaultKind;
  readonly #mined = new Map<Hash, ForgedBlock>();
  readonly #deceived = new Map<Hash, ActorLink>();
  #nextMs = 0;

  constructor(props: Props, kind: BodyFaultKind) {
    super(props);
    this.#kind = kind;
  }

  override heard(link: ActorLink, message: Message): void {
    if (message.type === 'get-blocks') {
      for (const hash of message.hashes) this.#give(link, hash);
    } else if (message.type === 'get-block-ids') this.#giveIds(link, message.hash);
    else if (message.type === 'get-block-entries') {
      link.say({ type: 'block-entries', hash: message.hash, arrayBytes: encodeUtf8('["another"]') });
    } else super.heard(link, message);
  }

  protected override act(link: ActorLink): void {
    if (this.nowMs < this.#nextMs) return;
    this.#nextMs = this.nowMs + this.random.waiting(PAUSE_BLOCKS * this.params.blockInterval * 1000);
    // Long entries, so that the block is worth being put together of what waits.
    const entries = Array.from({ length: 4 }, (_, i) => `"${i} ${'mutated '.repeat(80)}${this.nowMs}"`);
    // One that the others have, too, so that they ask for the rest by their places.
    for (const { bytes } of link.node.machine.pool.stored()) {
      entries.push(Buffer.from(bytes).toString('utf8'));
      break;
    }
    const forged = this.forge(link.node.machine.tip, ...entries);
    this.#mined.set(forged.block.hash, forged);
    const headers = joinHeaders([forged.block.header]);
    for (const other of this.links) other.say({ type: 'headers', headers });
  }

  #give(link: ActorLink, hash: Hash): void {
    const forged = this.#mined.get(hash);
    if (forged === undefined) return link.say({ type: 'not-found', hashes: [hash] });
    const { bytes } = forged.block.body;
    const isDeceived = this.#deceives(link, hash);
    link.say({ type: 'block', hash, bodyBytes: isDeceived ? mutate(bytes, this.#kind) : bytes });
  }

  #giveIds(link: ActorLink, hash: Hash): void {
    const forged = this.#mined.get(hash);
    if (forged === undefined || (this.#kind !== 'ids' && this.#kind !== 'entries')) return this.#give(link, hash);
    const ids = [...entryIds(forged.block.body)];
    const isDeceived = this.#deceives(link, hash);
    if (!isDeceived) return this.#give(link, hash);
    if (this.#kind === 'ids') ids.reverse();
    link.say({ type: 'block-ids', hash, shape: 'array', ids });
  }

  #deceives(link: ActorLink, hash: Hash): boolean {
    const first = this.#deceived.get(hash) ?? link;
    this.#deceived.set(hash, first);
    return first === link;
  }
}

/** Another body that might be taken for `bytes`, an array of texts without escapes. */
function mutate(bytes: Uint8Array, kind: BodyFaultKind): Uint8Array {
  const text = Buffer.from(bytes).toString('utf8');
  const entries = text.slice(1, -1).split(',');
  switch (kind) {
    case 'doubled':
      // The last one twice: what once had the same root in another system (CVE-2012-2459).
      return encodeUtf8(`[${[...entries, entries.at(-1)].join(',')}]`);
    case 'swapped':
      return encodeUtf8(`[${entries.toReversed().join(',')}]`);
    case 'unwrapped':
      return encodeUtf8(entries[0] ?? 'null');
    case 'empty':
      return encodeUtf8('[]');
    case 'spaced':
      return encodeUtf8(`[${entries.join(', ')}]`);
    case 'flipped':
    case 'ids':
    case 'entries':
      return encodeUtf8(text.replace('mutated', 'mutates'));
  }
}

/** How many block intervals lie between two blocks of one of them, on average. */
const PAUSE_BLOCKS = 6;
