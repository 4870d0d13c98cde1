/**
 * A machine with a store in memory, of which all that goes in and comes out is held against what is promised: by the
 * judge of whole chains, by what is durable, and by a second machine that is told the same.
 */
import assert from 'node:assert/strict';
import { entryIds } from '../../../src/core/body.ts';
import type { Hash } from '../../../src/core/hash.ts';
import { encodeHeader } from '../../../src/core/header.ts';
import { hashLeaf } from '../../../src/core/merkle.ts';
import type { ChainPoint } from '../../../src/core/validation.ts';
import type { Commit, Effect, Input, NodeEvent, PeerId } from '../../../src/protocol/effects.ts';
import { FullNode, type FullNodeOptions } from '../../../src/protocol/full-node.ts';
import {
  HELD_BODY_BYTES_MAX,
  KNOWN_ADDRESSES_MAX,
  PEER_MESSAGE_BYTES_MAX,
  PEERS_MAX,
  TREE_HEADERS_MAX,
} from '../../../src/protocol/limits.ts';
import { encodeMessage, type Message, parseMessage } from '../../../src/protocol/message.ts';
import type { Now } from '../../../src/protocol/now.ts';
import { paramsDocument } from '../../../src/simulator/params-document.ts';
import { ChainJudge, type JudgedHeader } from '../../../src/simulator/second-implementation/judge.ts';
import type { ChainStore } from '../../../src/storage/chain-store.ts';
import { createMemoryStore } from '../../../src/storage/memory-store.ts';
import { textOf } from '../../../test/support/effect-text.ts';
import { readRun } from '../../../test/support/header-bytes.ts';
import { GENESIS, PARAMS } from './known-chains.ts';

/** What a store is asked to do, and a node is told about later. */
export type StoreWork = Extract<Effect, { readonly type: 'commit' | 'load-pending' | 'load-branch-point' }>;

interface Life {
  readonly options: FullNodeOptions;
  readonly steps: { readonly input: Input; readonly now: Now; readonly effects: string }[];
}

export class WatchedMachine {
  readonly store: ChainStore = createMemoryStore(PARAMS);
  /** What the store is still to do, oldest first. */
  readonly due: StoreWork[] = [];
  /** Whom the machine speaks with. */
  readonly sessions = new Set<PeerId>();
  readonly dials: string[] = [];
  /** What each peer was told, and nobody has taken yet. */
  readonly heard: { readonly peer: PeerId; readonly message: Message }[] = [];
  search: Extract<Effect, { readonly type: 'search' }> | undefined;
  now: Now = { steadyMs: 1_000, unixMs: (PARAMS.genesisTime + 400) * 1000 };
  readonly #options: Pick<FullNodeOptions, 'miningMode' | 'windowBlocks'>;
  readonly #durable = new Set<Hash>([GENESIS.hash]);
  readonly #open = new Set<number>();
  readonly #lives: Life[] = [];
  #machine: FullNode | undefined;
  #requests = 0;

  constructor(options: Pick<FullNodeOptions, 'miningMode' | 'windowBlocks'>) {
    this.#options = options;
  }

  get machine(): FullNode {
    assert.ok(this.#machine, 'it has been started');
    return this.#machine;
  }

  /** Begins anew from what the store holds; what was on its way is lost. */
  async start(): Promise<void> {
    this.due.length = 0;
    this.dials.length = 0;
    this.heard.length = 0;
    this.sessions.clear();
    this.#open.clear();
    this.search = undefined;
    const windowLength = this.#options.windowBlocks ?? 64;
    const state = await this.store.load({ windowLength, milestoneInterval: 8, pending: ALL });
    const options = { ...this.#options, params: PARAMS, state, localPeer: 'self', agent: 'fuzz/1', addresses: [] };
    this.#machine = new FullNode(options);
    this.#lives.push({ options, steps: [] });
    assert.ok(this.#durable.has(this.machine.tip.hash), 'it begins with what is durable');
  }

  /** A question of the node's user; its number. */
  ask(question: (request: number) => Input): void {
    const request = ++this.#requests;
    this.#open.add(request);
    this.feed(question(request));
  }

  feed(input: Input): void {
    const before = this.machine.tip;
    if (input.type === 'peer-connected') this.sessions.add(input.peer);
    if (input.type === 'peer-disconnected') this.sessions.delete(input.peer);
    const effects = this.machine.handle(input, this.now);
    this.#lives.at(-1)?.steps.push({ input, now: this.now, effects: textOf(effects) });
    for (const effect of effects) this.#took(effect);
    const { tip } = this.machine;
    assert.ok(tip.hash === before.hash || isBetter(tip, before), 'the tip gives way to a better one alone');
    assert.ok(this.#durable.has(tip.hash), 'the tip is durable');
    this.#assertBounded();
  }

  /** Has the store do the oldest thing that is due. A commit may find the disk full, or succeed and nobody live to hear of it. */
  async carryOut(outcome: 'done' | 'full' | 'unheard' = 'done'): Promise<void> {
    const work = this.due.shift();
    if (work === undefined) return;
    switch (work.type) {
      case 'load-pending':
        return this.feed({ type: 'pending-loaded', ...(await this.store.pending(work)) });
      case 'load-branch-point': {
        const { peer, hash } = work;
        return this.feed({ type: 'branch-point-loaded', peer, hash, point: await this.store.pointOf(hash) });
      }
      case 'commit': {
        if (outcome === 'full') return this.feed({ type: 'commit-failed' });
        const committed = await this.store.commit(work.change);
        for (const { block } of work.change.blocks) {
          // An entry that comes in while a block with it is being stored is as durable as the block.
          for (const hash of [block.hash, ...entryIds(block.body)]) this.#durable.add(hash);
        }
        for (const { id } of [...work.change.pendingAdded, ...committed.returned]) this.#durable.add(id);
        if (outcome === 'done') this.feed({ type: 'committed', ...committed });
      }
    }
  }

  async settle(): Promise<void> {
    while (this.due.length > 0) await this.carryOut();
  }

  /** That a machine which is told the same at the same times does the same. */
  assertReplays(): void {
    for (const { options, steps } of this.#lives) {
      const machine = new FullNode(options);
      for (const { input, now, effects } of steps) {
        assert.equal(textOf(machine.handle(input, now)), effects, `the same input has the same effects: ${input.type}`);
      }
    }
  }

  /** That what the store holds is what the machine follows. */
  async assertStored(): Promise<void> {
    const { hash, header } = this.machine.tip;
    const stored = await this.store.activeHashes(header.height, 2);
    assert.deepEqual(stored, [hash], 'the tip of the store is that of the machine');
  }

  #took(effect: Effect): void {
    switch (effect.type) {
      case 'send':
        assert.ok(this.sessions.has(effect.peer), `nothing is said to who is not there: ${effect.message.type}`);
        this.#assertSayable(effect.message);
        this.heard.push({ peer: effect.peer, message: effect.message });
        return;
      case 'disconnect':
        assert.ok(this.sessions.delete(effect.peer), 'only who is there is put out');
        return;
      case 'dial':
        this.dials.push(effect.address);
        return;
      case 'commit':
        assert.ok(!this.due.some(({ type }) => type === 'commit'), 'there is one commit at a time');
        this.#judgeCommit(effect.change);
        this.due.push(effect);
        return;
      case 'load-pending':
        assert.ok(!this.due.some(({ type }) => type === 'commit'), 'no commit is under way while entries are read');
        this.due.push(effect);
        return;
      case 'load-branch-point':
        this.due.push(effect);
        return;
      case 'search':
        this.search = effect;
        return;
      case 'stop-search':
        this.search = undefined;
        return;
      case 'answer':
        assert.ok(this.#open.delete(effect.request), 'what was asked is answered, once');
        if (effect.answer.type === 'block-mined') this.#assertDurable(effect.answer.hash);
        if (effect.answer.type === 'entries-pending')
          for (const { id } of effect.answer.entries) this.#assertDurable(id);
        return;
      case 'notify':
        return this.#assertTrue(effect.event);
      default:
        return;
    }
  }

  /** Blocks by the judge, who knows nothing of the machine; entries by their bytes. */
  #judgeCommit({ blocks, pendingAdded, activate }: Commit): void {
    for (const { block, work } of blocks) {
      const header = JUDGE.header(Buffer.from(encodeHeader(block.header)).toString('hex'));
      assert.ok(typeof header !== 'string', `no block is stored that breaks a rule: ${header}`);
      assert.equal(bodyFault(header, block.body.bytes), undefined, 'nor one whose body does');
      assert.deepEqual([header.hash, header.work], [block.hash, work], 'nor under another hash or work');
    }
    for (const { id, bytes } of pendingAdded) assert.equal(id, hashLeaf(bytes), 'an entry is kept under its own id');
    if (activate === undefined) return;
    const added = activate.added.map((hash) => JUDGE.find(hash));
    for (const [i, header] of added.entries()) {
      assert.ok(header, 'no block joins the chain that was not judged');
      assert.equal(Number(header.height), activate.forkHeight + 1 + i, 'blocks join the chain in order');
      if (i > 0) assert.equal(header.previousHash, added[i - 1]?.hash, 'each on the one before it');
    }
  }

  /** That others can read it, and that it is true of what is durable. */
  #assertSayable(message: Message): void {
    const bytes = encodeMessage(message);
    assert.ok(bytes.length <= PEER_MESSAGE_BYTES_MAX, 'a message is not too large');
    const read = parseMessage(bytes);
    assert.ok(read.ok, `a message can be read: ${read.ok ? '' : JSON.stringify(read.fault)}`);
    assert.deepEqual(encodeMessage(read.value), bytes, 'and says the same');
    if (message.type === 'hello') this.#assertDurable(message.tip.hash);
    if (message.type === 'headers') for (const { hash } of readRun(message.headers)) this.#assertDurable(hash);
    if (message.type === 'inventory') for (const id of message.ids) this.#assertDurable(id);
  }

  #assertTrue(event: NodeEvent): void {
    if (event.type === 'block-added') this.#assertDurable(event.hash);
    if (event.type === 'entry-pending') this.#assertDurable(event.id);
  }

  #assertDurable(hash: Hash): void {
    assert.ok(this.#durable.has(hash), 'what is told of is durable');
  }

  #assertBounded(): void {
    const { headers, bodyBytes, addresses } = this.machine.holdings;
    assert.ok(headers <= TREE_HEADERS_MAX, 'headers are bounded');
    assert.ok(bodyBytes <= HELD_BODY_BYTES_MAX, 'bodies that wait are bounded');
    assert.ok(addresses <= KNOWN_ADDRESSES_MAX, 'addresses are bounded');
    assert.ok(this.sessions.size <= PEERS_MAX, 'peers are bounded');
  }
}

const ALL = { entriesMax: Number.MAX_SAFE_INTEGER, bytesMax: Number.MAX_SAFE_INTEGER };

/** By the words of the specification: more work, and of as much the lower hash. */
function isBetter(one: ChainPoint, other: ChainPoint): boolean {
  return one.work === other.work ? BigInt(`0x${one.hash}`) < BigInt(`0x${other.hash}`) : one.work > other.work;
}

/** One for all machines: what it has found valid once, it does not look at again. */
const JUDGE = new ChainJudge(paramsDocument(PARAMS));
const judgedBodies = new Map<string, Uint8Array>();

/** What is wrong with `bytes` as the body of a header, by the judge. */
function bodyFault(header: JudgedHeader, bytes: Uint8Array): string | undefined {
  const judged = judgedBodies.get(header.hash);
  if (judged !== undefined && Buffer.compare(judged, bytes) === 0) return undefined;
  const data = JUDGE.body(header, bytes);
  if (typeof data === 'string') return data;
  judgedBodies.set(header.hash, bytes);
  return undefined;
}
