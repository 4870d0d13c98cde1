/**
 * Peers that lie to light clients. Each knows the chain of an honest node, and answers as that would, but for one thing: its
 * lie.
 */
import { createGenesis } from '../../core/genesis.ts';
import type { Hash } from '../../core/hash.ts';
import { encodeHeader } from '../../core/header.ts';
import type { NetworkParams } from '../../core/params.ts';
import type { ChainPoint } from '../../core/validation.ts';
import type { PeerId } from '../../protocol/effects.ts';
import { tipOf } from '../../protocol/light-tip.ts';
import { HEADERS_PER_MESSAGE_MAX } from '../../protocol/limits.ts';
import type { Message } from '../../protocol/message.ts';
import { proofFrom } from '../disk-proofs.ts';
import type { Endpoint, Received } from '../endpoint.ts';
import type { Random } from '../random.ts';
import type { SimulatedNode } from '../simulated-node.ts';
import type { World } from '../world.ts';

/** What a liar knows when it speaks. */
export interface Knowledge {
  readonly params: NetworkParams;
  readonly random: Random;
  /** The tip of the honest node. */
  readonly tip: ChainPoint;
  readonly nowMs: number;
}

export interface Lie {
  readonly name: string;
  /** What it does, after "a peer that". */
  readonly about: string;
  /** The codes by which it is convicted, one of them; none where nobody can prove anything. */
  readonly codes: readonly string[];
  /** What it says in its greeting about its tip; the truth, unless told. */
  claim?(knowledge: Knowledge): ReturnType<typeof tipOf>;
  /** What it says to `message`, to which `truth` is the answer; the truth, unless told. */
  answer?(message: Message, truth: readonly Message[], knowledge: Knowledge): readonly Message[];
  /** What it says unasked, every second; the tip when that has moved, unless told. */
  news?(knowledge: Knowledge): readonly Message[];
}

export class LyingPeer implements Endpoint {
  readonly id: PeerId;
  readonly address: string;
  readonly isUp = true;
  readonly lie: Lie;
  readonly #node: SimulatedNode;
  readonly #world: World;
  readonly #random: Random;
  readonly #peers = new Set<PeerId>();
  #told: Hash | undefined;

  /** `node` is the honest one whose chain it knows. */
  constructor(
    lie: Lie,
    options: { readonly id: PeerId; readonly address: string; readonly node: SimulatedNode; readonly world: World },
  ) {
    const { id, address, node, world } = options;
    this.id = id;
    this.address = address;
    this.lie = lie;
    this.#node = node;
    this.#world = world;
    this.#random = world.random.stream(id);
    world.network.join(this);
    const tick = () => {
      this.#tellNews();
      world.after(NEWS_MS, tick);
    };
    world.after(NEWS_MS, tick);
  }

  connected(peer: PeerId): void {
    this.#peers.add(peer);
    if (!this.#node.isUp) return this.#world.network.hangUp(this.id, peer);
    const { params } = this.#world;
    const tip = this.lie.claim?.(this.#knowledge) ?? tipOf(this.#knowledge.tip);
    const genesis = createGenesis(params).hash;
    this.#say(peer, { type: 'hello', genesis, network: params.name, agent: this.lie.name, tip, addresses: [] });
  }

  heard(peer: PeerId, received: Received): void {
    if (!received.ok) return;
    const { value: message } = received;
    this.#world.after(this.#random.integer(0, ANSWER_MS_MAX), async () => {
      const truth = await this.#truth(message);
      if (!this.#node.isUp) return;
      for (const said of this.lie.answer?.(message, truth, this.#knowledge) ?? truth) this.#say(peer, said);
    });
  }

  gone(peer: PeerId): void {
    this.#peers.delete(peer);
  }

  get #knowledge(): Knowledge {
    const { params, nowMs } = this.#world;
    return { params, random: this.#random, tip: this.#node.machine.tip, nowMs };
  }

  #tellNews(): void {
    if (!this.#node.isUp) return;
    const knowledge = this.#knowledge;
    const { tip } = knowledge;
    let news = this.lie.news?.(knowledge);
    if (news === undefined) {
      news =
        tip.hash === this.#told || tip.header.height === 0
          ? []
          : [{ type: 'headers', headers: encodeHeader(tip.header) }];
      this.#told = tip.hash;
    }
    for (const peer of this.#peers) for (const message of news) this.#say(peer, message);
  }

  /** What the honest node would answer. */
  async #truth(message: Message): Promise<readonly Message[]> {
    const { disk } = this.#node;
    const to = { peer: this.id };
    switch (message.type) {
      case 'ping':
        return [{ type: 'pong', nonce: message.nonce }];
      case 'get-headers': {
        const headers = await disk.kept.headersAfter(message.locator, HEADERS_PER_MESSAGE_MAX);
        return [{ type: 'headers', headers }];
      }
      case 'get-blocks': {
        const bodies = await disk.kept.bodies(message.hashes, BODY_BYTES);
        return bodies.flatMap(({ hash, bytes }): Message[] =>
          bytes === undefined ? [{ type: 'not-found', hashes: [hash] }] : [{ type: 'block', hash, bodyBytes: bytes }],
        );
      }
      case 'get-chain-proof':
        return [await proofFrom(disk, { type: 'serve-chain-proof', ...to })];
      case 'get-header-proof':
        return [await proofFrom(disk, { ...message, type: 'serve-header-proof', ...to })];
      case 'get-entry-proof':
        return [await proofFrom(disk, { ...message, type: 'serve-entry-proof', ...to })];
      default:
        return [];
    }
  }

  #say(peer: PeerId, message: Message): void {
    this.#world.network.send(this.id, peer, message);
  }
}

const NEWS_MS = 1_000;
const ANSWER_MS_MAX = 20;
const BODY_BYTES = 1024 * 1024;
