/** Answers peers' questions for headers and blocks from the store, each peer's one after the other, as fast as it reads. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Hash } from '../core/hash.ts';
import { hashHeader, parseHeader } from '../core/header.ts';
import type { HashedHeader } from '../core/validation.ts';
import type { PeerId, PeerNetwork } from '../network/peer-network.ts';
import { encodeMessage, type Message } from '../protocol/message.ts';
import type { ChainStore } from '../storage/chain-store.ts';
import { isDamage, type StoreError } from '../storage/store-error.ts';

export class PeerLibrary {
  readonly #store: ChainStore;
  readonly #network: PeerNetwork;
  /** The end of each peer's line of questions, and how long the line is. */
  readonly #lines = new Map<PeerId, { last: Promise<void>; length: number }>();

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
    this.#queue(peer, async () => {
      const rows = await this.#unlessDamaged(this.#store.headersAfter(question.locator, question.max));
      if (rows !== undefined) this.#send(peer, { type: 'headers', headers: rows.map(hashStoredHeader) });
    });
  }

  serveBlocks(peer: PeerId, hashes: readonly Hash[]): void {
    this.#queue(peer, async () => {
      const missing: Hash[] = [];
      for (const hash of hashes) {
        while (this.#lines.has(peer) && this.#network.queuedBytes(peer) > QUEUED_BYTES_MAX) await delay(DRAIN_POLL_MS);
        if (!this.#lines.has(peer)) return;
        const stored = await this.#unlessDamaged(this.#store.blockByHash(hash));
        if (stored === undefined) missing.push(hash);
        else this.#send(peer, { type: 'block', hash, bodyBytes: stored.block.body.bytes });
      }
      if (missing.length > 0) this.#send(peer, { type: 'not-found', hashes: missing });
    });
  }

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

  #queue(peer: PeerId, work: () => Promise<void>): void {
    const line = this.#lines.get(peer) ?? { last: Promise.resolve(), length: 0 };
    if (line.length >= QUESTIONS_MAX) {
      this.#lines.delete(peer);
      return this.#network.disconnect(peer, `asked more than ${QUESTIONS_MAX} questions without reading the answers`);
    }
    line.length++;
    line.last = line.last.then(work).then(() => {
      line.length--;
    }, this.#onFailure);
    this.#lines.set(peer, line);
  }

  #send(peer: PeerId, message: Message): void {
    this.#network.send(peer, encodeMessage(message));
  }
}

function hashStoredHeader(bytes: Uint8Array): HashedHeader {
  const header = parseHeader(bytes);
  if (!header.ok) throw new Error(`a stored header cannot be read: ${header.fault.code}`);
  return { header: header.value, bytes, hash: hashHeader(bytes) };
}

/** What may wait to be sent to one peer before the next body is read from disk. */
const QUEUED_BYTES_MAX = 4 * 1024 * 1024;
const DRAIN_POLL_MS = 5;
const QUESTIONS_MAX = 64;
