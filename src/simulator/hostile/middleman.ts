/**
 * Stands between a node and the others: passes on what they say to each other, later, and not all of it. Whoever surrounds
 * a node so can show it the chain of yesterday.
 */
import type { Message } from '../../protocol/message.ts';
import type { ActorLink } from '../actor.ts';
import { type Props, Stranger } from './stranger.ts';

export interface MiddlemanOptions {
  /** How long what is passed on is held back. */
  readonly delayMs: number;
  /** Whether news of blocks, and blocks, are kept back for good. */
  readonly hidesBlocks: boolean;
}

export class Middleman extends Stranger {
  readonly #options: MiddlemanOptions;
  #held: { readonly dueMs: number; readonly to: ActorLink; readonly message: Message }[] = [];

  constructor(props: Props, options: MiddlemanOptions) {
    super(props);
    this.#options = options;
  }

  override heard(link: ActorLink, message: Message): void {
    const { type } = message;
    if (type === 'ping') return super.heard(link, message);
    if (type === 'hello' || type === 'pong' || type === 'goodbye') return;
    if (this.#options.hidesBlocks && (type === 'headers' || type === 'block' || type === 'block-ids')) return;
    const others = [...this.links].filter((other) => other !== link);
    if (others.length === 0) return super.heard(link, message);
    const to = this.random.pick(others);
    this.#held.push({ dueMs: this.nowMs + this.#options.delayMs, to, message });
    if (this.#held.length > MESSAGES_HELD) this.#held.shift();
  }

  override gone(link: ActorLink): void {
    super.gone(link);
    this.#held = this.#held.filter(({ to }) => to !== link);
  }

  override tick(nowMs: number): void {
    super.tick(nowMs);
    const due = this.#held.filter(({ dueMs }) => dueMs <= nowMs);
    this.#held = this.#held.filter(({ dueMs }) => dueMs > nowMs);
    for (const { to, message } of due) to.say(message);
  }
}

const MESSAGES_HELD = 1_000;
