/** What a check of a store finds, and the list of it (see fsck.ts). */
import type { Block } from '../core/block.ts';
import type { Hash } from '../core/hash.ts';
import { isDamage } from './store-error.ts';

/** Something that is not as it should be. */
export interface FsckProblem {
  readonly code: FsckCode;
  /** The block's, where it is about one and it can be told. */
  readonly height?: number;
  readonly hash?: Hash;
  /** One English sentence. */
  readonly detail: string;
}

export type FsckCode =
  /** SQLite finds its own file inconsistent, or cannot read it. */
  | 'database-damaged'
  /** The active chain has no block at a height. */
  | 'height-missing'
  /** A block is not what its hash says, or cannot be read. */
  | 'block-damaged'
  /** A block is whole, but its digest says otherwise: nobody would be given it. */
  | 'digest-wrong'
  /** A block is not found by its hash, or its parent is not, or there are more keys than blocks. */
  | 'block-lost'
  /** A block does not follow the one below it. */
  | 'link-broken'
  /** A block breaks a rule of the network. */
  | 'rule-broken'
  | 'work-wrong'
  | 'history-wrong'
  | 'json-end-wrong'
  | 'entry-index-wrong'
  | 'pending-damaged'
  /** A pending entry is whole, but not found by its id. */
  | 'pending-key-wrong';

/** How many problems a report names. */
export const PROBLEMS_MAX = 100;

/** Gathers problems, and keeps the first of them. */
export class ProblemList {
  readonly first: FsckProblem[] = [];
  count = 0;

  add(problem: FsckProblem): void {
    this.count++;
    if (this.first.length < PROBLEMS_MAX) this.first.push(problem);
  }

  /** What `work` answers; where it meets damage, undefined, and the damage is noted. */
  guard<Value>(code: FsckCode, work: () => Value, place: { readonly height?: number } = {}): Value | undefined {
    try {
      return work();
    } catch (error) {
      if (!isDamage(error)) throw error;
      const hash = error.block?.hash;
      this.add({ code, ...place, ...(hash === undefined ? {} : { hash }), detail: error.message });
      return undefined;
    }
  }
}

/** Whether the digest of a block, which is whole, is the one that its bytes have: read for a peer it would count as damaged. */
export function checkDigest(
  judged: { readonly block: Block; readonly hasDigest: boolean },
  problems: ProblemList,
): void {
  if (judged.hasDigest) return;
  const { hash, header } = judged.block;
  problems.add({ code: 'digest-wrong', height: header.height, hash, detail: 'Its digest is not that of its bytes.' });
}

/** What `work` answers, or undefined where it meets damage: somebody else reports it. */
export function readable<Value>(work: () => Value): Value | undefined {
  try {
    return work();
  } catch (error) {
    if (isDamage(error)) return undefined;
    throw error;
  }
}
