/**
 * Proofs for peers and for the node's own user: made in the store, one at a time, so that whatever else the store has to do
 * waits for one of them at most, however many ask.
 *
 * A chain proof is the costly one, and the same for all: it is made once for each tip, and kept.
 */
import type { EntryProof } from '../core/entry-proof.ts';
import type { Hash } from '../core/hash.ts';
import type { HeaderProof } from '../core/header-proof.ts';
import type { Result } from '../core/result.ts';
import type { ChainStore, ProofRefusal, StoredProof } from '../storage/chain-store.ts';

export class ProofDesk {
  readonly #store: Pick<ChainStore, 'chainProof' | 'headerProof' | 'entryProof'>;
  /** The hash of the node's tip. */
  readonly #tip: () => Hash;
  /** By the tip at which they were asked for, the latest last. */
  readonly #chainProofs = new Map<Hash, Promise<StoredProof>>();
  /** The end of the line. */
  #last: Promise<unknown> = Promise.resolve();
  /** Until when the store has a rest from chain proofs. */
  #rest: Promise<unknown> = Promise.resolve();

  constructor(options: {
    readonly store: Pick<ChainStore, 'chainProof' | 'headerProof' | 'entryProof'>;
    readonly tip: () => Hash;
  }) {
    this.#store = options.store;
    this.#tip = options.tip;
  }

  /** The proof of the active chain. Two who ask at one tip get the same one. */
  chainProof(): Promise<StoredProof> {
    const tip = this.#tip();
    const known = this.#chainProofs.get(tip);
    if (known !== undefined) return known;
    const proof = this.#rest.then(() => this.#inTurn(() => this.#makeChainProof()));
    this.#chainProofs.set(tip, proof);
    for (const oldest of this.#chainProofs.keys()) {
      if (this.#chainProofs.size <= CHAIN_PROOFS_MAX) break;
      this.#chainProofs.delete(oldest);
    }
    // What could not be made is tried again by whoever asks next.
    proof.catch(() => {
      if (this.#chainProofs.get(tip) === proof) this.#chainProofs.delete(tip);
    });
    return proof;
  }

  headerProof(question: {
    readonly tip: Hash;
    readonly heights: readonly number[];
  }): Promise<Result<HeaderProof, ProofRefusal>> {
    return this.#inTurn(() => this.#store.headerProof(question));
  }

  entryProof(question: { readonly tip: Hash; readonly id: Hash }): Promise<Result<EntryProof, ProofRefusal>> {
    return this.#inTurn(() => this.#store.entryProof(question));
  }

  /** Where blocks come fast, each has its proof: the store is at work on them for a fifth of the time at most. */
  async #makeChainProof(): Promise<StoredProof> {
    const startMs = performance.now();
    try {
      return await this.#store.chainProof();
    } finally {
      const restMs = REST_FACTOR * (performance.now() - startMs);
      this.#rest = new Promise((resolve) => setTimeout(resolve, restMs).unref());
    }
  }

  /** Has `make` done after what was asked for before. */
  #inTurn<Value>(make: () => Promise<Value>): Promise<Value> {
    const made = this.#last.then(make);
    this.#last = made.catch(() => undefined);
    return made;
  }
}

/** The last tip's is kept beside the present one's: who asked while the tip moved gets it still. */
const CHAIN_PROOFS_MAX = 2;
const REST_FACTOR = 4;
