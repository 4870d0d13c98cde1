/** A chain in memory, and all that a full node which follows it answers to a light client. */

import { assertPresent } from '../core/assert.ts';
import type { Block } from '../core/block.ts';
import { entryIds } from '../core/body.ts';
import { proveChain } from '../core/chain-prover.ts';
import { proveEntry } from '../core/entry-proof.ts';
import { createGenesis } from '../core/genesis.ts';
import type { Hash } from '../core/hash.ts';
import { encodeHeader } from '../core/header.ts';
import { type HeaderProof, proveHeaders } from '../core/header-proof.ts';
import { appendLeaf, EMPTY_FRONTIER, historyLeaf } from '../core/history.ts';
import type { NetworkParams } from '../core/params.ts';
import { type ChainPoint, genesisPoint } from '../core/validation.ts';
import { HEADERS_PER_MESSAGE_MAX } from '../protocol/limits.ts';
import type { Message } from '../protocol/message.ts';
import { joinHeaders } from './hostile/forge.ts';

/** A block and its place in the chain. */
export interface PlacedBlock {
  readonly block: Block;
  readonly point: ChainPoint;
}

export class ChainBook {
  /** From the genesis on. */
  readonly #blocks: readonly PlacedBlock[];
  readonly #heights = new Map<Hash, number>();
  /** The nodes of the history, in the order of `appendLeaf`. */
  readonly #nodes: Hash[] = [];

  /** `blocks` follow on each other, the first on the genesis. */
  constructor(params: NetworkParams, blocks: readonly PlacedBlock[]) {
    this.#blocks = [{ block: createGenesis(params), point: genesisPoint(params) }, ...blocks];
    let history = EMPTY_FRONTIER;
    for (const { point } of this.#blocks) {
      this.#heights.set(point.hash, point.header.height);
      const grown = appendLeaf(history, historyLeaf(encodeHeader(point.header), point.work));
      this.#nodes.push(...grown.completed);
      history = grown.frontier;
    }
  }

  get tip(): ChainPoint {
    return this.#at(this.#blocks.length - 1).point;
  }

  /** The proof of the whole chain. */
  get proof(): Uint8Array {
    const proof = this.#proveChain();
    return assertPresent(proof, 'there is work enough at the end of the chain');
  }

  /** What a full node says to `message`, if anything. */
  answers(message: Message): Message[] {
    switch (message.type) {
      case 'get-chain-proof': {
        const proof = this.#proveChain();
        return [proof === undefined ? { type: 'not-found', hashes: [] } : { type: 'chain-proof', proof }];
      }
      case 'get-headers':
        return [{ type: 'headers', headers: this.headersAfter(message.locator) }];
      case 'get-header-proof': {
        const proof = this.proveHeaders(message.tip, message.heights);
        return [proof === undefined ? { type: 'not-found', hashes: [message.tip] } : { type: 'header-proof', proof }];
      }
      case 'get-entry-proof':
        return [this.#entryProof(message.tip, message.id)];
      case 'get-blocks':
        return message.hashes.map((hash) => this.#body(hash));
      case 'ping':
        return [{ type: 'pong', nonce: message.nonce }];
      default:
        return [];
    }
  }

  /** Headers as they travel, after the first of `locator` that is on the chain. */
  headersAfter(locator: readonly Hash[]): Uint8Array {
    const shared = locator.find((hash) => this.#heights.has(hash));
    const from = (shared === undefined ? 0 : this.#heightOf(shared)) + 1;
    return joinHeaders(this.#blocks.slice(from, from + HEADERS_PER_MESSAGE_MAX).map(({ point }) => point.header));
  }

  /** Undefined where `tip` is not on the chain, or not above all `heights`. */
  proveHeaders(tip: Hash, heights: readonly number[]): HeaderProof | undefined {
    const tipHeight = this.#heights.get(tip);
    if (tipHeight === undefined || heights.some((height) => height >= tipHeight)) return undefined;
    return proveHeaders({
      tip,
      tipHeight,
      heights,
      headerAt: (height) => ({ bytes: this.#header(height), work: this.#at(height).point.work }),
      readNode: (position) => this.#node(position),
    });
  }

  #entryProof(tip: Hash, id: Hash): Message {
    const tipHeight = this.#heights.get(tip);
    if (tipHeight === undefined) return { type: 'not-found', hashes: [tip] };
    const height = this.#blocks.findIndex(({ block: { body } }) => entryIds(body).includes(id));
    if (height < 0 || height > tipHeight) return { type: 'not-found', hashes: [id] };
    const { body } = this.#at(height).block;
    const block = this.proveHeaders(tip, height === tipHeight ? [] : [height]);
    const index = entryIds(body).indexOf(id);
    return {
      type: 'entry-proof',
      proof: proveEntry({ body, index, block: assertPresent(block, 'the block is not above the tip') }),
    };
  }

  #body(hash: Hash): Message {
    const height = this.#heights.get(hash);
    if (height === undefined) return { type: 'not-found', hashes: [hash] };
    return { type: 'block', hash, bodyBytes: this.#at(height).block.body.bytes };
  }

  #proveChain(): Uint8Array | undefined {
    return proveChain({
      tipHeight: this.tip.header.height,
      header: (height) => this.#header(height),
      work: (height) => this.#at(height).point.work,
      node: (position) => this.#node(position),
    });
  }

  #header(height: number): Uint8Array {
    return encodeHeader(this.#at(height).point.header);
  }

  #at(height: number): PlacedBlock {
    return assertPresent(this.#blocks[height], 'the chain reaches so high');
  }

  #heightOf(hash: Hash): number {
    return assertPresent(this.#heights.get(hash), 'the block is on the chain');
  }

  #node(position: number): Hash {
    return assertPresent(this.#nodes[position], 'the history has such a node');
  }
}
