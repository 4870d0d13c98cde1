/** What must hold in every simulated world, by name, and how often it was looked at. */
import type { PeerId } from '../../protocol/effects.ts';

/** The invariants that are checked while a world runs. */
export const INVARIANTS = {
  'S-a': 'every active chain passes the second, independent judge',
  'S-b': 'the tip is the best of the valid chains that a node has: most work, then the lowest hash',
  'S-c': 'a block leaves the active chain only for a better one, and a deep switch raises an alarm',
  'S-d': 'what was acknowledged or announced is durable, and survives',
  'S-e': 'what a node serves belongs to a header that is valid and durable there',
  'S-f': 'index, pending entries and JSON form are what follows from the blocks',
  'S-g': 'nothing grows beyond its bound',
  'S-h': 'no honest peer is blamed for what it has not done, or banned',
  'S-j': 'the bytes of an entry come out as they went in',
  'S-k':
    'what is to be recorded once is taken in only where the chain does not hold it, and told its place where it does',
  'K-a': 'a light client follows the best tip that an honest peer has shown it, and leaves it only for a better one',
  'K-b': 'a light client convicts liars alone, by evidence that shows it, and no honest node blames a light client',
  'K-c': 'what a light client answers is so, on the chain that ends in the tip that it names',
  'K-d': 'nothing in a light client grows beyond its bound',
  'L-a': 'once faults have stopped, all nodes have one tip within ten block intervals and the time to sync',
  'L-b': 'once faults have stopped, an entry that is pending is in a block within twenty blocks',
} as const;

export type Invariant = keyof typeof INVARIANTS;

/** Something that must hold did not. */
export class InvariantBroken extends Error {
  readonly invariant: Invariant;
  /** At which node; undefined where it concerns the network as a whole. */
  readonly node: PeerId | undefined;

  constructor(invariant: Invariant, node: PeerId | undefined, what: string) {
    super(`${invariant} (${INVARIANTS[invariant]}) is broken${node === undefined ? '' : ` at ${node}`}: ${what}`);
    this.name = 'InvariantBroken';
    this.invariant = invariant;
    this.node = node;
  }
}

/** Counts every check, so that a run can say what it has looked at. */
export class Tally {
  readonly #counts = new Map<Invariant, number>();

  /** How often each invariant was checked. */
  get counts(): ReadonlyMap<Invariant, number> {
    return this.#counts;
  }

  /** Throws an `InvariantBroken` unless `isHeld`. */
  check(invariant: Invariant, node: PeerId | undefined, isHeld: boolean, what: () => string): void {
    this.#counts.set(invariant, (this.#counts.get(invariant) ?? 0) + 1);
    if (!isHeld) throw new InvariantBroken(invariant, node, what());
  }
}
