/** What generated code does for a kernel, whatever it is written in: WebAssembly or machine code. */

/**
 * Generated code, ready to run. It knows a header only by the table that a `WordTape` makes of it, and judges a
 * hash by its first word alone: what it points at is a candidate.
 */
export interface LaneSearch {
  /** How many nonces make a group: they are hashed at once. */
  readonly lanes: number;
  /** Where the table has to be written before a search. */
  readonly table: Uint32Array;
  /**
   * Tries `groups` groups of `lanes` nonces, one after the other. `nonceWord` is the header's word 13 with the first
   * of them; each further nonce is 2^16 more, modulo 2^32. Answers how many groups come before the first in which some
   * hash's first word is at most `threshold`, and `groups` if there is none.
   */
  search(nonceWord: number, groups: number, threshold: number): number;
}
