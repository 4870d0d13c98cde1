/** What was checked, as people read it: on the command line, in the explorer and in the verifier that is one file. */

/** One thing that was checked, for somebody who wants to know what that means. */
export interface CheckStep {
  /** Stable, for keys and tests. */
  readonly code: string;
  readonly outcome: 'passed' | 'failed' | 'unchecked';
  /** A few words: `Proof of work`. */
  readonly title: string;
  /** What was checked and what came out, in a sentence or two. */
  readonly text: string;
  /** Figures and hashes to look at, in order. */
  readonly facts: readonly CheckFact[];
}

/** A figure or a hash, with its name. */
export interface CheckFact {
  readonly name: string;
  readonly value: string;
  /** `hash` is to be shown in full on demand. */
  readonly kind: 'text' | 'number' | 'hash' | 'bytes';
}

export function numberFact(name: string, value: number | bigint): CheckFact {
  return { name, value: groupDigits(value), kind: 'number' };
}

export function hashFact(name: string, value: string): CheckFact {
  return { name, value, kind: 'hash' };
}

export function textFact(name: string, value: string): CheckFact {
  return { name, value, kind: 'text' };
}

/** `1,204 blocks`. */
export function counted(count: number, one: string, many: string): string {
  return `${groupDigits(count)} ${count === 1 ? one : many}`;
}

/** Of a whole number: `3,734,912`, also where it is far beyond what a number holds. */
export function groupDigits(value: number | bigint): string {
  return value.toString().replace(/\B(?=(?:\d{3})+$)/g, ',');
}
