/**
 * What a page asks of its light client, and hears. The work is done in a worker (`worker-verifier.ts`), loaded when it is
 * first wanted, so that neither its code nor its hashing holds up the first view.
 */
import type { Verdict, VerifierStatus } from './verdict.ts';

export interface Verifier {
  readonly status: VerifierStatus;
  /** Calls `listener` now and after each change, until the function returned is called: what Svelte calls a store. */
  subscribe(listener: (status: VerifierStatus) => void): () => void;
  /** Checks an entry that is shown: that its text has its id, and that the id stands where it is said to stand. */
  proveEntry(shown: ShownEntry): Promise<Verdict>;
  /**
   * Checks who stands for entries that are shown: that each has its id, and obeys the rules of the network for signatures.
   * Whether they are on record is another question. Verdicts in the same order; at most 100 at once.
   */
  proveAuthors(shown: readonly ShownText[]): Promise<readonly Verdict[]>;
  /** Checks a whole block that is shown: its text, its hash, its roots, its proof of work and its place in the chain. */
  proveBlock(shown: ShownBlock): Promise<Verdict>;
  /** Checks what a list says of some blocks; verdicts in the same order. At most 100 at once. */
  proveSummaries(shown: readonly ShownSummary[]): Promise<readonly Verdict[]>;
  /** The tips that the gateway shows just now, for `status.gateway`. */
  noteShown(tips: readonly ShownTip[]): void;
  /** Trusts this genesis hash for this gateway from now on, and begins anew; undefined for what it was by itself. */
  trust(genesisHash: string | undefined): void;
}

/** What an entry is, wherever it may stand. */
export interface ShownText {
  readonly id: string;
  /** The entry as it is shown: canonical JSON. */
  readonly text: string;
}

export interface ShownEntry extends ShownText {
  /** The place where it is said to stand; undefined where any place will do. */
  readonly place: { readonly height: number; readonly hash: string; readonly index: number } | undefined;
}

export interface ShownBlock {
  readonly height: number;
  readonly hash: string;
  /** The block in its canonical JSON form, as `…/canonical` and `…/get_chain` have it. */
  readonly text: string;
}

/** Members of a `BlockSummary`. */
export interface ShownSummary {
  readonly height: number;
  readonly hash: string;
  readonly prev_hash: string;
  readonly time: string;
  readonly bits: string;
}

export interface ShownTip {
  readonly port: number;
  readonly height: number;
  readonly hash: string;
}
