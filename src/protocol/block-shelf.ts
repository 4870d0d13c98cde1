/**
 * The last few blocks of the active chain, at hand for peers that lack them still: a new block is asked for by all of
 * them at once, and by its entries' ids first (docs/spec/wire.md#compact-relay).
 */
import type { Block } from '../core/block.ts';
import { bodyFromEntries, entryBytes, entryCount, entryIds } from '../core/body.ts';
import type { Hash } from '../core/hash.ts';
import type { Effect, PeerId } from './effects.ts';
import { SHELF_BLOCKS_MAX, WHOLE_BODY_BYTES_MAX } from './limits.ts';
import type { PeerSession } from './peer-session.ts';

interface Shelved {
  readonly block: Block;
  /** Who was answered already. Each question is answered once from here, so that nobody has it repeated for nothing. */
  readonly toldIds: Set<PeerId>;
  readonly gaveEntries: Set<PeerId>;
}

export class BlockShelf {
  /** The latest last. */
  readonly #shelved = new Map<Hash, Shelved>();

  /** Blocks that are durable and active since now, parents first. */
  put(blocks: readonly Block[]): void {
    for (const block of blocks.slice(-SHELF_BLOCKS_MAX)) {
      if (block.header.height === 0) continue;
      this.#shelved.set(block.hash, { block, toldIds: new Set(), gaveEntries: new Set() });
    }
    for (const oldest of this.#shelved.keys()) {
      if (this.#shelved.size <= SHELF_BLOCKS_MAX) break;
      this.#shelved.delete(oldest);
    }
  }

  /** A peer asks for the ids in a block. Where they save nothing, or are not at hand, it is sent the block. */
  idsAsked(peer: PeerSession, hash: Hash): Effect[] {
    const shelved = this.#shelved.get(hash);
    if (shelved === undefined || shelved.toldIds.has(peer.id)) return serveBlock(peer, hash);
    const { shape, bytes } = shelved.block.body;
    if (shape === 'genesis' || bytes.length <= WHOLE_BODY_BYTES_MAX) return serveBlock(peer, hash);
    shelved.toldIds.add(peer.id);
    return [
      { type: 'send', peer: peer.id, message: { type: 'block-ids', hash, shape, ids: entryIds(shelved.block.body) } },
    ];
  }

  /** A peer asks for some entries of a block, by their places in it. */
  entriesAsked(peer: PeerSession, hash: Hash, indexes: readonly number[]): Effect[] {
    const shelved = this.#shelved.get(hash);
    if (shelved === undefined || shelved.gaveEntries.has(peer.id)) return serveBlock(peer, hash);
    const { body } = shelved.block;
    if (indexes.some((index) => index >= entryCount(body))) return serveBlock(peer, hash);
    shelved.gaveEntries.add(peer.id);
    const arrayBytes = bodyFromEntries(indexes.map((index) => entryBytes(body, index))).bytes;
    return [{ type: 'send', peer: peer.id, message: { type: 'block-entries', hash, arrayBytes } }];
  }

  peerGone(peer: PeerSession): Effect[] {
    for (const { toldIds, gaveEntries } of this.#shelved.values()) {
      toldIds.delete(peer.id);
      gaveEntries.delete(peer.id);
    }
    return [];
  }
}

function serveBlock({ id }: PeerSession, hash: Hash): Effect[] {
  return [{ type: 'serve-blocks', peer: id, hashes: [hash] }];
}
