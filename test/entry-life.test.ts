/**
 * The life of entries at one node, against a model: whatever people, peers, blocks, branches, a full disk and crashes do to them,
 * in any order and while the store is at work.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertPresent } from '../src/core/assert.ts';
import type { Block } from '../src/core/block.ts';
import { entryIds } from '../src/core/body.ts';
import type { Hash } from '../src/core/hash.ts';
import { type ChainPoint, genesisPoint } from '../src/core/validation.ts';
import type { Answer, Effect, RequestId } from '../src/protocol/effects.ts';
import { Ledger } from '../src/protocol/ledger.ts';
import { STORE_FULL_RETRY_MS } from '../src/protocol/limits.ts';
import { createMemoryStore } from '../src/storage/memory-store.ts';
import { bodyOf, buildBlock, TEST_PARAMS } from './support/chain-fixture.ts';
import { entryOf } from './support/entry-fixture.ts';
import { ALL_PENDING } from './support/store-change.ts';

/** Those that are always to be recorded once, and one that may be recorded as often as somebody hands it in. */
const ONCE = ['"a"', '"b"', '"c"', '"d"', '"e"'];
const AGAIN = '"again"';
const TEXTS = new Map([...ONCE, AGAIN].map((text) => [entryOf(text).id, text]));
const ROOT = genesisPoint(TEST_PARAMS);

type Step =
  | { readonly do: 'submit'; readonly entries: readonly number[]; readonly once: boolean }
  | { readonly do: 'hear'; readonly entry: number }
  /** The store does what it was asked last. */
  | { readonly do: 'deliver' }
  | { readonly do: 'mine' }
  /** Somebody else has mined so many blocks on the one so deep below the tip, each with those entries that its branch lacks. */
  | { readonly do: 'rival'; readonly depth: number; readonly bodies: readonly (readonly number[])[] }
  | { readonly do: 'fill-disk' }
  /** The index cannot tell of the tip. */
  | { readonly do: 'lag' }
  | { readonly do: 'crash' };

const someEntries = fc.array(fc.nat(ONCE.length - 1), { maxLength: 3 });
const STEPS: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('submit'), entries: someEntries, once: fc.constant(true) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('submit'), entries: fc.constant([]), once: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('hear'), entry: fc.nat(ONCE.length - 1) }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('deliver') }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('mine') }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('rival'),
      depth: fc.nat(3),
      bodies: fc.array(someEntries, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fill-disk') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lag') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash') }) },
);

test('an entry to be recorded once is, what was acknowledged is kept, and every status is the true one', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(STEPS, { minLength: 10, maxLength: 80 }), async (steps) => {
      const node = await ModelledNode.start();
      for (const step of steps) await node.take(step);
      await node.settle();
      for (const status of node.seen) seen.add(status);
    }),
    { seed: 20_261_122, numRuns: 400 },
  );
  // The runs came by everything that can be said.
  const words = ['pending', 'already-pending', 'in-block', 'returned', 'store-full', 'entry-index-busy', 'gone'];
  assert.deepEqual([...seen].sort(), words.sort());
});

class ModelledNode {
  /** Every word that was said of an entry. */
  readonly seen = new Set<string>();
  readonly #store = createMemoryStore(TEST_PARAMS);
  readonly #points = new Map<Hash, { readonly point: ChainPoint; readonly block: Block | undefined }>([
    [ROOT.hash, { point: ROOT, block: undefined }],
  ]);
  #ledger: Ledger;
  /** What the store was asked, and has not done: a commit, a question, or one behind the other. */
  #asked: Effect[] = [];
  #nowMs = 0;
  #isFull = false;
  #isLagging = false;
  #requests = 0;
  /** Those that are not answered, with the ids that they are about. */
  readonly #open = new Map<RequestId, { readonly ids: readonly Hash[]; readonly once: boolean }>();
  readonly #acknowledged = new Set<Hash>();
  /** What waits because its block was abandoned, since the node was started. */
  #returned = new Set<Hash>();

  private constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  static async start(): Promise<ModelledNode> {
    const node = new ModelledNode(new Ledger(TEST_PARAMS, EMPTY));
    await node.#restart();
    return node;
  }

  async take(step: Step): Promise<void> {
    this.#nowMs += 10;
    switch (step.do) {
      case 'submit': {
        const texts = step.entries.length === 0 ? [AGAIN] : step.entries.map((i) => ONCE[i] ?? AGAIN);
        const entries = texts.map(entryOf);
        const request = ++this.#requests;
        this.#open.set(request, { ids: entries.map(({ id }) => id), once: step.once });
        const { once } = step;
        await this.#run(once ? this.#ledger.submitOnce(request, entries) : this.#ledger.submit(request, entries, 0));
        break;
      }
      case 'hear':
        this.#ledger.takeEntry(entryOf(ONCE[step.entry] ?? AGAIN), 'peer', 0);
        break;
      case 'deliver':
        return this.#deliver();
      case 'mine': {
        const { point } = this.#ledger.tree.tip;
        this.#build(point, this.#ledger.pool.nextBody(TEST_PARAMS));
        break;
      }
      case 'rival':
        this.#rival(step.depth, step.bodies);
        break;
      case 'fill-disk':
        this.#isFull = true;
        break;
      case 'lag':
        this.#isLagging = true;
        break;
      case 'crash':
        await this.#restart();
        break;
    }
    await this.#proceed();
  }

  /** Until nothing is to be done any more; then every question has its answer. */
  async settle(): Promise<void> {
    this.#isFull = false;
    await this.#proceed();
    for (let turns = 0; this.#asked.length > 0; turns++) {
      assert.ok(turns < 1_000, 'it comes to rest');
      await this.#deliver();
    }
    assert.deepEqual([...this.#open], []);
    await this.#check();
  }

  async #proceed(): Promise<void> {
    this.#nowMs += STORE_FULL_RETRY_MS;
    await this.#run(this.#ledger.startCommit(this.#nowMs));
  }

  async #deliver(): Promise<void> {
    const asked = this.#asked.shift();
    if (asked?.type === 'commit') await this.#commit(asked);
    if (asked?.type === 'find-entries') await this.#find(asked.ids);
    await this.#proceed();
    await this.#check();
  }

  async #commit({ change }: Effect & { readonly type: 'commit' }): Promise<void> {
    if (this.#isFull) {
      this.#isFull = false;
      return this.#run(this.#ledger.commitFailed(this.#nowMs));
    }
    const before = await this.#chain();
    // What waits to be recorded a second time waits on, as it did.
    const waiting = new Set([...(await this.#pendingIds()), ...change.pendingAdded.map(({ id }) => id)]);
    const committed = await this.#store.commit(change);
    const after = new Set(await this.#chain());
    for (const id of before) if (!after.has(id) && !waiting.has(id)) this.#returned.add(id);
    const pending = new Set(await this.#pendingIds());
    for (const id of [...this.#returned]) if (!pending.has(id)) this.#returned.delete(id);
    await this.#run(this.#ledger.committed(committed, 0).effects);
  }

  async #find(ids: readonly Hash[]): Promise<void> {
    const found = await this.#store.firstPlaces(ids);
    const indexedTo = this.#isLagging ? Math.max(0, found.indexedTo - 1) : found.indexedTo;
    this.#isLagging = false;
    const places = found.places.map((place) => (place !== undefined && place.height > indexedTo ? undefined : place));
    await this.#run(this.#ledger.entriesFound(places, indexedTo, 0));
  }

  async #run(effects: readonly Effect[]): Promise<void> {
    for (const effect of effects) {
      if (effect.type === 'commit' || effect.type === 'find-entries') {
        const before = this.#asked.map(({ type }) => type);
        const fits = before.length === 0 || (effect.type === 'find-entries' && before.join() === 'commit');
        assert.ok(fits, `a ${effect.type} comes behind ${before.join()}`);
        this.#asked.push(effect);
      }
      if (effect.type === 'answer') await this.#answered(effect.request, effect.answer);
    }
  }

  async #answered(request: RequestId, answer: Answer): Promise<void> {
    const { ids, once } = assertPresent(this.#open.get(request), 'a question is answered once');
    this.#open.delete(request);
    if (answer.type === 'refused') return void this.seen.add(answer.fault.code);
    assert.ok(answer.type === 'entries-pending');
    assert.deepEqual(
      answer.entries.map(({ id }) => id),
      ids,
    );
    for (const entry of answer.entries) {
      this.seen.add(entry.status);
      this.#acknowledged.add(entry.id);
      if (entry.status !== 'in-block') continue;
      assert.ok(once);
      const { places } = await this.#store.entryPlaces(entry.id, 1);
      assert.deepEqual(entry.place, places[0], 'the place is the one on the chain of this moment');
    }
  }

  /** What must hold whenever the store has done something and the machine has heard of it. */
  async #check(): Promise<void> {
    const chain = await this.#chain();
    for (const text of ONCE) {
      const { id } = entryOf(text);
      assert.ok(chain.filter((other) => other === id).length <= 1, `${text} is in the chain once`);
    }
    const pending = await this.#pendingIds();
    const safe = new Set([...chain, ...pending]);
    for (const id of this.#acknowledged) assert.ok(safe.has(id), `${TEXTS.get(id)} was acknowledged, and is kept`);
    assert.deepEqual([...this.#ledger.pool.stored()].map(({ id }) => id).sort(), [...pending].sort());
    for (const id of pending) {
      const isReturned = this.#ledger.pool.find(id)?.isReturned;
      assert.equal(isReturned, this.#returned.has(id), `${TEXTS.get(id)} waits as it should`);
      if (isReturned === true) this.seen.add('returned');
    }
  }

  async #pendingIds(): Promise<readonly Hash[]> {
    const { entries } = await this.#store.pending(ALL_PENDING);
    return entries.map(({ id }) => id);
  }

  /** The entries of the active chain, from the bottom up. */
  async #chain(): Promise<readonly Hash[]> {
    const hashes = await this.#store.activeHashes(1, 10_000);
    return hashes.flatMap((hash) => this.#idsOf(hash));
  }

  #idsOf(hash: Hash): readonly Hash[] {
    const block = this.#points.get(hash)?.block;
    return block === undefined ? [] : entryIds(block.body);
  }

  #rival(depth: number, bodies: readonly (readonly number[])[]): void {
    let { point } = this.#ledger.tree.tip;
    for (let i = 0; i < depth && point.header.height > 0; i++) {
      point = assertPresent(this.#points.get(point.header.previousHash), 'every block is known').point;
    }
    const there = new Set<Hash>();
    for (let at = point; at.header.height > 0; ) {
      for (const id of this.#idsOf(at.hash)) there.add(id);
      at = assertPresent(this.#points.get(at.header.previousHash), 'every block is known').point;
    }
    for (const body of bodies) {
      const texts = [...new Set(body.map((i) => ONCE[i] ?? AGAIN))].filter((text) => !there.has(entryOf(text).id));
      for (const text of texts) there.add(entryOf(text).id);
      point = this.#build(point, bodyOf(...texts, `"rival ${this.#points.size}"`));
    }
  }

  #build(parent: ChainPoint, body: ReturnType<typeof bodyOf>): ChainPoint {
    const built = buildBlock(TEST_PARAMS, parent, body);
    this.#points.set(built.point.hash, built);
    assert.equal(this.#ledger.takeBlock(built.block), undefined);
    return built.point;
  }

  /** What the disk holds is all that is left, and who waits for an answer gets none. */
  async #restart(): Promise<void> {
    for (const { ids } of this.#open.values()) if (ids.length > 0) this.seen.add('gone');
    this.#open.clear();
    this.#asked = [];
    this.#returned = new Set();
    const state = await this.#store.load({ windowLength: 1_000, milestoneInterval: 100, pending: ALL_PENDING });
    this.#ledger = new Ledger(TEST_PARAMS, { ...state, recentIds: await this.#chain() });
  }
}

const EMPTY = { window: [ROOT], milestones: [ROOT.hash], pending: { entries: [], isAll: true } };
