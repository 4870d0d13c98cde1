/**
 * What is checked of an entry before a program gets to see it: that it is the one with its id and obeys the rules of the network,
 * its signatures included, and that it stands where the node says, on the chain that was shown.
 */
import { ENTRY_PROOFS_MAX } from '../api/rpc.ts';
import { assertPresent } from '../core/assert.ts';
import { encodeCanonical } from '../core/canonical-json.ts';
import { checkEntryRules } from '../core/entry-rules.ts';
import { type Hash, parseHash } from '../core/hash.ts';
import { hashLeaf } from '../core/merkle.ts';
import type { NetworkParams } from '../core/params.ts';
import type { Authorship } from '../core/signed-entry.ts';
import { LedgerError, proofError, unreadable } from './ledger-error.ts';
import { hasMovedOn } from './patience.ts';
import type { ShownBlock, TrustedChain } from './trusted-chain.ts';

/**
 * What was checked of something, in this order:
 *
 * - `id`: its bytes hash to its id, so they are what was recorded under it;
 * - `rules`: it obeys the rules of the network: its proofs are by its authors, and these may write;
 * - `place`: its block holds it at this place;
 * - `chain`: that block is on a chain that leads back to the genesis, with the work that the node has shown for it.
 *
 * That nothing was left out of an answer is not checked by any of these, nor that no other node has a chain with more work.
 */
export type Check = 'id' | 'rules' | 'place' | 'chain';

/** Where an entry stands. */
export interface Place {
  readonly height: number;
  /** Of the block. */
  readonly hash: string;
  /** Among the entries of the block, from 0. */
  readonly index: number;
}

/** An entry, and where it is said to stand. */
interface PlacedEntry extends Place {
  readonly id: string;
}

export class EntryChecker {
  readonly #chain: TrustedChain;
  readonly #params: NetworkParams;
  /** How many entries of a block were proved one by one. Of one block after the other: others may be forgotten. */
  readonly #proved = new Map<Hash, number>();

  constructor(chain: TrustedChain, params: NetworkParams) {
    this.#chain = chain;
    this.#params = params;
  }

  /** The authors of the entry that `text` spells, after it was found to be the one with this id. */
  content(text: string, id: string): readonly Authorship[] {
    const bytes = encodeCanonical(text, this.#params);
    if (!bytes.ok) throw proofError('An entry', bytes.fault);
    const itsId = hashLeaf(bytes.value);
    if (itsId !== id) throw proofError('An entry', { code: 'entry-other', id: itsId, asked: id });
    const authors = checkEntryRules(bytes.value, itsId, this.#params);
    if (!authors.ok) throw proofError('An entry', authors.fault);
    return authors.value;
  }

  /**
   * The blocks in which entries were shown to stand, each at the place that is told of it, in their order. Of a block that was told
   * of few of them each is proved by itself, and many of these in one call; of any other the whole body is fetched, once. A body that is
   * known already shows them all.
   */
  async places(told: readonly PlacedEntry[], signal: AbortSignal | undefined): Promise<readonly ShownBlock[]> {
    const claims = told.map(readClaim);
    // At once, and not block by block as they come.
    const heightMax = claims.reduce((highest, { height }) => Math.max(highest, height), 0);
    await this.#chain.reach(heightMax, signal);
    const shown: Shown = new Map();
    const singly = [...Map.groupBy(claims, ({ hash }) => hash)].flatMap(([hash, inBlock]) =>
      this.#areFew(hash, inBlock.length) ? inBlock : [],
    );
    // Call after call: the node makes one proof after the other, of a full block in 15 to 40 ms, so several calls at once would all be late.
    for (const piece of piecesOf(singly, ENTRY_PROOFS_MAX)) await this.#prove(piece, shown, signal);
    const rest = claims.filter((claim) => !shown.has(claim));
    const blocks = Map.groupBy(rest, ({ hash }) => hash);
    await forEach(blocks, ([hash, inBlock]) => this.#lookUp(hash, inBlock, shown, signal));
    return claims.map((claim) => assertPresent(shown.get(claim), 'each was shown, or it was refused'));
  }

  /** Whether the block that a node names is shown to be on its chain. */
  async isOnChain(
    { height, hash: text }: { readonly height: number; readonly hash: string | null },
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const hash = parseHash(text ?? '');
    if (hash === undefined) return false;
    try {
      await this.#chain.reach(height, signal);
      await this.#chain.showBlock(hash, signal);
      return true;
    } catch (error) {
      if (!hasMovedOn(error)) throw error;
      return false;
    }
  }

  /** Whether so many more entries of the block are proved one by one. */
  #areFew(hash: Hash, count: number): boolean {
    if (this.#chain.knowsEntries(hash)) return false;
    const proved = this.#proved.get(hash) ?? 0;
    if (proved + count > PROVED_ONE_BY_ONE_MAX) return false;
    if (this.#proved.size >= COUNTED_BLOCKS_MAX) this.#proved.clear();
    this.#proved.set(hash, proved + count);
    return true;
  }

  /**
   * Notes those of `claims` that are shown by their proofs. Not one of several equal entries, of which the node proves the lowest, and not
   * one that the node's index of entries does not have yet.
   */
  async #prove(claims: readonly Claim[], shown: Shown, signal: AbortSignal | undefined): Promise<void> {
    const ids = claims.map(({ id }) => id);
    const entries = await this.#chain.showEntries(ids, signal);
    for (const [i, claim] of claims.entries()) {
      const entry = entries[i];
      if (entry?.hash === claim.hash && entry.index === claim.index && entry.header.height === claim.height) {
        shown.set(claim, entry);
      }
    }
  }

  /** Looks for all of `claims` in the block with this hash, in which they are said to stand. */
  async #lookUp(hash: Hash, claims: readonly Claim[], shown: Shown, signal: AbortSignal | undefined): Promise<void> {
    const block = await this.#chain.showBlock(hash, signal);
    const ids = await this.#chain.entryIds(block, signal);
    for (const claim of claims) {
      if (block.header.height !== claim.height || ids[claim.index] !== claim.id) {
        const message = 'The gateway or its node lies: the entry does not stand where it says.';
        throw new LedgerError('entry-misplaced', message, { facts: claim });
      }
      shown.set(claim, block);
    }
  }
}

/** What is told of a place, read: only its form is checked. */
interface Claim extends Place {
  readonly id: Hash;
  readonly hash: Hash;
}

type Shown = Map<Claim, ShownBlock>;

function readClaim({ id: idText, height, hash: hashText, index }: PlacedEntry): Claim {
  const [id, hash] = [parseHash(idText), parseHash(hashText)];
  if (id === undefined || hash === undefined) throw unreadable('an id or a hash is none');
  return { id, height, hash, index };
}

function piecesOf<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/** Does `act` for each of `items`, for a few at once, and begins none any more once it has failed for one. */
async function forEach<Item>(items: Iterable<Item>, act: (item: Item) => Promise<void>): Promise<void> {
  // One for all who take from it.
  const waiting = [...items];
  const work = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await act(item);
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } finally {
    waiting.length = 0;
  }
}

/** From then on the whole block is less to send than more proofs. */
const PROVED_ONE_BY_ONE_MAX = 3;
const COUNTED_BLOCKS_MAX = 1_000;
/** As many connections to one host as a browser opens. */
const AT_ONCE = 6;
