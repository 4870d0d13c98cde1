/** Answers peers' questions for headers, blocks and proofs from the store, each peer's one after the other, as fast as it reads. */
import { setTimeout as delay } from 'node:timers/promises';
import { assert, assertPresent } from '../core/assert.ts';
import type { Hash } from '../core/hash.ts';
import type { PeerId, PeerNetwork } from '../network/peer-network.ts';
import { CHAIN_PROOF_BYTES_MAX } from '../protocol/limits.ts';
import { encodeMessage, type Message } from '../protocol/message.ts';
import type { ChainStore, StoredProof } from '../storage/chain-store.ts';
import { isDamage, type StoreError } from '../storage/store-error.ts';
import type { ProofDesk } from './proof-desk.ts';

/** The questions of one connection: the end of the line, and how long it is. */
interface Line {
  last: Promise<void>;
  length: number;
  /** When it may have another chain proof. */
  chainProofNotBeforeMs: number;
}

export class PeerLibrary {
  readonly #store: ChainStore;
  readonly #proofs: ProofDesk;
  readonly #network: PeerNetwork;
  /** The last chain proof that was sent, and its message. */
  #chainProof: { readonly proof: StoredProof; readonly message: Uint8Array } | undefined;
  readonly #lines = new Map<PeerId, Line>();
  readonly #onDamage: (error: StoreError) => void;
  readonly #onFailure: (error: unknown) => void;

  constructor(options: {
    readonly store: ChainStore;
    readonly proofs: ProofDesk;
    readonly network: PeerNetwork;
    /** A block is damaged on disk: it is not served, and the peer asks others. */
    readonly onDamage: (error: StoreError) => void;
    /** The store failed altogether. */
    readonly onFailure: (error: unknown) => void;
  }) {
    this.#store = options.store;
    this.#proofs = options.proofs;
    this.#network = options.network;
    this.#onDamage = options.onDamage;
    this.#onFailure = options.onFailure;
  }

  serveHeaders(peer: PeerId, question: { readonly locator: readonly Hash[]; readonly max: number }): void {
    this.#queue(peer, async (isHere) => {
      const bytes = await this.#unlessDamaged(this.#store.headersAfter(question.locator, question.max));
      if (bytes !== undefined && isHere()) this.#send(peer, { type: 'headers', headers: bytes });
    });
  }

  /** A chain proof, if there is one: the same bytes for all who ask at one tip, and for each peer one in a while. */
  serveChainProof(peer: PeerId): void {
    this.#queue(peer, async (isHere, line) => {
      const waitMs = line.chainProofNotBeforeMs - performance.now();
      if (waitMs > 0) await delay(waitMs, undefined, { ref: false });
      if (!(await this.#hasRead(peer, isHere))) return;
      const proof = await this.#unlessDamaged(this.#proofs.chainProof());
      if (proof === undefined || !isHere()) return;
      line.chainProofNotBeforeMs = performance.now() + CHAIN_PROOF_PAUSE_MS;
      this.#network.send(peer, this.#encodedChainProof(proof));
    });
  }

  serveHeaderProof(peer: PeerId, question: { readonly tip: Hash; readonly heights: readonly number[] }): void {
    this.#queue(peer, async (isHere) => {
      if (!(await this.#hasRead(peer, isHere))) return;
      const proof = await this.#unlessDamaged(this.#proofs.headerProof(question));
      if (proof === undefined || !isHere()) return;
      if (proof.ok) this.#send(peer, { type: 'header-proof', proof: proof.value });
      else this.#send(peer, { type: 'not-found', hashes: [question.tip] });
    });
  }

  serveEntryProof(peer: PeerId, question: { readonly tip: Hash; readonly id: Hash }): void {
    this.#queue(peer, async (isHere) => {
      if (!(await this.#hasRead(peer, isHere))) return;
      const proof = await this.#unlessDamaged(this.#proofs.entryProof(question));
      if (proof === undefined || !isHere()) return;
      const missing = (code: string) => (code === 'entry-not-in-chain' ? question.id : question.tip);
      if (proof.ok) this.#send(peer, { type: 'entry-proof', proof: proof.value });
      else this.#send(peer, { type: 'not-found', hashes: [missing(proof.fault.code)] });
    });
  }

  serveBlocks(peer: PeerId, hashes: readonly Hash[]): void {
    this.#queue(peer, async (isHere) => {
      const missing: Hash[] = [];
      for (let next = 0; next < hashes.length; ) {
        if (!(await this.#hasRead(peer, isHere))) return;
        const asked = hashes.slice(next);
        // The first one is damaged where nothing comes: it is as if it were missing.
        const bodies = (await this.#unlessDamaged(this.#store.bodies(asked, READ_BYTES_MAX))) ?? [NO_BODY];
        assert(bodies.length > 0 && bodies.length <= asked.length, 'of some bodies, one at least is read');
        if (!isHere()) return;
        for (const [i, { bytes }] of bodies.entries()) {
          const hash = assertPresent(asked[i], 'a body that was read was asked for');
          if (bytes === undefined) missing.push(hash);
          else this.#send(peer, { type: 'block', hash, bodyBytes: bytes });
        }
        next += bodies.length;
      }
      if (missing.length > 0) this.#send(peer, { type: 'not-found', hashes: missing });
    });
  }

  /** The peer has gone. If it comes back it is told nothing of what it asked before. */
  peerGone(peer: PeerId): void {
    this.#lines.delete(peer);
  }

  /** Waits until the peer has read most of what was sent to it. False: it has gone. */
  async #hasRead(peer: PeerId, isHere: () => boolean): Promise<boolean> {
    while (isHere() && this.#network.queuedBytes(peer) > QUEUED_BYTES_MAX) await delay(DRAIN_POLL_MS);
    return isHere();
  }

  #encodedChainProof(proof: StoredProof): Uint8Array {
    if (this.#chainProof?.proof !== proof) {
      const { bytes } = proof;
      const isGiven = bytes !== undefined && bytes.length <= CHAIN_PROOF_BYTES_MAX;
      // Half a megabyte of hex, for many peers: written once.
      const message: Message = isGiven ? { type: 'chain-proof', proof: bytes } : { type: 'not-found', hashes: [] };
      this.#chainProof = { proof, message: encodeMessage(message) };
    }
    return this.#chainProof.message;
  }

  /** What was read, or undefined where damage on disk was found instead. */
  async #unlessDamaged<Value>(reading: Promise<Value>): Promise<Value | undefined> {
    try {
      return await reading;
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#onDamage(error);
      return undefined;
    }
  }

  /** Has `work` done after what the peer asked before. `isHere` says whether it is still connected as it was then. */
  #queue(peer: PeerId, work: (isHere: () => boolean, line: Line) => Promise<void>): void {
    const line = this.#lines.get(peer) ?? { last: Promise.resolve(), length: 0, chainProofNotBeforeMs: 0 };
    if (line.length >= QUESTIONS_MAX) {
      this.#lines.delete(peer);
      return this.#network.disconnect(peer, `asked more than ${QUESTIONS_MAX} questions without reading the answers`);
    }
    const isHere = () => this.#lines.get(peer) === line;
    line.length++;
    line.last = line.last
      .then(() => (isHere() ? work(isHere, line) : undefined))
      .then(() => {
        line.length--;
      }, this.#onFailure);
    this.#lines.set(peer, line);
  }

  #send(peer: PeerId, message: Message): void {
    this.#network.send(peer, encodeMessage(message));
  }
}

const NO_BODY = { bytes: undefined };

/** What may wait to be sent to one peer before more bodies are read from disk, and how much is read then. */
const QUEUED_BYTES_MAX = 512 * 1024;
const READ_BYTES_MAX = 512 * 1024;
const DRAIN_POLL_MS = 5;
const QUESTIONS_MAX = 64;
/** Between two chain proofs for one peer: a tip is seldom older when there is another. */
const CHAIN_PROOF_PAUSE_MS = 1_000;
