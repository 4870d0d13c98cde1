/** Answers peers' questions for headers and blocks from the store, each peer's one after the other, as fast as it reads. */
import { setTimeout as delay } from 'node:timers/promises';
import { assert, assertPresent } from '../core/assert.ts';
import type { Hash } from '../core/hash.ts';
import type { PeerId, PeerNetwork } from '../network/peer-network.ts';
import { encodeMessage, type Message } from '../protocol/message.ts';
import type { ChainStore } from '../storage/chain-store.ts';
import { isDamage, type StoreError } from '../storage/store-error.ts';

/** The questions of one connection: the end of the line, and how long it is. */
interface Line {
  last: Promise<void>;
  length: number;
}

export class PeerLibrary {
  readonly #store: ChainStore;
  readonly #network: PeerNetwork;
  readonly #lines = new Map<PeerId, Line>();
  readonly #onDamage: (error: StoreError) => void;
  readonly #onFailure: (error: unknown) => void;

  constructor(options: {
    readonly store: ChainStore;
    readonly network: PeerNetwork;
    /** A block is damaged on disk: it is not served, and the peer asks others. */
    readonly onDamage: (error: StoreError) => void;
    /** The store failed altogether. */
    readonly onFailure: (error: unknown) => void;
  }) {
    this.#store = options.store;
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

  serveBlocks(peer: PeerId, hashes: readonly Hash[]): void {
    this.#queue(peer, async (isHere) => {
      const missing: Hash[] = [];
      for (let next = 0; next < hashes.length; ) {
        while (isHere() && this.#network.queuedBytes(peer) > QUEUED_BYTES_MAX) await delay(DRAIN_POLL_MS);
        if (!isHere()) return;
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
  #queue(peer: PeerId, work: (isHere: () => boolean) => Promise<void>): void {
    const line = this.#lines.get(peer) ?? { last: Promise.resolve(), length: 0 };
    if (line.length >= QUESTIONS_MAX) {
      this.#lines.delete(peer);
      return this.#network.disconnect(peer, `asked more than ${QUESTIONS_MAX} questions without reading the answers`);
    }
    const isHere = () => this.#lines.get(peer) === line;
    line.length++;
    line.last = line.last
      .then(() => (isHere() ? work(isHere) : undefined))
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
