/**
 * Opens a damaged store, asks it everything that a node asks, and holds each answer against the truth. A store may refuse
 * to open, and may refuse any answer, with a StoreError; it may be as it once was. It may not say what is not so.
 */
import { Buffer } from 'node:buffer';
import { cpSync, rmSync } from 'node:fs';
import { encodeBlockJson } from '../../src/core/block-json.ts';
import { entryIds } from '../../src/core/body.ts';
import type { Hash } from '../../src/core/hash.ts';
import { hashHeader } from '../../src/core/header.ts';
import type { ChainStore } from '../../src/storage/chain-store.ts';
import { checkStore, type FsckReport } from '../../src/storage/fsck.ts';
import { openSqliteStore } from '../../src/storage/sqlite-store.ts';
import { StoreError } from '../../src/storage/store-error.ts';
import { TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { ALL_PENDING, gather } from '../../test/support/store-change.ts';
import { fingerprint } from '../store-changes.ts';
import type { Truth } from './specimens.ts';

export interface Findings {
  /** What came of it: it did not open, it refused some answers, or all is as it was at some time. */
  readonly outcome: 'refused' | 'found' | 'whole';
  /** What must not be. */
  readonly wrong: readonly string[];
  /** Whether a damaged index has hidden an entry that is in the chain, as `fsck` would have told. */
  readonly isEntryHidden: boolean;
  /** Whether entries wait that never waited together: a page of an earlier time shows by nothing. The chain is whole. */
  readonly isPendingMixed: boolean;
}

/** Examines the store in `folder`, which is changed by it. */
export async function examine(folder: string, truth: Truth): Promise<Findings> {
  const examination = new Examination(truth);
  // Of a copy: a store that is opened mends what it can.
  const copy = `${folder}-for-fsck`;
  cpSync(folder, copy, { recursive: true });
  const report = await examination.ask('fsck', () => checkStore({ folder: copy, params: TEST_PARAMS }));
  rmSync(copy, { recursive: true });
  // That it would not even open shows again below.
  examination.refusals.length = 0;
  const store = await examination.ask('opening', () => openSqliteStore({ folder, params: TEST_PARAMS }));
  if (store === undefined)
    return { outcome: 'refused', wrong: examination.wrong, isEntryHidden: false, isPendingMixed: false };
  try {
    await examination.readEverything(store);
  } finally {
    await examination.ask('closing', () => store.close());
  }
  if (report !== undefined) examination.compare(report);
  const { refusals, wrong, isEntryHidden, isPendingMixed } = examination;
  return { outcome: refusals.length > 0 ? 'found' : 'whole', wrong, isEntryHidden, isPendingMixed };
}

class Examination {
  readonly wrong: string[] = [];
  readonly refusals: string[] = [];
  isEntryHidden = false;
  isPendingMixed = false;
  readonly #truth: Truth;
  /** By height, as far as they could be read. */
  readonly #active = new Map<number, Hash>();

  constructor(truth: Truth) {
    this.#truth = truth;
  }

  /** The answer; undefined where it is refused as it may be. */
  async ask<Answer>(what: string, question: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await question();
    } catch (error) {
      if (error instanceof StoreError) this.refusals.push(`${what}: ${error.code}`);
      else this.wrong.push(`${what} breaks: ${error instanceof Error ? error.stack : String(error)}`);
      return undefined;
    }
  }

  async readEverything(store: ChainStore): Promise<void> {
    await this.ask('load', async () => {
      const { window } = await store.load({ windowLength: 1_000, milestoneInterval: 16, pending: ALL_PENDING });
      for (const { hash, header } of window) this.#known(hash, header.height, 'the window');
    });
    const json = await this.ask('chain', () => store.chainJson());
    const length = json?.length ?? 0;
    if (json !== undefined) this.#known(json.tip, length - 1, 'the tip');
    for (let height = 0; height < length; height++) await this.ask('block', () => this.#readBlock(store, height));
    await this.ask('chain JSON', () => this.#readJson(store, length));
    await this.ask('headers', () => this.#readHeaders(store));
    for (const hash of this.#truth.blocks.keys()) await this.ask('body', () => this.#readBody(store, hash));
    for (const [i, id] of [...this.#truth.holders.keys()].entries()) {
      if (i % ENTRIES_ASKED_EVERY === 0) await this.ask('entry', () => this.#findEntry(store, id, length));
    }
    await this.ask('pending', () => this.#readPending(store));
    const check = await this.ask('check', () => store.check({ onProgress: () => undefined, signal: NEVER }));
    if (check?.fault !== undefined) this.refusals.push(`check: ${check.fault.code}`);
    else if (check !== undefined && this.#active.size < length)
      this.#say('a chain that cannot be read is called valid');
    if (this.refusals.length > 0) return;
    const state = await fingerprint(store);
    if (this.#truth.states.has(state)) return;
    this.isPendingMixed = [...this.#truth.states].some((once) => chainOf(once) === chainOf(state));
    if (!this.isPendingMixed) this.#say(`it holds what there never was, and nothing shows it: ${state}`);
  }

  /** Whatever was refused, or hidden, `fsck` must have found. */
  compare({ problemCount }: FsckReport): void {
    if (problemCount > 0) return;
    if (this.refusals.length > 0)
      this.#say(`fsck finds nothing, but there was ${this.refusals.slice(0, 3).join(', ')}`);
    if (this.isEntryHidden) this.#say('fsck finds nothing, but an entry in the chain was not found');
  }

  async #readBlock(store: ChainStore, height: number): Promise<void> {
    const stored = await store.blockAt(height);
    if (stored === undefined) return this.#say(`there is no block at height ${height}`);
    const { block } = stored;
    this.#known(block.hash, height, 'blockAt');
    const truth = this.#truth.blocks.get(block.hash);
    if (truth === undefined || Buffer.compare(truth.body.bytes, block.body.bytes) !== 0) {
      return this.#say(`another body at height ${height}`);
    }
    this.#active.set(height, block.hash);
  }

  async #readBody(store: ChainStore, hash: Hash): Promise<void> {
    const [body] = await store.bodies([hash], Number.MAX_SAFE_INTEGER);
    const truth = this.#truth.blocks.get(hash);
    if (body?.bytes !== undefined && Buffer.compare(body.bytes, truth?.body.bytes ?? NOTHING) !== 0) {
      this.#say(`another body is served for ${hash}`);
    }
  }

  async #readJson(store: ChainStore, length: number): Promise<void> {
    const text = Buffer.concat(await gather((await store.chainJson()).chunks())).toString();
    if (this.#active.size < length) return;
    const blocks = [...this.#active.values()].map((hash) => this.#truth.blocks.get(hash));
    const expected = `[${blocks.map((block) => (block === undefined ? '' : Buffer.from(encodeBlockJson(block)))).join()}]`;
    if (text !== expected) this.#say('the chain as JSON is another');
  }

  async #readHeaders(store: ChainStore): Promise<void> {
    const headers = await store.headersAfter([], 10_000);
    for (let start = 0, height = 1; start < headers.length; start += 118, height++) {
      this.#known(hashHeader(headers.subarray(start, start + 118)), height, 'headersAfter');
    }
  }

  async #findEntry(store: ChainStore, id: Hash, length: number): Promise<void> {
    const { places, indexedTo } = await store.entryPlaces(id, 100);
    for (const { height, hash, index } of places) {
      this.#known(hash, height, 'entryPlaces');
      const block = this.#truth.blocks.get(hash);
      if (block !== undefined && entryIds(block.body)[index] !== id) this.#say(`the entry ${id} is not at its place`);
    }
    if (this.#active.size < length) return;
    const due = (this.#truth.holders.get(id) ?? []).filter(({ hash, header }) => {
      return header.height <= indexedTo && this.#active.get(header.height) === hash;
    });
    if (due.some(({ hash }) => !places.some((place) => place.hash === hash))) this.isEntryHidden = true;
  }

  async #readPending(store: ChainStore): Promise<void> {
    for (const { id, bytes } of (await store.pending(ALL_PENDING)).entries) {
      const truth = this.#truth.pending.get(id);
      if (truth === undefined || Buffer.compare(truth, bytes) !== 0) this.#say(`the pending entry ${id} never was`);
    }
  }

  #known(hash: Hash, height: number, where: string): void {
    const block = this.#truth.blocks.get(hash);
    if (block?.header.height !== height) this.#say(`${where}: ${hash} at height ${height} never was`);
  }

  #say(what: string): void {
    if (!this.wrong.includes(what)) this.wrong.push(what);
  }
}

/** What the index does not have yet is looked for block by block. */
/** Of a fingerprint, what stands for the chain. */
function chainOf(state: string): string | undefined {
  return state.split(' ')[0];
}

const ENTRIES_ASKED_EVERY = 10;
const NEVER = new AbortController().signal;
const NOTHING = new Uint8Array();
