/** The check of the active chain, height by height from the genesis (see fsck.ts). */
import type { Block } from '../core/block.ts';
import { blockJsonBytes } from '../core/block-json.ts';
import { entryIds } from '../core/body.ts';
import type { Hash } from '../core/hash.ts';
import { appendLeaf, EMPTY_FRONTIER, type Frontier, historyLeaf, historyNodeCount } from '../core/history.ts';
import type { NetworkParams } from '../core/params.ts';
import { type ChainPoint, genesisPoint, validateHeader } from '../core/validation.ts';
import { type BlockTable, type HeaderRow, hashAt } from './block-table.ts';
import type { EntryIndexCheck } from './entry-index-check.ts';
import { checkDigest, type ProblemList } from './fsck-problem.ts';
import { type Database, integerAt, type Statement } from './sqlite-database.ts';

/** Walks the active chain once. What one damaged block makes unknowable is left out, and the walk goes on above it. */
export class ActiveChainCheck {
  readonly #params: NetworkParams;
  readonly #blocks: BlockTable;
  readonly #index: EntryIndexCheck | undefined;
  readonly #problems: ProblemList;
  readonly #selectPlace: Statement;
  readonly #selectNext: Statement;
  readonly #selectNode: Statement;
  /** The height that was checked last. */
  height = -1;
  readonly tipHeight: number;
  blockCount = 0;
  entryCount = 0;
  /** See FsckReport. */
  validHeight = -1;
  /** The hash below; undefined where it cannot be known. */
  #below: Hash | undefined;
  /** The place below; undefined from the first block on that is not valid. */
  #point: ChainPoint | undefined;
  /** The history below; undefined once a leaf of it cannot be known. */
  #history: Frontier | undefined = EMPTY_FRONTIER;
  /** Where the JSON form ends below; undefined where it cannot be known. */
  #jsonEnd: number | undefined = 0;

  constructor(parts: {
    readonly database: Database;
    readonly params: NetworkParams;
    readonly blocks: BlockTable;
    readonly index: EntryIndexCheck | undefined;
    readonly problems: ProblemList;
  }) {
    this.#params = parts.params;
    this.#blocks = parts.blocks;
    this.#index = parts.index;
    this.#problems = parts.problems;
    this.#selectPlace = parts.database.statement('SELECT block, json_end FROM chain WHERE height = ?');
    this.#selectNext = parts.database.statement('SELECT min(height) FROM chain WHERE height > ?');
    this.#selectNode = parts.database.statement('SELECT hash FROM history WHERE position = ?');
    this.tipHeight = this.#checkEnds(parts.database);
  }

  /** Checks the next height. False: there is none. */
  checkNext(): boolean {
    if (this.height >= this.tipHeight) return false;
    const height = ++this.height;
    const place = this.#problems.guard('database-damaged', () => this.#selectPlace.one(height), { height });
    const id = typeof place?.[0] === 'number' ? place[0] : undefined;
    if (id === undefined) {
      this.#problems.add({ code: 'height-missing', height, detail: 'The active chain has no block here.' });
    }
    const row =
      id === undefined
        ? undefined
        : this.#problems.guard('block-damaged', () => this.#blocks.readHeader(id, () => height), { height });
    this.#checkHeader(row);
    this.#checkHistory(row);
    const block = id === undefined || row === undefined ? undefined : this.#judge(id, height);
    if (block === undefined) {
      this.#index?.skip(height);
      this.#validate(false);
    } else {
      this.#checkDerived(block, place?.[1]);
    }
    // Goes on from what is stored, so that one wrong number is one problem.
    this.#jsonEnd = typeof place?.[1] === 'number' ? place[1] : undefined;
    if (id === undefined) this.#skipGap();
    return true;
  }

  #judge(id: number, height: number): Block | undefined {
    const judged = this.#problems.guard('block-damaged', () => this.#blocks.judge(id, () => height), { height });
    if (judged !== undefined) checkDigest(judged, this.#problems);
    return judged?.block;
  }

  /**
   * Goes on below the next height that has a block, however far up a damaged row has put it. Where none can be found, there
   * is nothing to go on with: the highest row may claim any height.
   */
  #skipGap(): void {
    const next = this.#problems.guard('database-damaged', () => this.#selectNext.one(this.height));
    const above = typeof next?.[0] === 'number' && next[0] > this.height ? next[0] - 1 : this.tipHeight;
    if (above > this.height) this.#history = undefined;
    this.height = above;
  }

  /** Checks that the tables have the number of rows that the highest one says, and answers the height of the tip. */
  #checkEnds(database: Database): number {
    const ends = this.#problems.guard('database-damaged', () =>
      database.statement('SELECT max(height), count(*) FROM chain').one(),
    );
    if (ends === undefined || ends[0] === null) {
      this.#problems.add({ code: 'height-missing', height: 0, detail: 'The active chain is empty.' });
      return -1;
    }
    const tipHeight = integerAt(ends, 0);
    const nodes = this.#problems.guard('database-damaged', () => database.integer('SELECT count(*) FROM history'));
    const expected = historyNodeCount(tipHeight + 1);
    if (nodes !== undefined && nodes !== expected) {
      this.#problems.add({ code: 'history-wrong', detail: `The history has ${nodes} nodes, not ${expected}.` });
    }
    return tipHeight;
  }

  /** Checks the header against the rules, as long as everything below it followed them. */
  #checkHeader(row: HeaderRow | undefined): void {
    const { height } = this;
    const below = this.#below;
    this.#below = row?.hash;
    const parent = this.#point;
    this.#point = undefined;
    if (row === undefined) return;
    const place = { height, hash: row.hash };
    if (height === 0) {
      const genesis = genesisPoint(this.#params);
      if (row.hash === genesis.hash) this.#point = genesis;
      else this.#problems.add({ code: 'rule-broken', ...place, detail: `The genesis is not ${genesis.hash}.` });
    } else if (below !== undefined && row.header.previousHash !== below) {
      this.#problems.add({
        code: 'link-broken',
        ...place,
        detail: `It follows ${row.header.previousHash}, not ${below}.`,
      });
    } else if (row.header.height !== height) {
      this.#problems.add({ code: 'link-broken', ...place, detail: `It is a block of height ${row.header.height}.` });
    } else if (parent !== undefined) {
      const point = validateHeader(row, parent, this.#params);
      if (point.ok) this.#point = point.value;
      else this.#problems.add({ code: 'rule-broken', ...place, detail: `A rule is broken: ${point.fault.code}.` });
    }
    if (this.#point !== undefined && this.#point.work !== row.work) {
      const detail = `The work ${row.work} should be ${this.#point.work}.`;
      this.#problems.add({ code: 'work-wrong', ...place, detail });
    }
    this.#validate(this.#point !== undefined);
  }

  /** Checks the nodes of the history that this header completes. */
  #checkHistory(row: HeaderRow | undefined): void {
    const { height } = this;
    let position = historyNodeCount(height);
    const stored = this.#nodeAt(position);
    const leaf = row === undefined ? stored : historyLeaf(row.bytes, this.#point?.work ?? row.work);
    if (leaf === undefined || this.#history === undefined) {
      this.#history = undefined;
      return;
    }
    const { frontier, completed } = appendLeaf(this.#history, leaf);
    this.#history = frontier;
    for (const node of completed) {
      if (this.#nodeAt(position) !== node) {
        const detail = `The node ${position} of the history is not what the headers make it.`;
        this.#problems.add({ code: 'history-wrong', height, detail });
        return;
      }
      position++;
    }
  }

  #checkDerived(block: Block, jsonEnd: unknown): void {
    const { height } = this;
    const ids = entryIds(block.body);
    this.blockCount++;
    this.entryCount += ids.length;
    this.#index?.expect(height, ids);
    if (this.#jsonEnd === undefined) return;
    const expected = this.#jsonEnd + 1 + blockJsonBytes(block);
    if (jsonEnd === expected) return;
    const detail = `The chain's JSON form ends at byte ${String(jsonEnd)} here; it should be ${expected}.`;
    this.#problems.add({ code: 'json-end-wrong', height, hash: block.hash, detail });
  }

  /** Notes whether the block at this height is valid; nothing above one that is not is known to be. */
  #validate(isValid: boolean): void {
    if (isValid && this.validHeight === this.height - 1) this.validHeight = this.height;
    if (!isValid && this.validHeight === this.height) this.validHeight--;
  }

  #nodeAt(position: number): Hash | undefined {
    const row = this.#problems.guard('database-damaged', () => this.#selectNode.one(position), { height: this.height });
    return row?.[0] instanceof Uint8Array ? hashAt(row, 0) : undefined;
  }
}
