/**
 * The blocks that a SQLite store keeps, on the active chain or not.
 *
 * Nothing is believed because it stands there: a header is hashed again and a body judged again whenever it is read,
 * and what is not what its hash says is thrown, never handed out.
 */
import { type Block, isBodyOf } from '../core/block.ts';
import { GENESIS_BODY, parseBody } from '../core/body.ts';
import { HASH_BYTES, type Hash, hashToBytes } from '../core/hash.ts';
import { encodeHeader, type Header, hashHeader, parseHeader } from '../core/header.ts';
import type { NetworkParams } from '../core/params.ts';
import { bytesAt, type Database, integerAt, type Row, type Statement } from './sqlite-database.ts';
import { blockDamaged } from './store-error.ts';

/** A block's row but for its body. */
export interface HeaderRow {
  readonly id: number;
  readonly hash: Hash;
  readonly header: Header;
  /** The 118 bytes of `header`. */
  readonly bytes: Uint8Array;
  /** The work of the chain up to and including the block, as it was given. */
  readonly work: bigint;
}

/** Where a block ought to stand: asked for an error only, so it may take long. */
export type HeightOf = () => number | undefined;

/** The columns that `parseHeaderRow` reads, from a table named `blocks`. */
export const HEADER_COLUMNS = 'blocks.id, blocks.hash, blocks.header, blocks.work';

export class BlockTable {
  readonly #params: NetworkParams;
  readonly #find: Statement;
  readonly #select: Statement;
  readonly #selectWithBody: Statement;
  readonly #insert: Statement;
  readonly #update: Statement;

  constructor(database: Database, params: NetworkParams) {
    this.#params = params;
    this.#find = database.statement('SELECT id, hash FROM blocks WHERE hash48 = ?');
    this.#select = database.statement(`SELECT ${HEADER_COLUMNS} FROM blocks WHERE id = ?`);
    this.#selectWithBody = database.statement(`SELECT ${HEADER_COLUMNS}, body FROM blocks WHERE id = ?`);
    this.#insert = database.statement(
      'INSERT INTO blocks (hash48, hash, header, work, body) VALUES (?, ?, ?, ?, ?) RETURNING id',
    );
    this.#update = database.statement('UPDATE blocks SET header = ?, work = ?, body = ? WHERE id = ?');
  }

  /** The row id of the block `hash`. */
  find(hash: Hash): number | undefined {
    for (const row of this.#find.all(hash48(hash))) {
      if (hashAt(row, 1) === hash) return integerAt(row, 0);
    }
    return undefined;
  }

  /** Keeps `block` and answers its row id. One that is there already stays as it is, unless it is damaged. */
  keep(block: Block, work: bigint): number {
    const header = encodeHeader(block.header);
    const id = this.find(block.hash);
    if (id === undefined) {
      const row = this.#insert.one(
        hash48(block.hash),
        hashToBytes(block.hash),
        header,
        workToBytes(work),
        block.body.bytes,
      );
      return integerAt(row ?? [], 0);
    }
    const stored = this.#selectWithBody.one(id) ?? [];
    const isWhole =
      equalBytes(stored[2], header) &&
      equalBytes(stored[3], workToBytes(work)) &&
      equalBytes(stored[4], block.body.bytes);
    if (!isWhole) this.#update.run(header, workToBytes(work), block.body.bytes, id);
    return id;
  }

  /** The header in row `id`. `heightOf` tells, for an error, where the block ought to stand. */
  readHeader(id: number, heightOf: HeightOf): HeaderRow {
    return parseHeaderRow(this.#select.one(id), heightOf);
  }

  /** The block in row `id`, and the work that was given with it. */
  read(id: number, heightOf: HeightOf): { readonly block: Block; readonly work: bigint } {
    const row = this.#selectWithBody.one(id);
    const { hash, header, work } = parseHeaderRow(row, heightOf);
    const bytes = bytesAt(row ?? [], 4);
    if (header.height === 0) {
      if (!equalBytes(bytes, GENESIS_BODY.bytes)) throw blockDamaged({ hash, height: 0 }, 'its body is not {}');
      return { block: { hash, header, body: GENESIS_BODY }, work };
    }
    const body = parseBody(bytes, this.#params);
    if (!body.ok) throw blockDamaged({ hash, height: header.height }, `its body is not valid (${body.fault.code})`);
    if (!isBodyOf(header, body.value)) {
      throw blockDamaged({ hash, height: header.height }, 'its body does not have the data root of its header');
    }
    return { block: { hash, header, body: body.value }, work };
  }
}

/**
 * The header row in `row`, whose first columns are HEADER_COLUMNS. Throws `block-damaged` where there is none, or the
 * header is not the one that was hashed.
 */
export function parseHeaderRow(row: Row | undefined, heightOf: HeightOf): HeaderRow {
  if (row === undefined) throw blockDamaged({ hash: undefined, height: heightOf() }, 'its row is missing');
  const hash = hashAt(row, 1);
  const bytes = bytesAt(row, 2);
  const header = parseHeader(bytes);
  if (!header.ok || hashHeader(bytes) !== hash) {
    throw blockDamaged({ hash, height: heightOf() }, 'its header does not have its hash');
  }
  return { id: integerAt(row, 0), hash, header: header.value, bytes, work: workFromBytes(bytesAt(row, 3)) };
}

/** The hash that stands in a row's `column`, whatever its bytes are. */
export function hashAt(row: Row, column: number): Hash {
  const bytes = bytesAt(row, column);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex').padStart(64, '0') as Hash;
}

/** The first 48 bits of `hash`: as much of it as an integer of JavaScript holds. */
export function hash48(hash: Hash): number {
  return Number.parseInt(hash.slice(0, 12), 16);
}

function workToBytes(work: bigint): Uint8Array {
  return hashToBytes(work.toString(16).padStart(2 * HASH_BYTES, '0') as Hash);
}

function workFromBytes(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
}

function equalBytes(cell: unknown, bytes: Uint8Array): boolean {
  return cell instanceof Uint8Array && Buffer.compare(cell, bytes) === 0;
}
