/** Announces headers that break one rule each, and are right in everything else, their proof of work included. */
import { hashToNumber, ZERO_HASH } from '../../core/hash.ts';
import { encodeHeader, type Header, NONCE_OFFSET } from '../../core/header.ts';
import { bitsToTarget } from '../../core/target.ts';
import { hashedHeader } from '../../core/validation.ts';
import type { Message } from '../../protocol/message.ts';
import type { ActorLink } from '../actor.ts';
import { findNonce } from '../simulated-miner.ts';
import { type Props, Stranger } from './stranger.ts';

/** What can be wrong with a header. */
export const HEADER_FAULTS = [
  'work',
  'bits',
  'time',
  'height',
  'history',
  'version',
  'nonce',
  'ahead',
  'genesis',
] as const;

export type HeaderFaultKind = (typeof HEADER_FAULTS)[number];

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
    const parent = node.machine.tip;
    const clockSeconds = Math.floor(this.nowMs / 1000);
    const { header } = this.forge(parent, `"bad ${this.random.integer(0, 1_000_000)}"`).block;
    switch (this.#kind) {
      case 'work':
        return encodeHeader(withoutWork(header));
      case 'bits':
        return mined({
          ...header,
          bits: this.params.targetLimit === header.bits ? header.bits - 1 : this.params.targetLimit,
        });
      case 'time':
        return mined({ ...header, timestamp: parent.header.timestamp - 1 });
      case 'height':
        return mined({ ...header, height: header.height + this.random.integer(1, 5) });
      case 'history':
        return mined({ ...header, historyRoot: this.randomHash() });
      case 'version':
        return withByte(encodeHeader(header), 1, 2);
      case 'nonce':
        return withByte(encodeHeader(header), NONCE_OFFSET, 0x80);
      case 'ahead':
        // No fault: held, and asked for again.
        return mined({ ...header, timestamp: clockSeconds + this.params.futureTimeMax + 600 });
      case 'genesis':
        return mined({ ...header, height: 0, previousHash: ZERO_HASH });
    }
  }
}

function mined(header: Header): Uint8Array {
  return encodeHeader({ ...header, nonce: findNonce(header, 0) });
}

/** With a nonce by which the header does not meet its target. */
function withoutWork(header: Header): Header {
  const target = bitsToTarget(header.bits) ?? 0n;
  let nonce = 0;
  while (hashToNumber(hashedHeader({ ...header, nonce }).hash) <= target) nonce++;
  return { ...header, nonce };
}

function withByte(bytes: Uint8Array, offset: number, value: number): Uint8Array {
  bytes[offset] = value;
  return bytes;
}
