/**
 * What a node has said that others rely on: entries it has acknowledged, blocks it has announced, and how much work its
 * chain had. Whatever happens to the node, it has to be able to say it again.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { assert, assertPresent } from '../../src/core/assert.ts';
import { type JsonText, jsonValue } from '../../src/core/json-text.ts';
import { type ProbeClient, RpcCallError } from '../../src/probe/probe-client.ts';
import type { Random } from '../../src/simulator/random.ts';

/** What the node answers. */
type View = Readonly<Record<string, unknown>>;

interface Promised {
  /** Of the entry, or the hash of the block. */
  readonly id: string;
  /** When it was said. */
  readonly cycle: number;
}

export class Promises {
  readonly #entries: Promised[] = [];
  readonly #blocks: Promised[] = [];
  readonly #hashes = new Set<string>();
  /** How many of each have been found again since they were said. */
  #entriesKept = 0;
  #blocksKept = 0;
  #settledCount = 0;
  #height = 0;
  /** What is said now is said in this cycle. */
  cycle = 0;
  /** How often something promised was looked for. */
  lookups = 0;

  get entryCount(): number {
    return this.#entries.length;
  }

  get blockCount(): number {
    return this.#blocks.length;
  }

  entryAcknowledged(id: string): void {
    this.#entries.push({ id, cycle: this.cycle });
  }

  blockAnnounced(hash: string, height: number): void {
    this.#height = Math.max(this.#height, height);
    if (this.#hashes.has(hash)) return;
    this.#hashes.add(hash);
    this.#blocks.push({ id: hash, cycle: this.cycle });
  }

  /** Of the highest block that was announced. */
  get height(): number {
    return this.#height;
  }

  /** Looks for all that was said since the last time, and for some of what was said before that. */
  async check(client: ProbeClient, random: Random): Promise<void> {
    await this.#lookForBlocks(client, sampleOf(this.#blocks, this.#blocksKept, random));
    await this.#lookForEntries(client, sampleOf(this.#entries, this.#entriesKept, random));
    this.#entriesKept = this.#entries.length;
    this.#blocksKept = this.#blocks.length;
    // Where no block is harder than another, a better chain is never shorter.
    const { tip } = JSON.parse(await client.call('status', undefined, PATIENT));
    assert(tip.height >= this.#height, `it had announced block ${this.#height}, and its tip is ${tip.height}`);
    this.blockAnnounced(tip.hash, tip.height);
  }

  /** Looks for some of the entries, at a node that others have told of them. */
  async checkEntries(client: ProbeClient, random: Random): Promise<void> {
    await this.#lookForEntries(client, sampleOf(this.#entries, this.#entries.length, random));
  }

  /** Looks for every block that was ever announced. Resolves with how many are not on the chain: a better branch came. */
  async allBlocks(client: ProbeClient): Promise<number> {
    const views = await this.#lookForBlocks(client, this.#blocks);
    return views.filter((view) => view['active'] === false).length;
  }

  /** Looks for the entries that were acknowledged since `settle` was called. Resolves with where each stands. */
  newEntries(client: ProbeClient): Promise<string[]> {
    return this.#lookForEntries(client, this.#entries.slice(this.#settledCount));
  }

  /** All entries so far stand where they will stay. */
  settle(): void {
    this.#settledCount = this.#entries.length;
  }

  /** Looks for every entry that was ever acknowledged. Resolves with where each stands. */
  allEntries(client: ProbeClient): Promise<string[]> {
    return this.#lookForEntries(client, this.#entries);
  }

  /** Waits until the node knows of every new entry, whoever told it: asks again after each `happening`. */
  async untilAllEntriesAreKnown(client: ProbeClient, happening: () => Promise<unknown>): Promise<void> {
    for (const { id } of this.#entries.slice(this.#settledCount)) {
      while ((await findEntry(client, id)) === undefined) await happening();
    }
  }

  async #lookForEntries(client: ProbeClient, entries: readonly Promised[]): Promise<string[]> {
    this.lookups += entries.length;
    const views = await inParts(entries, (entry) => look(client, 'entry', entry));
    return views.map((view) => `${view['id']} ${view['status']} ${JSON.stringify(placesOf(view))}`);
  }

  async #lookForBlocks(client: ProbeClient, blocks: readonly Promised[]): Promise<View[]> {
    this.lookups += blocks.length;
    return inParts(blocks, (block) => look(client, 'block', block));
  }
}

/** Calls `act` with every item, some at a time. */
async function inParts<Item, Result>(items: readonly Item[], act: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let i = 0; i < items.length; i += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(i, i + AT_ONCE).map(act))));
  }
  return results;
}

/** Asks for what was promised; that the node does not know it is what all of this is about. */
async function look(client: ProbeClient, what: 'entry' | 'block', { id, cycle }: Promised): Promise<View> {
  const view = what === 'entry' ? await findEntry(client, id) : await findBlock(client, id);
  assert(view !== undefined, `the ${what} ${id} of cycle ${cycle} is lost`);
  return JSON.parse(view);
}

/** What the node says of an entry, once its index has reached the tip; undefined where it does not know it. */
async function findEntry(client: ProbeClient, id: string): Promise<JsonText | undefined> {
  for (;;) {
    try {
      return await client.call('entry', jsonValue({ id }), PATIENT);
    } catch (error) {
      if (!(error instanceof RpcCallError)) throw error;
      const { code } = error.rpc.data;
      if (code === 'entry-not-found') return undefined;
      if (code !== 'entry-index-busy') throw error;
      await delay(INDEX_POLL_MS);
    }
  }
}

async function findBlock(client: ProbeClient, hash: string): Promise<JsonText | undefined> {
  try {
    return await client.call('block', jsonValue({ hash }), PATIENT);
  } catch (error) {
    if (error instanceof RpcCallError && error.rpc.data.code === 'block-not-found') return undefined;
    throw error;
  }
}

/** Without depths, which change with every block. */
function placesOf({ places }: View): readonly (readonly unknown[])[] {
  assert(Array.isArray(places), 'an entry has places');
  return places.map(({ height, hash, index }) => [height, hash, index]);
}

/** What is new, and a few of what is old. */
function sampleOf(promised: readonly Promised[], keptCount: number, random: Random): Promised[] {
  const older = Array.from({ length: Math.min(keptCount, OLDER_MAX) }, () =>
    assertPresent(promised[random.integer(0, keptCount - 1)], 'it was kept'),
  );
  return [...older, ...promised.slice(keptCount)];
}

const INDEX_POLL_MS = 20;
const AT_ONCE = 64;
const OLDER_MAX = 20;
/** The machine may be busy with much else. */
const PATIENT = { timeoutMs: 60_000 };
