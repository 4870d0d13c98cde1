/**
 * Whether all that an author has signed is there: statements numbered from 0 without a gap, each naming the one before it
 * (docs/spec/authors.md).
 *
 * Pure bookkeeping over what proofs say. That the proofs hold was checked before (`signed-entry.ts`).
 */
import type { Hash } from './hash.ts';

/** What counts of an author's proof on an entry. */
export interface AuthorStep {
  readonly sequence: number;
  /** The statement before it; undefined at sequence 0. */
  readonly previous: Hash | undefined;
  /** What the author has signed: the id of the entry with this proof alone. */
  readonly statement: Hash;
}

/** Two statements that nobody signs who keeps to the rules: whoever shows both has convicted their author. */
export interface AuthorConflict {
  /** `sequence-twice`: both have one number. `previous-other`: the later one names another as the one before it. */
  readonly kind: 'sequence-twice' | 'previous-other';
  /** The number of the later one. */
  readonly sequence: number;
  readonly earlier: Hash;
  readonly later: Hash;
}

/** Numbers of which no statement is there, both ends included. */
export interface SequenceGap {
  readonly from: number;
  readonly to: number;
}

export interface AuthorReport {
  /** Statements, each counted once. */
  readonly count: number;
  /** The highest number; undefined where there is none. */
  readonly last: number | undefined;
  /** How many numbers below the highest have no statement. */
  readonly missing: number;
  /** The first of the stretches that they make, GAPS_TOLD_MAX at most. */
  readonly gaps: readonly SequenceGap[];
  readonly conflictCount: number;
  /** The first CONFLICTS_TOLD_MAX of them. */
  readonly conflicts: readonly AuthorConflict[];
}

/**
 * The conflict between two statements of one author in one network, if they are in conflict.
 *
 * Exactly docs/spec/authors.md#conflict. The order of the two does not matter.
 */
export function findConflict(one: AuthorStep, other: AuthorStep): AuthorConflict | undefined {
  const [earlier, later] = one.sequence <= other.sequence ? [one, other] : [other, one];
  const found = { sequence: later.sequence, earlier: earlier.statement, later: later.statement };
  if (earlier.sequence === later.sequence) {
    return earlier.statement === later.statement ? undefined : { kind: 'sequence-twice', ...found };
  }
  const isBroken = later.sequence === earlier.sequence + 1 && later.previous !== earlier.statement;
  return isBroken ? { kind: 'previous-other', ...found } : undefined;
}

/**
 * The statements of one author in one network, added in any order and as often as they are met. About 150 bytes of memory
 * for each.
 */
export class AuthorChain {
  readonly #statements = new Map<number, Hash>();
  /** What the statement of a number names as the one before it, as long as that is not here. */
  readonly #awaited = new Map<number, Hash | undefined>();
  /** Those whose number another one had already. */
  readonly #second = new Set<Hash>();
  readonly #conflicts: AuthorConflict[] = [];
  #conflictCount = 0;

  /** Of statements with one number the first that came is followed on, and every other is a conflict with it. */
  add(step: AuthorStep): void {
    const { sequence, previous, statement } = step;
    const known = this.#statements.get(sequence);
    if (known !== undefined) {
      if (known !== statement && !this.#second.has(statement)) {
        this.#second.add(statement);
        this.#note(findConflict({ sequence, previous, statement: known }, step));
      }
      return;
    }
    this.#statements.set(sequence, statement);
    this.#linkBelow(step);
    this.#linkAbove(step);
  }

  report(): AuthorReport {
    const gaps: SequenceGap[] = [];
    let expected = 0;
    const sequences = [...this.#statements.keys()].sort((a, b) => a - b);
    for (const sequence of sequences) {
      if (sequence > expected && gaps.length < GAPS_TOLD_MAX) gaps.push({ from: expected, to: sequence - 1 });
      expected = sequence + 1;
    }
    return {
      count: this.#statements.size + this.#second.size,
      last: sequences.at(-1),
      missing: expected - this.#statements.size,
      gaps,
      conflictCount: this.#conflictCount,
      conflicts: this.#conflicts,
    };
  }

  #linkBelow(step: AuthorStep): void {
    const { sequence, previous } = step;
    const below = this.#statements.get(sequence - 1);
    if (below !== undefined)
      this.#note(findConflict({ sequence: sequence - 1, previous: undefined, statement: below }, step));
    else this.#awaited.set(sequence, previous);
  }

  #linkAbove(step: AuthorStep): void {
    const sequence = step.sequence + 1;
    const above = this.#statements.get(sequence);
    if (above === undefined) return;
    this.#note(findConflict(step, { sequence, previous: this.#awaited.get(sequence), statement: above }));
    this.#awaited.delete(sequence);
  }

  #note(conflict: AuthorConflict | undefined): void {
    if (conflict === undefined) return;
    this.#conflictCount++;
    if (this.#conflicts.length < CONFLICTS_TOLD_MAX) this.#conflicts.push(conflict);
  }
}

const GAPS_TOLD_MAX = 100;
const CONFLICTS_TOLD_MAX = 100;
