/** Announces headers that break one rule each, and are right in everything else, their proof of work included. */
import type { Message } from '../../protocol/message.ts';
import type { ActorLink } from '../actor.ts';
import { forgeBadHeader, type HeaderFaultKind } from './bad-header.ts';
import { type Props, Stranger } from './stranger.ts';

export class BadHeaderPeer extends Stranger {
  readonly #kind: HeaderFaultKind;

  constructor(props: Props, kind: HeaderFaultKind) {
    super(props);
    this.#kind = kind;
  }

  /** Shows the same to whoever asks. */
  override heard(link: ActorLink, message: Message): void {
    if (message.type === 'get-headers' && link.node.isUp) link.say({ type: 'headers', headers: this.#forge(link) });
    else super.heard(link, message);
  }

  protected override act(link: ActorLink): void {
    link.say({ type: 'headers', headers: this.#forge(link) });
  }

  #forge({ node }: ActorLink): Uint8Array {
    const { params, random, nowMs } = this;
    return forgeBadHeader(this.#kind, { params, random, parent: node.machine.tip, nowMs });
  }
}
