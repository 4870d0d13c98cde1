/** One light client, and full nodes that are played by the test: inputs go in one by one, effects are kept. */
import assert from 'node:assert/strict';
import { createGenesis } from '../../src/core/genesis.ts';
import type { Hash } from '../../src/core/hash.ts';
import type { NetworkParams } from '../../src/core/params.ts';
import { LightClient } from '../../src/protocol/light-client.ts';
import type {
  Conviction,
  LightEffect,
  LightInput,
  LightPeer,
  LightQuestion,
  PeerStanding,
} from '../../src/protocol/light-effects.ts';
import { confirmConviction } from '../../src/protocol/light-evidence.ts';
import { tipOf } from '../../src/protocol/light-tip.ts';
import type { Message } from '../../src/protocol/message.ts';
import { ChainBook } from '../../src/simulator/chain-book.ts';
import { type BuiltChain, TEST_PARAMS } from './chain-fixture.ts';

/** What a played node says to a message; nothing, where it is silent. */
export type Part = (message: Message) => readonly Message[];

export class LoneClient {
  readonly client: LightClient;
  readonly params: NetworkParams;
  /** Every effect since the start. */
  readonly effects: LightEffect[] = [];
  nowMs: number;
  readonly #parts = new Map<string, Part>();
  #requests = 0;

  constructor(params: NetworkParams = TEST_PARAMS) {
    this.params = params;
    this.nowMs = (params.genesisTime + 10_000_000) * 1000;
    this.client = new LightClient({ params, agent: 'test/1' });
  }

  /** Feeds one input, and all that played nodes say to what comes of it. Gives back all effects. */
  feed(input: LightInput): readonly LightEffect[] {
    const from = this.effects.length;
    const inputs: LightInput[] = [input];
    for (let next = inputs.shift(); next !== undefined; next = inputs.shift()) {
      const effects = this.client.handle(next, { steadyMs: this.nowMs, unixMs: this.nowMs });
      this.effects.push(...effects);
      for (const effect of effects) {
        if (effect.type === 'disconnect') this.#parts.delete(effect.peer);
        if (effect.type !== 'send') continue;
        const { peer } = effect;
        const said = this.#parts.get(peer)?.(effect.message) ?? [];
        inputs.push(...said.map((message): LightInput => ({ type: 'message-received', peer, message })));
      }
    }
    return this.effects.slice(from);
  }

  /** Connects a node that has the chain of `book`, and answers as `part` says, or as any node does. */
  join(peer: string, book: ChainBook, part: Part = (message) => book.answers(message)): readonly LightEffect[] {
    this.#parts.set(peer, part);
    return [...this.connect(peer), ...this.receive(peer, this.hello(book))];
  }

  /** What a node says from now on. */
  play(peer: string, part: Part): void {
    this.#parts.set(peer, part);
  }

  connect(peer: string): readonly LightEffect[] {
    return this.feed({ type: 'peer-connected', peer, address: `/ip4/192.0.2.1/tcp/1/p2p/${peer}` });
  }

  receive(peer: string, message: Message): readonly LightEffect[] {
    return this.feed({ type: 'message-received', peer, message });
  }

  hello(book: ChainBook, changes: Partial<Message & { type: 'hello' }> = {}): Message {
    const { name: network } = this.params;
    const genesis = createGenesis(this.params).hash;
    return { type: 'hello', genesis, network, agent: 'played/1', tip: tipOf(book.tip), addresses: [], ...changes };
  }

  /** Asks, and gives back the number of the request. */
  ask(question: LightQuestion): number {
    this.#requests++;
    this.feed({ type: 'asked', request: this.#requests, question });
    return this.#requests;
  }

  /** Lets time go by, in ticks. */
  advance(ms: number): readonly LightEffect[] {
    const effects: LightEffect[] = [];
    for (let passed = 0; passed < ms; passed += TICK_MS) {
      this.nowMs += TICK_MS;
      effects.push(...this.feed({ type: 'tick' }));
    }
    return effects;
  }

  /** The only answer to a request. */
  answerTo(request: number) {
    const answers = this.effects.filter((effect) => effect.type === 'answered' && effect.request === request);
    assert.ok(answers.length <= 1, 'a request is answered once');
    const [answer] = answers;
    return answer?.type === 'answered' ? answer.result : undefined;
  }

  /** What was last said of a peer, connected or not. */
  peer(id: string): LightPeer | undefined {
    const said = this.effects.filter((effect) => effect.type === 'peer-judged').map(({ peer }) => peer);
    return said.findLast((peer) => peer.id === id);
  }

  standings(): Record<string, PeerStanding> {
    return Object.fromEntries(this.client.peers.map(({ id, standing }) => [id, standing]));
  }

  /** The conviction of a peer, which anybody comes to who sees the evidence. */
  convictionOf(peer: string): Conviction {
    const found = this.effects.find((effect) => effect.type === 'peer-convicted' && effect.peer === peer);
    assert.ok(found?.type === 'peer-convicted', `${peer} was convicted`);
    assert.ok(confirmConviction(found.conviction, this.params), 'the evidence shows it');
    return found.conviction;
  }

  /** What was sent to a peer so far, but greetings. */
  sentTo(peer: string, effects: readonly LightEffect[] = this.effects): Message[] {
    const sent = effects.flatMap((effect) => (effect.type === 'send' && effect.peer === peer ? [effect.message] : []));
    return sent.filter(({ type }) => type !== 'hello');
  }

  get tipHash(): Hash | undefined {
    return this.client.tip?.hash;
  }
}

/** The book of a chain that was built on the genesis, or of several pieces of one. */
export function bookOf(...chains: readonly BuiltChain[]): ChainBook {
  const blocks = chains.flatMap(({ blocks, points }) => {
    return blocks.map((block, i) => {
      const point = points[i];
      assert.ok(point);
      return { block, point };
    });
  });
  return new ChainBook(TEST_PARAMS, blocks);
}

const TICK_MS = 250;
