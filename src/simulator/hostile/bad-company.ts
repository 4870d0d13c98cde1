/** Peers who do not keep to what a conversation is: they say nothing, or nonsense, or what was said before, or ask for ever. */
import { encodeUtf8 } from '#host';
import { createGenesis } from '../../core/genesis.ts';
import type { Hash } from '../../core/hash.ts';
import type { NetworkParams } from '../../core/params.ts';
import { BLOCKS_PER_REQUEST_MAX, IDS_PER_MESSAGE_MAX, LOCATOR_HASHES_MAX } from '../../protocol/limits.ts';
import type { Message } from '../../protocol/message.ts';
import type { ActorLink } from '../actor.ts';
import { type Props, Stranger } from './stranger.ts';

/** Claims a chain of the most work, and never answers; or does not even greet. */
export class SilentPeer extends Stranger {
  readonly #greets: boolean;

  constructor(props: Props, options: { readonly greets: boolean }) {
    super(props);
    this.#greets = options.greets;
  }

  override heard(): void {}

  protected override meet(link: ActorLink): void {
    if (this.#greets) link.say(this.hello({ hash: this.randomHash(), height: 1_000_000, work: 10n ** 30n }));
  }
}

/** Says what is no message, what nobody asked for, what comes too early or twice, or breaks the frames. */
export class GarbagePeer extends Stranger {
  protected override meet(link: ActorLink): void {
    if (this.random.chance(0.8)) link.say(this.hello());
  }

  protected override act(link: ActorLink): void {
    const hash = this.random.chance(0.5) ? link.node.machine.tip.hash : this.randomHash();
    const said: readonly (() => void)[] = [
      () => link.sayMalformed({ code: 'message-not-json' }),
      () => link.sayMalformed({ code: 'message-field-invalid', type: 'headers', field: 'headers' }),
      () => link.hangUp('frame-fault'),
      () => link.say(this.hello()),
      () => link.say({ type: 'block', hash, bodyBytes: this.noise(100) }),
      () => link.say({ type: 'block', hash, bodyBytes: encodeUtf8('[]') }),
      () => link.say({ type: 'block-ids', hash, shape: 'single', ids: [hash] }),
      () => link.say({ type: 'block-entries', hash, arrayBytes: encodeUtf8('[1]') }),
      () => link.say({ type: 'entries', arrayBytes: encodeUtf8('[1,2]') }),
      () => link.say({ type: 'not-found', hashes: [hash] }),
      () => link.say({ type: 'headers', headers: this.noise(118 * 3) }),
      () => link.say({ type: 'pong', nonce: 7 }),
      () => link.say({ type: 'goodbye', code: LONG_WORD, message: '\u0000' }),
    ];
    this.random.pick(said)();
  }
}

/** Says again, to anybody, what it has heard before. */
export class Replayer extends Stranger {
  readonly #heard: Message[] = [];

  override heard(link: ActorLink, message: Message): void {
    super.heard(link, message);
    // A goodbye would end its own part.
    if (message.type === 'goodbye') return;
    this.#heard.push(message);
    if (this.#heard.length > 200) this.#heard.shift();
  }

  protected override act(link: ActorLink): void {
    if (this.#heard.length === 0) return;
    for (let i = 0; i < 5; i++) {
      const message = this.random.pick(this.#heard);
      if (message.type !== 'hello' || this.random.chance(0.05)) link.say(message);
    }
  }
}

/** A node of another network, which says so, or pretends to be of this one. */
export class OtherNetworkPeer extends Stranger {
  readonly #other: NetworkParams;
  readonly #pretends: boolean;

  constructor(props: Props, options: { readonly pretends: boolean }) {
    super(props);
    this.#other = { ...props.params, name: `other-than-${props.params.name}`.slice(0, 64) };
    this.#pretends = options.pretends;
  }

  protected override meet(link: ActorLink): void {
    const genesis = createGenesis(this.#other);
    const tip = { hash: this.randomHash(), height: 9, work: 10n ** 20n };
    if (this.#pretends) link.say(this.hello(tip));
    else
      link.say({
        type: 'hello',
        genesis: genesis.hash,
        network: this.#other.name,
        agent: 'other/1',
        tip,
        addresses: [],
      });
  }

  override heard(link: ActorLink, message: Message): void {
    if (message.type !== 'get-headers') return super.heard(link, message);
    // Its headers build on its own genesis.
    const headers = this.noise(118 * 5);
    for (let i = 0; i < 5; i++) headers.set([0x4c, 0x01, 0, 0, 0, i + 1], 118 * i);
    headers.set(Buffer.from(createGenesis(this.#other).hash, 'hex'), 6);
    link.say({ type: 'headers', headers });
  }
}

/** Asks for all that can be asked for, as much as a message allows, without end. */
export class GreedyAsker extends Stranger {
  protected override act(link: ActorLink): void {
    const { machine } = link.node;
    const { height } = machine.tip.header;
    const at = () => machine.activeAt(this.random.integer(0, height))?.hash ?? machine.tip.hash;
    const several = (count: number): Hash[] => Array.from({ length: count }, at);
    link.say({ type: 'get-headers', locator: Array.from({ length: LOCATOR_HASHES_MAX }, () => this.randomHash()) });
    link.say({ type: 'get-headers', locator: [] });
    link.say({ type: 'get-blocks', hashes: several(BLOCKS_PER_REQUEST_MAX) });
    link.say({ type: 'get-block-ids', hash: machine.tip.hash });
    link.say({ type: 'get-block-ids', hash: at() });
    link.say({ type: 'get-block-entries', hash: machine.tip.hash, indexes: [0, 1, 4_095, 2 ** 52] });
    link.say({ type: 'get-entries', ids: several(IDS_PER_MESSAGE_MAX) });
    link.say({ type: 'get-peers' });
    link.say({ type: 'ping', nonce: 0 });
  }
}

const LONG_WORD = 'x'.repeat(512);
