/** The blocks of all chains of a network, each kept and judged once, whoever has stored it. */
import { assert, assertPresent } from '../../src/core/assert.ts';
import type { Block } from '../../src/core/block.ts';
import { createGenesis } from '../../src/core/genesis.ts';
import type { Hash } from '../../src/core/hash.ts';
import type { NetworkParams } from '../../src/core/params.ts';
import { type ChainPoint, genesisPoint, hashedHeader, validateHeader } from '../../src/core/validation.ts';

/** A block, and all that follows from its place. */
export interface ForestBlock {
  readonly block: Block;
  readonly point: ChainPoint;
  readonly headerBytes: Uint8Array;
  readonly parent: ForestBlock | undefined;
}

export class BlockForest {
  readonly genesis: ForestBlock;
  readonly #params: NetworkParams;
  readonly #blocks = new Map<Hash, ForestBlock>();

  constructor(params: NetworkParams) {
    this.#params = params;
    const block = createGenesis(params);
    const { bytes } = hashedHeader(block.header);
    this.genesis = { block, point: genesisPoint(params), headerBytes: bytes, parent: undefined };
    this.#blocks.set(block.hash, this.genesis);
  }

  find(hash: Hash): ForestBlock | undefined {
    return this.#blocks.get(hash);
  }

  /** The place of `block`, which whoever stores it has judged, on a parent that was stored before. */
  plant(block: Block): ForestBlock {
    const known = this.#blocks.get(block.hash);
    if (known !== undefined) return known;
    const parent = assertPresent(this.#blocks.get(block.header.previousHash), 'parents are stored before children');
    const hashed = hashedHeader(block.header);
    const point = validateHeader(hashed, parent.point, this.#params);
    assert(point.ok && hashed.hash === block.hash, 'a stored block follows the rules');
    const planted: ForestBlock = { block, point: point.value, headerBytes: hashed.bytes, parent };
    this.#blocks.set(block.hash, planted);
    return planted;
  }
}
