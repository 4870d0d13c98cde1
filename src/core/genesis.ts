/** The genesis of a network: the block that its parameters make, and the hash by which everybody names the network. */
import { type Block, createBlock } from './block.ts';
import { dataRoot, GENESIS_BODY } from './body.ts';
import { type Hash, ZERO_HASH } from './hash.ts';
import { type NetworkParams, paramsHash } from './params.ts';

/** The genesis block of a network: fixed by its parameters, exempt from proof of work (docs/spec/params.md#genesis). */
export function createGenesis(params: NetworkParams): Block {
  return createBlock(
    {
      height: 0,
      previousHash: ZERO_HASH,
      historyRoot: paramsHash(params),
      dataRoot: dataRoot('genesis', []),
      timestamp: params.genesisTime,
      bits: params.initialBits,
      nonce: 0,
    },
    GENESIS_BODY,
  );
}

/** The genesis's hash, made once for each object of parameters: every signed entry is held against it. */
export function genesisHash(params: NetworkParams): Hash {
  let hash = hashes.get(params);
  if (hash === undefined) {
    hash = createGenesis(params).hash;
    hashes.set(params, hash);
  }
  return hash;
}

const hashes = new WeakMap<NetworkParams, Hash>();
