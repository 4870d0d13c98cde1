/**
 * Walks from a cursor to the tip of the active chain: first down the branch that was left, then up the one that is
 * followed (docs/spec/streams.md).
 *
 * A walk needs no memory of who follows: where the cursor's block stands now says what is to be told. So a consumer that
 * was away, one that is slow, and a reorganisation in the midst of a walk are all the same case.
 */
import type { RecordCursor } from '../api/record-cursor.ts';
import { assert, assertPresent } from '../core/assert.ts';
import { type Body, entryCount, parseBody } from '../core/body.ts';
import type { Hash } from '../core/hash.ts';
import { HEADER_BYTES, type Header, hashHeader, parseHeader } from '../core/header.ts';
import type { NetworkParams } from '../core/params.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { ChainStore } from '../storage/chain-store.ts';

/** What a walk needs of a store. */
export type WalkedStore = Pick<ChainStore, 'blockByHash' | 'headersAfter' | 'bodies'>;

interface WalkedHeader {
  readonly hash: Hash;
  readonly header: Header;
}

/** A block as a walk comes by it. */
export interface WalkedBlock extends WalkedHeader {
  readonly body: Body;
}

/** Entries of one block that are to be told. */
export interface Stretch {
  /** `added`: the entries from `from` to the last one, upwards. `removed`: those below `from`, downwards. */
  readonly type: 'added' | 'removed';
  readonly block: WalkedBlock;
  readonly from: number;
}

/** Why there is no walk from a cursor. */
export type CursorFault =
  | { readonly code: 'cursor-stale'; readonly hash: Hash }
  /** The block has this height and so many entries, and the cursor says something else. */
  | { readonly code: 'cursor-invalid'; readonly height: number; readonly entries: number };

/** A place in a chain, with the block that it is in. */
export interface WalkStart {
  readonly block: WalkedBlock;
  /** How many entries of the block have been told. */
  readonly position: number;
}

/** The place that `cursor` names, if the store knows its block: be it on the active chain or not. */
export async function findStart(store: WalkedStore, cursor: RecordCursor): Promise<Result<WalkStart, CursorFault>> {
  const block = (await store.blockByHash(cursor.hash))?.block;
  if (block === undefined) return fail({ code: 'cursor-stale', hash: cursor.hash });
  const { height } = block.header;
  const entries = entryCount(block.body);
  if (height !== cursor.height || cursor.position > entries) return fail({ code: 'cursor-invalid', height, entries });
  return ok({ block, position: cursor.position });
}

/**
 * What is to be told to somebody at `start`, in order, up to the moment when nothing is left. Blocks without entries are among
 * it: they move the cursor. May be left at any entry of a stretch; the cursor that stands there is where the next walk begins.
 */
export async function* walkRecords(
  parts: { readonly store: WalkedStore; readonly params: NetworkParams },
  start: WalkStart,
): AsyncGenerator<Stretch, void, undefined> {
  const { store } = parts;
  let { block, position } = start;
  for (;;) {
    const headers = readHeaders(await store.headersAfter([block.hash], HEADERS_AT_ONCE));
    const [first] = headers;
    // Those after a block that is not active are those after the genesis, which always is.
    if (first !== undefined && first.header.previousHash !== block.hash) {
      yield { type: 'removed', block, from: position };
      const parent = await store.blockByHash(block.header.previousHash);
      block = assertPresent(parent, 'the parent of a stored block is stored').block;
      position = entryCount(block.body);
      continue;
    }
    if (position < entryCount(block.body)) yield { type: 'added', block, from: position };
    if (first === undefined) return;
    for await (const next of withBodies(parts, headers)) {
      yield { type: 'added', block: next, from: 0 };
      block = next;
    }
    position = entryCount(block.body);
  }
}

/** The blocks of `headers`. They were active when the headers were read: where one is not any more, the walk comes back. */
async function* withBodies(
  { store, params }: { readonly store: WalkedStore; readonly params: NetworkParams },
  headers: readonly WalkedHeader[],
): AsyncGenerator<WalkedBlock, void, undefined> {
  for (let waiting = headers; waiting.length > 0; ) {
    const hashes = waiting.map(({ hash }) => hash);
    const bodies = await store.bodies(hashes, PIECE_BYTES);
    for (const [i, { bytes }] of bodies.entries()) {
      const { header, hash } = assertPresent(waiting[i], 'bodies come for what was asked');
      const body = parseBody(assertPresent(bytes, 'a block that was active is stored'), params);
      assert(body.ok, 'a stored body follows the rules');
      yield { hash, header, body: body.value };
    }
    waiting = waiting.slice(bodies.length);
  }
}

function readHeaders(bytes: Uint8Array): WalkedHeader[] {
  return Array.from({ length: bytes.length / HEADER_BYTES }, (_, i) => {
    const headerBytes = bytes.subarray(i * HEADER_BYTES, (i + 1) * HEADER_BYTES);
    const header = parseHeader(headerBytes);
    assert(header.ok, 'a stored header follows the rules');
    return { hash: hashHeader(headerBytes), header: header.value };
  });
}

const HEADERS_AT_ONCE = 64;
/** Of bodies, between two turns of the event loop; one body may be larger. */
const PIECE_BYTES = 262_144;
