/** Floods of headers that cost hardly any work: deep, one long chain after a claim of more, and wide, ever new siblings. */
import type { Hash } from '../../core/hash.ts';
import { encodeHeader, type Header, hashHeader } from '../../core/header.ts';
import { HEADERS_PER_MESSAGE_MAX } from '../../protocol/limits.ts';
import type { Message } from '../../protocol/message.ts';
import type { ActorLink } from '../actor.ts';
import { bodyOfTexts, cheapHeaders, forgeBlock, joinHeaders } from './forge.ts';
import { type Props, Stranger } from './stranger.ts';

/** Claims the most work of all, and shows a long chain without any. */
export class DeepFlooder extends Stranger {
  readonly #headers: readonly Header[];
  readonly #heights = new Map<Hash, number>();
  readonly #count: number;

  /** `count` headers on the genesis, one for each `stepSeconds` since. */
  constructor(props: Props, options: { readonly count: number; readonly stepSeconds: number }) {
    super(props);
    this.#count = options.count;
    this.#headers = cheapHeaders(props.params, options.count, options.stepSeconds);
    for (const [i, header] of this.#headers.entries()) this.#heights.set(hashHeader(encodeHeader(header)), i + 1);
  }

  override heard(link: ActorLink, message: Message): void {
    if (message.type !== 'get-headers') return super.heard(link, message);
    const shared = message.locator.map((hash) => this.#heights.get(hash)).find((height) => height !== undefined) ?? 0;
    link.say({ type: 'headers', headers: joinHeaders(this.#headers.slice(shared, shared + HEADERS_PER_MESSAGE_MAX)) });
  }

  protected override meet(link: ActorLink): void {
    link.say(this.hello({ hash: this.randomHash(), height: 2 * this.#count, work: 10n ** 40n }));
  }

  /** News of a tip that nobody knows: it is asked again. */
  protected override act(link: ActorLink): void {
    if (this.random.chance(0.1)) link.say({ type: 'headers', headers: this.noise(118) });
  }
}

/** Announces one new sibling after the other, on blocks that are long buried. */
export class WideFlooder extends Stranger {
  protected override act(link: ActorLink): void {
    const { tip } = link.node.machine;
    for (let i = 0; i < SIBLINGS_PER_TICK; i++) {
      const parent = link.node.machine.activeAt(this.random.integer(0, tip.header.height));
      if (parent === undefined) continue;
      const body = bodyOfTexts(`"sibling ${this.random.integer(0, 1_000_000)}"`);
      const clockSeconds = parent.header.timestamp;
      const { block } = forgeBlock(this.params, { parent, body, clockSeconds, nonceFrom: this.random.integer(0, 1e6) });
      link.say({ type: 'headers', headers: joinHeaders([block.header]) });
    }
  }
}

const SIBLINGS_PER_TICK = 4;
