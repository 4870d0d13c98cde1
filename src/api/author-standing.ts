/** When answers of a node show all that it has of an author: for who has kept nothing (docs/spec/authors.md, A11). */

/** What counts of the answers to `status`, and to `pending` and `records` of one author. */
export interface AuthorAnswers {
  /** Of the status: `sync.phase`, and the hash of the tip. */
  readonly phase: string;
  readonly tip: string;
  /** With the hash of its tip. */
  readonly pending: { readonly tip: string; readonly more: boolean };
  /** Of the first page of records, where none after it says that the chain was reorganised; or of each. */
  readonly indexedHash: string | null;
}

/**
 * Whether nothing of the author is left out. The answers are of different moments, and have to be of one chain: its last block
 * fixes what is on record, and at the moment of `pending` everything else that the node had was waiting.
 */
export function showAll({ phase, tip, pending, indexedHash }: AuthorAnswers): boolean {
  return phase === 'idle' && !pending.more && pending.tip === tip && indexedHash === tip;
}
