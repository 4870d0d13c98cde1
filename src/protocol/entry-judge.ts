/** Judges entries by the rules of the network, and remembers which it has found right: signatures take most of the time there is. */
import { checkEntryRules, type EntryRuleFault } from '../core/entry-rules.ts';
import type { Hash } from '../core/hash.ts';
import type { NetworkParams } from '../core/params.ts';
import type { PooledEntry } from './effects.ts';
import type { EntryPool } from './entry-pool.ts';
import { JUDGED_ENTRIES_MAX } from './limits.ts';
import { RecentSet } from './recent-set.ts';

export class EntryJudge {
  readonly #params: NetworkParams;
  readonly #pool: Pick<EntryPool, 'has'>;
  readonly #found = new RecentSet(JUDGED_ENTRIES_MAX);

  constructor(params: NetworkParams, pool: Pick<EntryPool, 'has'>) {
    this.#params = params;
    this.#pool = pool;
  }

  /** Whether the entry was found right: lately, or when it came into the pool. */
  readonly isKnown = (id: Hash): boolean => this.#found.has(id) || this.#pool.has(id);

  /** The rule that an entry breaks, which is canonical and within the limits. One that is known costs nothing. */
  findFault({ id, bytes }: PooledEntry): EntryRuleFault | undefined {
    if (this.isKnown(id)) return undefined;
    const checked = checkEntryRules(bytes, id, this.#params);
    if (!checked.ok) return checked.fault;
    // To look an unsigned one through once more is cheaper than to remember it.
    if (checked.value.length > 0) this.#found.add(id);
    return undefined;
  }
}
