/**
 * Submissions whose entries are to be recorded once: each waits here until it is known which of them stand in the chain.
 *
 * The store is asked together with a commit or while none is on its way, answers about the chain after it, and is given no other
 * before it has answered. So the answer is about the very chain that the machine follows, and whatever comes in or leaves
 * later passes through the pool, which is a set: an entry that somebody submits twice, at once or not, is recorded once.
 */
import { assert, assertPresent } from '../core/assert.ts';
import type { Hash } from '../core/hash.ts';
import type { Effect, EntryPlace, PooledEntry, RequestId } from './effects.ts';
import { FOUND_AT_ONCE_MAX } from './limits.ts';

/** Entries that are to be recorded once. */
export interface OnceSubmission {
  readonly request: RequestId;
  readonly entries: readonly PooledEntry[];
  /** Those that it has brought into the pool already, where it comes a second time: none of its entries is lost any more. */
  readonly taken?: ReadonlySet<Hash>;
}

export class OnceDesk {
  /** In the order of their coming. */
  #waiting: OnceSubmission[] = [];
  /** What the store was asked about. */
  #asked: { readonly submissions: readonly OnceSubmission[]; readonly ids: readonly Hash[] } | undefined;

  get isAsking(): boolean {
    return this.#asked !== undefined;
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  add(submission: OnceSubmission): void {
    this.#waiting.push(submission);
  }

  /** Asks about the first submissions, as many as one question takes and at least one. */
  ask(): Effect {
    assert(this.#asked === undefined, 'one question is put at a time');
    let count = 0;
    let submissions = 0;
    for (const { entries } of this.#waiting) {
      count += entries.length;
      if (submissions > 0 && count > FOUND_AT_ONCE_MAX) break;
      submissions++;
    }
    const asked = this.#waiting.slice(0, submissions);
    this.#waiting = this.#waiting.slice(submissions);
    const ids = asked.flatMap(({ entries }) => entries.map(({ id }) => id));
    this.#asked = { submissions: asked, ids };
    return { type: 'find-entries', ids };
  }

  /** The store has answered: gives back the submissions, and where those of their entries stand that are in the chain. */
  answered(places: readonly (EntryPlace | undefined)[]): {
    readonly submissions: readonly OnceSubmission[];
    readonly places: ReadonlyMap<Hash, EntryPlace>;
  } {
    const { submissions, ids } = assertPresent(this.#asked, 'what is answered was asked');
    assert(places.length === ids.length, 'an answer is about each of the ids');
    this.#asked = undefined;
    const found = new Map<Hash, EntryPlace>();
    for (const [i, id] of ids.entries()) {
      const place = places[i];
      if (place !== undefined) found.set(id, place);
    }
    return { submissions, places: found };
  }

  /** Gives up those that have brought nothing into the pool yet, asked about or not, and gives them back. */
  dismiss(): readonly OnceSubmission[] {
    const hasNothing = ({ taken }: OnceSubmission) => taken === undefined;
    const asked = this.#asked?.submissions ?? [];
    const dismissed = [...asked, ...this.#waiting].filter(hasNothing);
    if (this.#asked !== undefined) {
      this.#asked = { ...this.#asked, submissions: asked.filter((submission) => !hasNothing(submission)) };
    }
    this.#waiting = this.#waiting.filter((submission) => !hasNothing(submission));
    return dismissed;
  }
}
