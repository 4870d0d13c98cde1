/** One machine with a store in memory and peers that are played by the test: inputs go in one by one, effects are kept. */
import assert from 'node:assert/strict';
import type { Block } from '../../src/core/block.ts';
import { createGenesis } from '../../src/core/genesis.ts';
import type { Hash } from '../../src/core/hash.ts';
import type { NetworkParams } from '../../src/core/params.ts';
import { genesisPoint } from '../../src/core/validation.ts';
import type { Answer, Effect, Input, PeerId } from '../../src/protocol/effects.ts';
import { FullNode, type FullNodeOptions } from '../../src/protocol/full-node.ts';
import { CHAIN_WINDOW_BLOCKS, MILESTONE_INTERVAL_BLOCKS } from '../../src/protocol/limits.ts';
import type { Message } from '../../src/protocol/message.ts';
import type { ChainStore } from '../../src/storage/chain-store.ts';
import { createMemoryStore } from '../../src/storage/memory-store.ts';
import { type BuiltChain, TEST_PARAMS } from './chain-fixture.ts';
import { encodeRun } from './header-bytes.ts';
import { ALL_PENDING } from './store-change.ts';

export class LoneMachine {
  readonly machine: FullNode;
  readonly params: NetworkParams;
  /** Every effect since the start. */
  readonly effects: Effect[] = [];
  readonly #store: ChainStore;
  /** What is still to be carried out. */
  #due: Effect[] = [];
  nowMs: number;
  /** Whether commits fail for want of room. */
  isDiskFull = false;
  /** How far the clock on the wall is ahead of the steady one. */
  wallAheadMs = 0;

  private constructor(machine: FullNode, store: ChainStore, params: NetworkParams) {
    this.machine = machine;
    this.params = params;
    this.#store = store;
    this.nowMs = (params.genesisTime + 1_000_000) * 1000;
  }

  /** A machine whose store holds `chain` already. */
  static async start(
    options: Partial<Pick<FullNodeOptions, 'params' | 'miningMode' | 'windowBlocks'>> & {
      readonly chain?: BuiltChain;
    } = {},
  ): Promise<LoneMachine> {
    const { params = TEST_PARAMS, chain } = options;
    const store = createMemoryStore(params);
    if (chain !== undefined) {
      const blocks = chain.blocks.map((block, i) => ({ block, work: chain.points[i]?.work ?? 0n }));
      const added = chain.blocks.map(({ hash }) => hash);
      await store.commit({ blocks, pendingAdded: [], activate: { forkHeight: 0, added } });
    }
    const windowLength = options.windowBlocks ?? CHAIN_WINDOW_BLOCKS;
    const machine = new FullNode({
      params,
      state: await store.load({ windowLength, milestoneInterval: MILESTONE_INTERVAL_BLOCKS, pending: ALL_PENDING }),
      localPeer: 'self',
      agent: 'test/1',
      addresses: [],
      miningMode: options.miningMode ?? 'demand',
      windowBlocks: windowLength,
    });
    return new LoneMachine(machine, store, params);
  }

  /** Feeds one input and gives back its effects. Those that want an answer get it at the next `settle`. */
  feed(input: Input): readonly Effect[] {
    const effects = this.machine.handle(input, { steadyMs: this.nowMs, unixMs: this.nowMs + this.wallAheadMs });
    this.effects.push(...effects);
    this.#due.push(...effects);
    return effects;
  }

  /** Carries out commits and look-ups, until there are none. */
  async settle(): Promise<void> {
    for (let effect = this.#due.shift(); effect !== undefined; effect = this.#due.shift()) {
      if (effect.type === 'commit') {
        if (this.isDiskFull) this.feed({ type: 'commit-failed' });
        else this.feed({ type: 'committed', ...(await this.#store.commit(effect.change)) });
      }
      if (effect.type === 'load-pending') this.feed({ type: 'pending-loaded', ...(await this.#store.pending(effect)) });
      if (effect.type === 'load-branch-point') {
        const { peer, hash } = effect;
        this.feed({ type: 'branch-point-loaded', peer, hash, point: await this.#store.pointOf(hash) });
      }
    }
  }

  /** Lets time go by, in ticks. */
  advance(ms: number): readonly Effect[] {
    const effects: Effect[] = [];
    for (let passed = 0; passed < ms; passed += TICK_MS) {
      this.nowMs += TICK_MS;
      effects.push(...this.feed({ type: 'tick' }));
    }
    return effects;
  }

  /** Connects a peer that claims `tip`, or no more than the genesis. */
  greet(
    peer: PeerId,
    tip: { readonly hash: Hash; readonly height: number; readonly work: bigint } = this.#genesisTip(),
  ): readonly Effect[] {
    const connected = this.connect(peer);
    return [...connected, ...this.receive(peer, this.hello({ tip }))];
  }

  connect(peer: PeerId, direction: 'inbound' | 'outbound' = 'inbound'): readonly Effect[] {
    return this.feed({ type: 'peer-connected', peer, address: `/ip4/192.0.2.1/tcp/1/p2p/${peer}`, direction });
  }

  hello(changes: Partial<Message & { type: 'hello' }> = {}): Message {
    return {
      type: 'hello',
      genesis: createGenesis(this.params).hash,
      network: this.params.name,
      agent: 'played/1',
      tip: this.#genesisTip(),
      addresses: [],
      ...changes,
    };
  }

  receive(peer: PeerId, message: Message): readonly Effect[] {
    return this.feed({ type: 'message-received', peer, message });
  }

  answerTo(request: number): Answer | undefined {
    const answers = this.effects.filter((effect) => effect.type === 'answer');
    return answers.find((effect) => effect.request === request)?.answer;
  }

  #genesisTip(): { readonly hash: Hash; readonly height: number; readonly work: bigint } {
    const { hash, work } = genesisPoint(this.params);
    return { hash, height: 0, work };
  }
}

/** What `effects` send to `peer`. */
export function sentTo(effects: readonly Effect[], peer: PeerId): Message[] {
  return effects.flatMap((effect) => (effect.type === 'send' && effect.peer === peer ? [effect.message] : []));
}

/** The hashes of the bodies that `effects` ask `peer` for. */
export function bodiesAsked(effects: readonly Effect[], peer: PeerId): Hash[] {
  return sentTo(effects, peer).flatMap((message) => (message.type === 'get-blocks' ? [...message.hashes] : []));
}

/** The claim of a peer whose chain is `chain`. */
export function tipOf({ points }: BuiltChain): { readonly hash: Hash; readonly height: number; readonly work: bigint } {
  const tip = points.at(-1);
  assert.ok(tip, 'the chain has a block');
  return { hash: tip.hash, height: tip.header.height, work: tip.work };
}

export function headersOf(blocks: readonly Block[]): Message {
  return { type: 'headers', headers: encodeRun(blocks.map(({ header }) => header)) };
}

export function bodyMessage(block: Block): Message {
  return { type: 'block', hash: block.hash, bodyBytes: block.body.bytes };
}

/** That `effects` send the peer away with `code`, and that it is not let in again. */
export function assertBanned(lone: LoneMachine, effects: readonly Effect[], peer: string, code: string): void {
  assert.equal(goodbyeTo(effects, peer), code);
  assert.ok(effects.some((effect) => effect.type === 'disconnect' && effect.peer === peer));
  const refused = lone.connect(peer);
  assert.equal(goodbyeTo(refused, peer), 'banned', 'it is told why');
  assert.deepEqual(typesOf(refused), ['send', 'disconnect'], 'it is not let in again');
}

/** The code with which `effects` say goodbye to `peer`. */
export function goodbyeTo(effects: readonly Effect[], peer: string): string | undefined {
  const goodbye = sentTo(effects, peer).find((message) => message.type === 'goodbye');
  return goodbye?.code;
}

export function reportsIn(effects: readonly Effect[]): Effect[] {
  return effects.filter(({ type }) => type === 'report');
}

export function typesOf(effects: readonly Effect[]): string[] {
  return effects.map(({ type }) => type);
}

const TICK_MS = 250;
