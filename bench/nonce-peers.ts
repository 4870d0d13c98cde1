/**
 * What one would mine with from Node and from npm: each way tries one nonce after the other, and compares the whole hash
 * with the target. Where a package has several forms of the same, the fastest stands here.
 */
import { createHash, hash } from 'node:crypto';
import { sha256 } from '@noble/hashes/sha2.js';
import { createSHA256 } from 'hash-wasm';
import { HASH_BYTES } from '../src/core/hash.ts';
import { NONCE_OFFSET } from '../src/core/header.ts';
import type { SearchKernel } from '../src/mining/kernel.ts';

/** The plain way, which the aims are multiples of. */
export const CREATE_HASH = 'createHash for every nonce';

/** A midstate is the state after the first chunk of 64 bytes, which is the same for all nonces. */
export async function createNoncePeers(): Promise<readonly SearchKernel[]> {
  const hashWasm = await createSHA256();
  return [
    createPeer(
      CREATE_HASH,
      (header, target) => () => createHash('sha256').update(header).digest().compare(target) <= 0,
    ),
    createPeer('crypto.hash to latin1', (header, target) => {
      const targetText = Buffer.from(target).toString('latin1');
      return () => hash('sha256', header, 'binary') <= targetText;
    }),
    createPeer('@noble/hashes', (header, target) => () => isAtMost(sha256(header), target)),
    createPeer('@noble/hashes, midstate', (header, target) => {
      const midstate = sha256.create().update(header.subarray(0, CHUNK_BYTES));
      const rest = header.subarray(CHUNK_BYTES);
      const hasher = sha256.create();
      const digest = new Uint8Array(HASH_BYTES);
      return () => {
        midstate._cloneInto(hasher).update(rest).digestInto(digest);
        return isAtMost(digest, target);
      };
    }),
    createPeer('hash-wasm', (header, target) => () => {
      return isAtMost(hashWasm.init().update(header).digest('binary'), target);
    }),
    createPeer('hash-wasm, midstate', (header, target) => {
      const midstate = hashWasm.init().update(header.subarray(0, CHUNK_BYTES)).save();
      const rest = header.subarray(CHUNK_BYTES);
      return () => isAtMost(hashWasm.load(midstate).update(rest).digest('binary'), target);
    }),
  ];
}

/** `start` is given a header of its own, and answers with what tells whether the nonce that stands in it fits. */
function createPeer(name: string, start: (header: Uint8Array, target: Uint8Array) => () => boolean): SearchKernel {
  return {
    name,
    search: ({ headerBytes, targetBytes, firstNonce, count }) => {
      const header = Uint8Array.from(headerBytes);
      const view = new DataView(header.buffer);
      const meetsTarget = start(header, targetBytes);
      for (let nonce = firstNonce; nonce < firstNonce + count; nonce++) {
        view.setUint32(NONCE_OFFSET, Math.floor(nonce / 2 ** 32));
        view.setUint32(NONCE_OFFSET + 4, nonce % 2 ** 32);
        if (meetsTarget()) return nonce;
      }
      return undefined;
    },
  };
}

function isAtMost(digest: Uint8Array, target: Uint8Array): boolean {
  for (const [i, byte] of digest.entries()) {
    const limit = target[i] ?? 0;
    if (byte !== limit) return byte < limit;
  }
  return true;
}

const CHUNK_BYTES = 64;
