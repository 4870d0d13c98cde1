/**
 * How a new block is fetched by one who has most of its entries already (docs/spec/wire.md#compact-relay): its ids are
 * asked for, the pool gives the entries that wait here, and only the others travel.
 *
 * `Sync` says which body is asked of whom, and waits for it; this says in which words, and puts the pieces together. The
 * ids are whole, so the header judges them before anything else is asked for. One attempt for each block: whatever comes
 * between, it is asked for whole the next time.
 */
import { assertPresent } from '../core/assert.ts';
import { type Body, bodyFromEntries, dataRoot, entryBytes, entryCount, entryIds, parseBody } from '../core/body.ts';
import { type BodyRuleFault, findBrokenEntry } from '../core/entry-rules.ts';
import type { Hash } from '../core/hash.ts';
import type { NetworkParams } from '../core/params.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { BlockFault } from '../core/validation.ts';
import type { BlockTree } from './block-tree.ts';
import type { PeerId } from './effects.ts';
import type { EntryJudge } from './entry-judge.ts';
import type { EntryPool } from './entry-pool.ts';
import { RELAYED_BLOCKS_MAX } from './limits.ts';
import type { Message } from './message.ts';
import type { PeerSession } from './peer-session.ts';

/** What a peer's answer leads to: a body that is whole now, another question to that peer, or nothing. */
export type RelayStep =
  | { readonly type: 'whole'; readonly body: Body }
  | { readonly type: 'ask'; readonly message: Message }
  | { readonly type: 'ignore' };

/**
 * What proves that a peer lies: these are not the ids that the header commits to, or not the entries of these ids. Or that it
 * passes on a block that it has not judged: these are, and break a rule.
 */
export type RelayFault =
  | Extract<BlockFault, { code: 'data-root-wrong' | 'body-too-large' | 'body-too-many-entries' }>
  | { readonly code: 'block-entries-wrong' }
  | BodyRuleFault;

/** The pieces of one body. */
interface Attempt {
  readonly peer: PeerId;
  readonly shape: 'single' | 'array';
  readonly ids: readonly Hash[];
  /** The bytes of each entry, kept here because those of the pool may leave it meanwhile. */
  readonly entries: (Uint8Array | undefined)[];
  /** The places that are still empty. */
  readonly missing: readonly number[];
}

export class BlockRelay {
  readonly #tree: BlockTree;
  readonly #pool: EntryPool;
  readonly #params: NetworkParams;
  readonly #judge: EntryJudge;
  /** Blocks whose ids were asked for, the latest last: what has come of each, while more is to come. */
  readonly #attempts = new Map<Hash, Attempt | 'ids-asked' | 'over'>();

  constructor(options: {
    readonly tree: BlockTree;
    readonly pool: EntryPool;
    readonly params: NetworkParams;
    readonly judge: EntryJudge;
  }) {
    this.#tree = options.tree;
    this.#pool = options.pool;
    this.#params = options.params;
    this.#judge = options.judge;
  }

  /** The question for the bodies of `hashes`: for the ids of one that is new, and may be made of what waits here. */
  question(hashes: readonly Hash[]): Message {
    const [hash] = hashes;
    if (hash === undefined || hashes.length > 1 || !this.#isNew(hash)) return { type: 'get-blocks', hashes };
    this.#attempts.set(hash, 'ids-asked');
    for (const oldest of this.#attempts.keys()) {
      if (this.#attempts.size <= RELAYED_BLOCKS_MAX) break;
      this.#attempts.delete(oldest);
    }
    return { type: 'get-block-ids', hash };
  }

  /** The ids of a block arrived. They are the right ones if the header says so. */
  idsReceived(peer: PeerSession, { hash, shape, ids }: Message & { type: 'block-ids' }): Result<RelayStep, RelayFault> {
    const node = this.#tree.find(hash);
    if (node === undefined || this.#attempts.get(hash) !== 'ids-asked' || !peer.inFlight.has(hash)) return IGNORE;
    this.#attempts.set(hash, 'over');
    const expected = node.point.header.dataRoot;
    if ((shape === 'single' && ids.length !== 1) || dataRoot(shape, ids) !== expected) {
      return fail({ code: 'data-root-wrong', dataRoot: expected });
    }
    const entries = ids.map((id) => this.#pool.find(id)?.bytes);
    const missing = [...entries.keys()].filter((i) => entries[i] === undefined);
    const tooLarge = this.#sizeFault(shape, entries);
    if (tooLarge !== undefined) return fail(tooLarge);
    const attempt = { peer: peer.id, shape, ids, entries, missing };
    if (missing.length === 0) return this.#putTogether(attempt, expected);
    if (missing.length === ids.length) {
      return ok({ type: 'ask', message: { type: 'get-blocks', hashes: [hash] } });
    }
    this.#attempts.set(hash, attempt);
    return ok({ type: 'ask', message: { type: 'get-block-entries', hash, indexes: missing } });
  }

  /** Whether `given` are the entries that `peer` was asked for, of the block `hash`. */
  isAwaited(peer: PeerSession, hash: Hash, given: Body): boolean {
    const attempt = this.#attempts.get(hash);
    return (
      typeof attempt === 'object' && attempt.peer === peer.id && peer.inFlight.has(hash) && isMadeOf(given, attempt)
    );
  }

  /** The entries that were missing arrived: they are the right ones if their ids say so. */
  entriesReceived(
    peer: PeerSession,
    { hash, arrayBytes }: Message & { type: 'block-entries' },
  ): Result<RelayStep, RelayFault> {
    const node = this.#tree.find(hash);
    const attempt = this.#attempts.get(hash);
    if (node === undefined || typeof attempt !== 'object' || attempt.peer !== peer.id) return IGNORE;
    this.#attempts.set(hash, 'over');
    if (!peer.inFlight.has(hash)) return IGNORE;
    const given = parseBody(arrayBytes, this.#params);
    if (!given.ok || !isMadeOf(given.value, attempt)) return fail({ code: 'block-entries-wrong' });
    const broken = findBrokenEntry(given.value, this.#params, this.#judge.isKnown);
    if (broken !== undefined) {
      return fail({ ...broken, entry: assertPresent(attempt.missing[broken.entry], 'as many as are missing') });
    }
    for (const [i, place] of attempt.missing.entries()) attempt.entries[place] = entryBytes(given.value, i);
    const tooLarge = this.#sizeFault(attempt.shape, attempt.entries);
    if (tooLarge !== undefined) return fail(tooLarge);
    return this.#putTogether(attempt, node.point.header.dataRoot);
  }

  /**
   * The body of `attempt`, all of whose entries are here. Each of them was judged on its way into the pool, or just now, and
   * the ids were by the header: an array of them breaks no rule, and is not read again.
   */
  #putTogether({ shape, ids, entries }: Attempt, expected: Hash): Result<RelayStep, RelayFault> {
    const present = entries.map((bytes) => assertPresent(bytes, 'every entry is here'));
    if (shape === 'array') return ok({ type: 'whole', body: bodyFromEntries(present, ids) });
    // An array is an entry, and no body of one value.
    const single = parseBody(assertPresent(present[0], 'a single value is one entry'), this.#params);
    if (!single.ok || single.value.shape !== shape) return fail({ code: 'data-root-wrong', dataRoot: expected });
    return ok({ type: 'whole', body: single.value });
  }

  /** One entry may stand in a block many times: what is kept and put together is bounded before it is. */
  #sizeFault(shape: Attempt['shape'], entries: Attempt['entries']): RelayFault | undefined {
    if (entries.length > this.#params.entriesMax) {
      return { code: 'body-too-many-entries', limit: this.#params.entriesMax };
    }
    const between = shape === 'array' ? Math.max(entries.length - 1, 0) + 2 : 0;
    const sizeBytes = entries.reduce((sum, bytes) => sum + (bytes?.length ?? 0), between);
    const limitBytes = this.#params.bodyBytesMax;
    return sizeBytes > limitBytes ? { code: 'body-too-large', sizeBytes, limitBytes } : undefined;
  }

  /** Whether `hash` comes next after what is here or on its way into the store, and was not asked for by its ids before. */
  #isNew(hash: Hash): boolean {
    const parent = this.#tree.find(hash)?.parent;
    if (this.#pool.count === 0 || parent === undefined || this.#attempts.has(hash)) return false;
    return parent === this.#tree.tip || parent.body === 'held';
  }
}

/** Whether `body` has exactly the entries that `attempt` lacks, in order. */
function isMadeOf(body: Body, { ids, missing }: Attempt): boolean {
  const given = entryIds(body);
  return entryCount(body) === missing.length && missing.every((place, i) => ids[place] === given[i]);
}

const IGNORE: { readonly ok: true; readonly value: RelayStep } = ok({ type: 'ignore' });
