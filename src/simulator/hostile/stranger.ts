/** What played peers have in common: they greet like a node of the network, and know who is connected to them. */

import { isBetterTip } from '../../core/fork-choice.ts';
import { createGenesis } from '../../core/genesis.ts';
import type { Hash } from '../../core/hash.ts';
import type { NetworkParams } from '../../core/params.ts';
import { type ChainPoint, genesisPoint } from '../../core/validation.ts';
import type { Message } from '../../protocol/message.ts';
import type { PeerTip } from '../../protocol/peer-session.ts';
import type { Actor, ActorLink } from '../actor.ts';
import type { Random } from '../random.ts';
import { bodyOfTexts, type ForgedBlock, forgeBlock } from './forge.ts';

/** What a character is given to play with. */
export interface Props {
  readonly params: NetworkParams;
  readonly random: Random;
}

export abstract class Stranger implements Actor {
  protected readonly params: NetworkParams;
  protected readonly random: Random;
  protected readonly links = new Set<ActorLink>();
  protected nowMs = 0;

  constructor({ params, random }: Props) {
    this.params = params;
    this.random = random;
  }

  connected(link: ActorLink): void {
    this.links.add(link);
    this.meet(link);
  }

  gone(link: ActorLink): void {
    this.links.delete(link);
  }

  tick(nowMs: number): void {
    this.nowMs = nowMs;
    for (const link of [...this.links]) if (link.node.isUp) this.act(link);
  }

  /** Answers what any peer answers, and gives nothing. */
  heard(link: ActorLink, message: Message): void {
    if (message.type === 'ping') link.say({ type: 'pong', nonce: message.nonce });
    else if (message.type === 'get-peers') link.say({ type: 'peers', addresses: [] });
    else if (message.type === 'get-blocks') link.say({ type: 'not-found', hashes: message.hashes });
    else if (message.type === 'get-headers') link.say({ type: 'headers', headers: new Uint8Array(0) });
  }

  /** Says its first words. */
  protected meet(link: ActorLink): void {
    link.say(this.hello());
  }

  /** Does what it does from time to time. */
  protected act(_link: ActorLink): void {}

  /** The greeting of a node of this network whose chain ends in `tip`: at the genesis, unless told. */
  protected hello(tip: PeerTip = this.genesisTip()): Extract<Message, { type: 'hello' }> {
    const { params } = this;
    const genesis = createGenesis(params).hash;
    return { type: 'hello', genesis, network: params.name, agent: 'stranger/1', tip, addresses: [] };
  }

  /** The best tip of the nodes that it is connected to. Nobody really sees so much; whoever does is the worst of enemies. */
  protected publicTip(): ChainPoint {
    let best = genesisPoint(this.params);
    for (const { node } of this.links) {
      if (node.isUp && isBetterTip(node.machine.tip, best)) best = node.machine.tip;
    }
    return best;
  }

  /** A valid block of these entries on `parent`, dated now. */
  protected forge(parent: ChainPoint, ...texts: readonly string[]): ForgedBlock {
    const { params, random } = this;
    const clockSeconds = Math.floor(this.nowMs / 1000);
    return forgeBlock(params, { parent, body: bodyOfTexts(...texts), clockSeconds, nonceFrom: random.integer(0, 1e6) });
  }

  protected noise(sizeBytes: number): Uint8Array {
    return Uint8Array.from({ length: sizeBytes }, () => this.random.integer(0, 255));
  }

  protected randomHash(): Hash {
    return Buffer.from(this.noise(32)).toString('hex') as Hash;
  }

  protected genesisTip(): PeerTip {
    const { hash, work } = genesisPoint(this.params);
    return { hash, height: 0, work };
  }
}
