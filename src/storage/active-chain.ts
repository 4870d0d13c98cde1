/**
 * The active chain of a SQLite store: which block stands at which height, where it ends in the chain's JSON form, and
 * the history tree over it.
 *
 * The history commits to every header and its work, so it is also the check on what is read: a row that points to the
 * wrong block, and a work that was not the one given, do not have their leaf.
 */
import { assert } from '../core/assert.ts';
import type { Block } from '../core/block.ts';
import { blockJsonBytes } from '../core/block-json.ts';
import { type Hash, hashToBytes, ZERO_HASH } from '../core/hash.ts';
import { HEADER_BYTES } from '../core/header.ts';
import { lastOfLinked } from '../core/header-run.ts';
import {
  appendLeaf,
  EMPTY_FRONTIER,
  type Frontier,
  frontierFromPeaks,
  historyLeaf,
  historyNodeCount,
  historyRoot,
  peakPositions,
} from '../core/history.ts';
import type { ChainPoint } from '../core/validation.ts';
import { HEADER_COLUMNS, type HeaderRow, hashAt, parseHeaderRow } from './block-table.ts';
import { bytesAt, type Database, integerAt, type Statement } from './sqlite-database.ts';
import { blockDamaged, StoreError } from './store-error.ts';

export interface ActiveTip {
  readonly height: number;
  readonly hash: Hash;
  /** The history up to and including the tip. */
  readonly history: Frontier;
  /** Where the tip ends in `[block,block`; 0 where there is no block. */
  readonly jsonEnd: number;
}

export class ActiveChain {
  readonly #selectTip: Statement;
  readonly #selectId: Statement;
  readonly #selectHash: Statement;
  readonly #selectHeight: Statement;
  readonly #selectHeader: Statement;
  readonly #selectHeaders: Statement;
  readonly #selectJsonEnd: Statement;
  readonly #selectNode: Statement;
  readonly #insert: Statement;
  readonly #insertNode: Statement;
  readonly #deleteAbove: Statement;
  readonly #deleteNodes: Statement;
  #tip: ActiveTip;
  /** The tip before the transaction under way. */
  #settledTip: ActiveTip;

  constructor(database: Database) {
    this.#selectTip = database.statement('SELECT max(height), (SELECT max(position) FROM history) FROM chain');
    this.#selectId = database.statement('SELECT block FROM chain WHERE height = ?');
    this.#selectHash = database.statement(
      'SELECT blocks.hash FROM chain JOIN blocks ON blocks.id = chain.block WHERE height = ?',
    );
    this.#selectHeight = database.statement('SELECT height FROM chain WHERE block = ?');
    this.#selectHeader = database.statement(
      `SELECT ${HEADER_COLUMNS} FROM chain JOIN blocks ON blocks.id = chain.block WHERE height = ?`,
    );
    this.#selectHeaders = database.statement(
      'SELECT header FROM chain JOIN blocks ON blocks.id = chain.block WHERE height BETWEEN ? AND ? ORDER BY height',
    );
    this.#selectJsonEnd = database.statement('SELECT json_end FROM chain WHERE height = ?');
    this.#selectNode = database.statement('SELECT hash FROM history WHERE position = ?');
    this.#insert = database.statement('INSERT INTO chain (height, block, json_end) VALUES (?, ?, ?)');
    this.#insertNode = database.statement('INSERT INTO history (position, hash) VALUES (?, ?)');
    this.#deleteAbove = database.statement('DELETE FROM chain WHERE height > ?');
    this.#deleteNodes = database.statement('DELETE FROM history WHERE position >= ?');
    this.#tip = this.#readTip();
    this.#settledTip = this.#tip;
  }

  /** The last block; at height -1 where there is none yet. */
  get tip(): ActiveTip {
    return this.#tip;
  }

  /** The row id of the block at `height`; undefined beyond the tip. */
  idAt(height: number): number | undefined {
    const row = this.#selectId.one(height);
    return row === undefined ? undefined : integerAt(row, 0);
  }

  /** The hash that is stored with the block at `height`, unchecked; undefined beyond the tip. */
  storedHashAt(height: number): Hash | undefined {
    const row = this.#selectHash.one(height);
    return row === undefined ? undefined : hashAt(row, 0);
  }

  /** Where the block whose row is `id` stands. Looks through the whole chain. */
  heightOf(id: number): number | undefined {
    const row = this.#selectHeight.one(id);
    return row === undefined ? undefined : integerAt(row, 0);
  }

  /** The header at `height`, which is at most the tip's, checked against its hash and the history. */
  headerAt(height: number): HeaderRow {
    return this.#leafAt(height).row;
  }

  /**
   * The headers of so many heights from `first` on, at most up to the tip's, in one piece. The highest is checked as
   * `headerAt` does, and those below it by the hashes that lead down from it: a fifth of the work.
   */
  headersFrom(first: number, count: number): Uint8Array {
    const headers = new Uint8Array(count * HEADER_BYTES);
    if (count === 0) return headers;
    let read = 0;
    for (const row of this.#selectHeaders.each(first, first + count - 1)) {
      const bytes = bytesAt(row, 0);
      if (bytes.length === HEADER_BYTES) headers.set(bytes, read * HEADER_BYTES);
      read++;
    }
    if (read === count && lastOfLinked(headers) === this.headerAt(first + count - 1).hash) return headers;
    // One of them is damaged: one by one, it is found.
    for (let i = 0; i < count; i++) headers.set(this.headerAt(first + i).bytes, i * HEADER_BYTES);
    return headers;
  }

  /** Checks the header in `row`, which is that of the active block at `height`, against the history. */
  checkHeader(row: HeaderRow, height: number): void {
    this.#checkedLeaf(row, height);
  }

  /** The place at `height`, which is at most the tip's, checked as `headerAt` does and against its history root. */
  pointAt(height: number): ChainPoint {
    const { hash, header, bytes, work } = this.headerAt(height);
    const before = this.#historyBefore(height);
    if (height > 0 && header.historyRoot !== historyRoot(before)) {
      throw new StoreError('store-damaged', `The stored history does not have the history root of height ${height}.`);
    }
    const history = appendLeaf(before, historyLeaf(bytes, work)).frontier;
    const parentTimestamp = height === 0 ? undefined : this.headerAt(height - 1).header.timestamp;
    return { hash, header, work, history, parentTimestamp };
  }

  /** The places from `first` to the tip. */
  pointsFrom(first: number): readonly ChainPoint[] {
    const points = [this.pointAt(first)];
    for (let height = first + 1; height <= this.#tip.height; height++) {
      const parent = points[points.length - 1];
      const { row, leaf } = this.#leafAt(height);
      const { hash, header, work } = row;
      if (header.previousHash !== parent?.hash)
        throw blockDamaged({ hash, height }, 'it does not follow the one below');
      const history = appendLeaf(parent.history, leaf).frontier;
      points.push({ hash, header, work, history, parentTimestamp: parent.header.timestamp });
    }
    return points;
  }

  /** The node of the history at `position`, in the order of `appendLeaf`; unchecked. */
  nodeAt(position: number): Hash {
    const row = this.#selectNode.one(position);
    if (row === undefined) throw new StoreError('store-damaged', `The stored history lacks its node ${position}.`);
    return hashAt(row, 0);
  }

  /** Takes off everything above `height`, within a transaction. */
  cutAbove(height: number): void {
    assert(height >= 0 && height <= this.#tip.height, 'a fork stands on the active chain');
    if (height === this.#tip.height) return;
    this.#deleteAbove.run(height);
    this.#deleteNodes.run(historyNodeCount(height + 1));
    this.#tip = this.#readTip();
  }

  /** Puts a block, whose row is `id`, on the tip, within a transaction. `headerBytes` are its header's. */
  push(id: number, added: { readonly block: Block; readonly headerBytes: Uint8Array; readonly work: bigint }): void {
    const { block, headerBytes, work } = added;
    const { hash, header } = block;
    const tip = this.#tip;
    assert(header.height === tip.height + 1, 'an added block stands one above the tip');
    assert(tip.height < 0 || header.previousHash === tip.hash, 'an added block follows the tip');
    const { frontier, completed } = appendLeaf(tip.history, historyLeaf(headerBytes, work));
    let position = historyNodeCount(header.height);
    for (const node of completed) this.#insertNode.run(position++, hashToBytes(node));
    // One byte before it: the bracket that opens the array, or a comma.
    const jsonEnd = tip.jsonEnd + 1 + blockJsonBytes(block);
    this.#insert.run(header.height, id, jsonEnd);
    this.#tip = { height: header.height, hash, history: frontier, jsonEnd };
  }

  /** After a transaction: its changes hold. */
  settle(): void {
    this.#settledTip = this.#tip;
  }

  /** After a transaction that was rolled back: nothing has changed. */
  discard(): void {
    this.#tip = this.#settledTip;
  }

  /** The header at `height`, and its leaf in the history, with which it was compared. */
  #leafAt(height: number): { readonly row: HeaderRow; readonly leaf: Hash } {
    const row = parseHeaderRow(this.#selectHeader.one(height), () => height);
    return { row, leaf: this.#checkedLeaf(row, height) };
  }

  #checkedLeaf(row: HeaderRow, height: number): Hash {
    const leaf = historyLeaf(row.bytes, row.work);
    if (this.nodeAt(historyNodeCount(height)) === leaf) return leaf;
    throw blockDamaged({ hash: row.hash, height }, 'it is not what the history has at its height');
  }

  #readTip(): ActiveTip {
    const row = this.#selectTip.one() ?? [];
    if (row[0] === null && row[1] === null) return NO_TIP;
    const height = integerAt(row, 0);
    const { hash, history } = this.pointAt(height);
    if (
      row[1] !== historyNodeCount(height + 1) - 1 ||
      historyRoot(this.#historyBefore(height + 1)) !== historyRoot(history)
    ) {
      throw new StoreError(
        'store-damaged',
        `The stored history does not end where the chain ends, at height ${height}.`,
      );
    }
    return { height, hash, history, jsonEnd: this.#jsonEndAt(height) };
  }

  #historyBefore(height: number): Frontier {
    const peaks = peakPositions(height).map((position) => this.nodeAt(position));
    return frontierFromPeaks(height, peaks);
  }

  #jsonEndAt(height: number): number {
    return integerAt(this.#selectJsonEnd.one(height) ?? [], 0);
  }
}

const NO_TIP: ActiveTip = { height: -1, hash: ZERO_HASH, history: EMPTY_FRONTIER, jsonEnd: 0 };
