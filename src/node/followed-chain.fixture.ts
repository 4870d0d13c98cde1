/** For tests of record streams: a chain in memory that grows and changes branches, and a consumer who keeps what he is told. */
import assert from 'node:assert/strict';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import type { Follow, RecordEvent } from '../api/follow-shapes.ts';
import { assertPresent } from '../core/assert.ts';
import type { Block } from '../core/block.ts';
import { entryBytes, entryCount } from '../core/body.ts';
import { createGenesis } from '../core/genesis.ts';
import type { Hash } from '../core/hash.ts';
import { readMembers } from '../core/json-text.ts';
import { hashLeaf } from '../core/merkle.ts';
import { type ChainPoint, genesisPoint } from '../core/validation.ts';
import type { ProbeSession } from '../probe/probe-server.ts';
import type { ChainStore } from '../storage/chain-store.ts';
import { createMemoryStore } from '../storage/memory-store.ts';
import type { NewsSource } from './chain-news.ts';
import { answerFollow, type FollowedNode } from './follow-call.ts';
import type { RuntimeEvent } from './runtime.ts';

/** One record, as far as tests tell them apart. */
export interface RecordMark {
  readonly id: Hash;
  readonly height: number;
  readonly hash: Hash;
  readonly index: number;
}

/** What a node has of a chain, and what happens to it. */
export class FollowedChain implements FollowedNode {
  readonly params = TEST_PARAMS;
  readonly store: ChainStore;
  readonly machine: { tip: ChainPoint };
  readonly runtime: NewsSource = {
    listen: (listener) => {
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    },
  };
  /** Called before the store answers each question: for what happens in the midst of a walk. */
  onQuestion: () => Promise<void> = async () => undefined;
  readonly #memory = createMemoryStore(TEST_PARAMS);
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();
  readonly #known: { readonly point: ChainPoint; readonly block: Block }[];
  #active: { readonly point: ChainPoint; readonly block: Block }[];
  #written = 0;

  constructor() {
    const genesis = { point: genesisPoint(TEST_PARAMS), block: createGenesis(TEST_PARAMS) };
    this.#known = [genesis];
    this.#active = [genesis];
    this.machine = { tip: genesis.point };
    this.store = new Proxy(this.#memory, {
      get: (memory, name) => {
        const method: unknown = Reflect.get(memory, name);
        if (typeof method !== 'function') return method;
        return async (...parameters: unknown[]) => {
          await this.onQuestion();
          return Reflect.apply(method, memory, parameters);
        };
      },
    });
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  /** The records of the active chain, from the genesis up. */
  get records(): RecordMark[] {
    return this.#active.flatMap(({ block }) =>
      Array.from({ length: entryCount(block.body) }, (_, index) => ({
        id: hashLeaf(entryBytes(block.body, index)),
        height: block.header.height,
        hash: block.hash,
        index,
      })),
    );
  }

  /** So many blocks on the tip, each with entries as `entriesOf` tells. */
  async grow(blocks: number, entriesOf?: (height: number) => number): Promise<void> {
    await this.#branch(this.machine.tip, blocks, entriesOf);
  }

  /** One block on the tip, with entries of this canonical JSON. */
  async growWith(...entries: readonly string[]): Promise<void> {
    await this.#extend(this.machine.tip, 1, () => entries);
  }

  /** The chain leaves so many blocks, and more take their place. */
  async reorganise(depth: number, entriesOf?: (height: number) => number): Promise<void> {
    const height = Math.max(0, this.machine.tip.header.height - depth);
    await this.#branch(assertPresent(this.#active[height], 'it is active').point, depth, entriesOf);
  }

  /** The chain goes on from any block that was ever on it, be it on an abandoned branch, until it is the better one. */
  async goOnFrom(place: number): Promise<void> {
    await this.#branch(assertPresent(this.#known[place % this.#known.length], 'it is known').point, 0);
  }

  /** As the node's user puts it. */
  async follow(params: object, closed = new AbortController().signal): Promise<Follow> {
    const members = readMembers(JSON.stringify(params), { levelsNoted: 1 });
    assert.ok(members.ok);
    const session: ProbeSession = { notify: () => true, progress: () => true, closed };
    const answer = await answerFollow(this, members.value, session);
    assert.equal(answer.type, 'result');
    return JSON.parse(answer.json);
  }

  /** At least `count` blocks on `parent`, and as many as make a better chain. */
  #branch(parent: ChainPoint, count: number, entriesOf = (height: number) => height % 4): Promise<void> {
    return this.#extend(parent, count, (height) => this.#entries(entriesOf(height)));
  }

  async #extend(parent: ChainPoint, count: number, entriesAt: (height: number) => readonly string[]): Promise<void> {
    const added: { readonly point: ChainPoint; readonly block: Block }[] = [];
    for (let at = parent; added.length < count || at.work <= this.machine.tip.work; ) {
      const { blocks, points } = buildChain(TEST_PARAMS, at, 1, (height) => bodyOf(...entriesAt(height)));
      const [block, point] = [assertPresent(blocks[0], 'one was built'), assertPresent(points[0], 'one was built')];
      added.push({ block, point });
      at = point;
    }
    this.#known.push(...added);
    // Down from the parent to where its branch stands on the active chain.
    const path = [...added];
    let fork = this.#find(parent.hash);
    while (this.#active[fork.point.header.height] !== fork) {
      path.unshift(fork);
      fork = this.#find(fork.point.header.previousHash);
    }
    const forkHeight = fork.point.header.height;
    await this.#memory.commit({
      blocks: added.map(({ block, point }) => ({ block, work: point.work })),
      pendingAdded: [],
      activate: { forkHeight, added: path.map(({ block }) => block.hash) },
    });
    const removed = this.#active.slice(forkHeight + 1);
    this.#active = [...this.#active.slice(0, forkHeight + 1), ...path];
    this.machine.tip = assertPresent(path.at(-1), 'it has grown').point;
    for (const { point } of removed.reverse()) {
      this.#tell({ type: 'block-removed', hash: point.hash, height: point.header.height });
    }
    for (const { block } of path) {
      this.#tell({ type: 'block-added', hash: block.hash, header: block.header, entries: entryCount(block.body) });
    }
  }

  #find(hash: Hash): { readonly point: ChainPoint; readonly block: Block } {
    return assertPresent(
      this.#known.find(({ block }) => block.hash === hash),
      'it is known',
    );
  }

  /** Every third is one that stands elsewhere, too. */
  #entries(count: number): string[] {
    return Array.from({ length: count }, () => {
      this.#written++;
      return this.#written % 3 === 0 ? OFTEN : `{"kind":"once","n":${this.#written}}`;
    });
  }

  #tell(event: RuntimeEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** The entry that stands in many places, and a filter that lets nothing else pass. */
const OFTEN = '{"kind":"often"}';
export const OFTEN_ID = hashLeaf(new TextEncoder().encode(OFTEN));
export const OFTEN_FILTER = { where: [{ pointer: '/kind', op: '=', value: 'often' }] } as const;

/** Who keeps the records that he is told of, and with them, at once, the cursor of the last event. */
export class Consumer {
  readonly records: RecordMark[] = [];
  cursor = 'start';

  /** Fails where the event does not follow what was told before. */
  take({ type, cursor, record }: RecordEvent): void {
    const { id, height, hash, index } = record;
    const mark = { id, height, hash, index };
    if (type === 'added') {
      const last = this.records.at(-1);
      const isNext = last === undefined || height > last.height || (height === last.height && index > last.index);
      assert.ok(isNext, `the record at ${height}, ${index} comes after that at ${last?.height}, ${last?.index}`);
      this.records.push(mark as RecordMark);
    } else {
      assert.deepEqual(this.records.pop(), mark, 'what is removed was added last');
    }
    this.cursor = cursor;
  }
}
