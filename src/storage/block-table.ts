/**
 * The blocks that a SQLite store keeps, on the active chain or not.
 *
 * Nothing is believed because it stands there: a header is hashed again, and a body with it against the digest that was
 * made when the block was stored, whenever they are read. What is not what it was is thrown, never handed out. The
 * digest is one SHA-256 over header and body: sixteen times as fast as parsing the body and hashing its entries.
 */
import { createHash, hash } from 'node:crypto';
import { type Block, isBodyOf } from '../core/block.ts';
import { type Body, GENESIS_BODY, parseBody } from '../core/body.ts';
import { HASH_BYTES, type Hash, hashToBytes } from '../core/hash.ts';
import { encodeHeader, type Header, hashHeader, parseHeader } from '../core/header.ts';
import type { NetworkParams } from '../core/params.ts';
import { BlockHashes, hash48 } from './block-hashes.ts';
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

/** A block as it lies there: its body is known to be what was stored, and was not parsed. */
export interface RawBlock extends HeaderRow {
  readonly body: Pick<Body, 'bytes'>;
}

/** Where a block ought to stand: asked for an error only, so it may take long. */
export type HeightOf = () => number | undefined;

/** The columns that `parseHeaderRow` reads, from a table named `blocks`. */
export const HEADER_COLUMNS = 'blocks.id, blocks.hash, blocks.header, blocks.work';

export class BlockTable {
  readonly hashes: BlockHashes;
  readonly #params: NetworkParams;
  readonly #selectHash: Statement;
  readonly #select: Statement;
  readonly #selectBody: Statement;
  readonly #selectWithBody: Statement;
  readonly #insert: Statement;
  readonly #update: Statement;

  constructor(database: Database, params: NetworkParams) {
    this.#params = params;
    this.hashes = new BlockHashes(database);
    this.#selectHash = database.statement('SELECT hash FROM blocks WHERE id = ?');
    this.#select = database.statement(`SELECT ${HEADER_COLUMNS} FROM blocks WHERE id = ?`);
    this.#selectBody = database.statement('SELECT header, body, digest FROM blocks WHERE id = ?');
    this.#selectWithBody = database.statement(`SELECT ${HEADER_COLUMNS}, body, digest FROM blocks WHERE id = ?`);
    this.#insert = database.statement(
      'INSERT INTO blocks (hash48, hash, header, work, body, digest) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#update = database.statement('UPDATE blocks SET header = ?, work = ?, body = ?, digest = ? WHERE id = ?');
  }

  /** The row id of the block `hash`. It is found soonest where it stands in the row `guess`. */
  find(hash: Hash, guess?: number): number | undefined {
    const guessed = guess === undefined ? undefined : this.#selectHash.one(guess);
    if (guessed !== undefined && hashAt(guessed, 0) === hash) return guess;
    for (const id of this.hashes.candidates(hash)) {
      const row = this.#selectHash.one(id);
      if (row !== undefined && hashAt(row, 0) === hash) return id;
    }
    return undefined;
  }

  /**
   * Keeps `block` and answers its row id. One that is there already stays as it is, unless it is damaged. `header` are
   * the 118 bytes of its header.
   */
  keep(block: Block, work: bigint, header: Uint8Array = encodeHeader(block.header)): number {
    const { bytes } = block.body;
    const id = this.find(block.hash);
    const digest = blockDigest(header, bytes);
    if (id === undefined) {
      const added = this.#insert.insert(
        hash48(block.hash),
        hashToBytes(block.hash),
        header,
        workToBytes(work),
        bytes,
        digest,
      );
      this.hashes.add(block.hash, added);
      return added;
    }
    const stored = this.#selectWithBody.one(id) ?? [];
    const isWhole =
      equalBytes(stored[2], header) &&
      equalBytes(stored[3], workToBytes(work)) &&
      equalBytes(stored[4], bytes) &&
      equalBytes(stored[5], digest);
    if (!isWhole) this.#update.run(header, workToBytes(work), bytes, digest, id);
    return id;
  }

  /** The header in row `id`. `heightOf` tells, for an error, where the block ought to stand. */
  readHeader(id: number, heightOf: HeightOf): HeaderRow {
    return parseHeaderRow(this.#select.one(id), heightOf);
  }

  /** The block in row `id` as it was stored, and the work that was given with it. */
  readRaw(id: number, heightOf: HeightOf): RawBlock {
    const row = this.#selectWithBody.one(id);
    const header = parseHeaderRow(row, heightOf);
    const bytes = bytesAt(row ?? [], 4);
    const digest = row?.[5];
    // A block that was stored in format 1 has no digest.
    if (digest === null) return { ...header, body: judgeBody(header, bytes, this.#params) };
    if (equalBytes(digest, blockDigest(header.bytes, bytes))) return { ...header, body: { bytes } };
    throw blockDamaged({ hash: header.hash, height: header.header.height }, 'its body is not the one that was stored');
  }

  /** The body of the block `hash`, which stands in row `id`, as it was stored; of the header, no more than its hash is made. */
  readBody(id: number, hash: Hash, heightOf: HeightOf): Uint8Array {
    const row = this.#selectBody.one(id) ?? [];
    const [header, body, digest] = row;
    const isWhole =
      header instanceof Uint8Array &&
      body instanceof Uint8Array &&
      hashHeader(header) === hash &&
      equalBytes(digest, blockDigest(header, body));
    // What is damaged, or has no digest, is looked at more closely.
    return isWhole ? body : this.readRaw(id, heightOf).body.bytes;
  }

  /** The block in row `id`, and the work that was given with it. Entries are found again, and not hashed. */
  read(id: number, heightOf: HeightOf): { readonly block: Block; readonly work: bigint } {
    const { hash, header, work, body } = this.readRaw(id, heightOf);
    const parsed = parseStoredBody({ hash, header }, body.bytes, this.#params);
    return { block: { hash, header, body: parsed }, work };
  }

  /** As `read`, but the digest is not believed: the body is judged as if it came from a stranger. */
  judge(id: number, heightOf: HeightOf): { readonly block: Block; readonly work: bigint; readonly hasDigest: boolean } {
    const row = this.#selectWithBody.one(id);
    const { hash, header, bytes: headerBytes, work } = parseHeaderRow(row, heightOf);
    const bytes = bytesAt(row ?? [], 4);
    const block = { hash, header, body: judgeBody({ hash, header }, bytes, this.#params) };
    const hasDigest = row?.[5] === null || equalBytes(row?.[5], blockDigest(headerBytes, bytes));
    return { block, work, hasDigest };
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

/** SHA-256 over the header and the body that were stored. */
function blockDigest(header: Uint8Array, body: Uint8Array): Uint8Array {
  // In one call where a copy costs less than the calls, and to a text, which Node makes sooner than a Buffer.
  if (body.length <= COPIED_BODY_BYTES_MAX) {
    return Buffer.from(hash('sha256', Buffer.concat([header, body]), 'binary'), 'latin1');
  }
  return createHash('sha256').update(header).update(body).digest();
}

type Place = Pick<HeaderRow, 'hash' | 'header'>;

/** The body of a block that is known to be what was stored, and was judged then. */
function parseStoredBody({ hash, header }: Place, bytes: Uint8Array, params: NetworkParams): Body {
  const { height } = header;
  if (height === 0) {
    if (!equalBytes(bytes, GENESIS_BODY.bytes)) throw blockDamaged({ hash, height }, 'its body is not {}');
    return GENESIS_BODY;
  }
  const body = parseBody(bytes, params);
  if (!body.ok) throw blockDamaged({ hash, height }, `its body is not valid (${body.fault.code})`);
  return body.value;
}

function judgeBody(place: Place, bytes: Uint8Array, params: NetworkParams): Body {
  const { hash, header } = place;
  const body = parseStoredBody(place, bytes, params);
  if (header.height > 0 && !isBodyOf(header, body)) {
    throw blockDamaged({ hash, height: header.height }, 'its body does not have the data root of its header');
  }
  return body;
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

const COPIED_BODY_BYTES_MAX = 4_096;
