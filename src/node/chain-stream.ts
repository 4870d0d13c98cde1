/** The active chain as JSON, of any length, in constant memory. */
import { encodeUtf8 } from '#host';
import { encodeBlockJson } from '../core/block-json.ts';
import type { ByteStream } from '../probe/byte-stream.ts';
import type { ChainStore } from '../storage/chain-store.ts';

/** `[block,block,…]`: what `GET CHAIN` answers. */
export async function streamChain(store: ChainStore): Promise<ByteStream> {
  const { tip, sizeBytes } = await store.chainJson();
  return { sizeBytes, chunks: gather(chainPieces(store, tip)) };
}

/** `{"chain":[block,block,…],"length":n}`: what `GET /get_chain/<port>` answers. */
export async function streamChainDocument(store: ChainStore): Promise<ByteStream> {
  const { tip, length, sizeBytes } = await store.chainJson();
  const before = encodeUtf8('{"chain":');
  const after = encodeUtf8(`,"length":${length}}`);
  async function* pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    yield before;
    yield* chainPieces(store, tip);
    yield after;
  }
  return { sizeBytes: before.length + sizeBytes + after.length, chunks: gather(pieces()) };
}

async function* chainPieces(store: ChainStore, tip: Parameters<ChainStore['readChain']>[0]['tip']) {
  let separator = ARRAY_OPEN;
  for await (const { block } of store.readChain({ tip, from: 0 })) {
    yield separator;
    yield encodeBlockJson(block);
    separator = COMMA;
  }
  yield ARRAY_CLOSE;
}

/** Joins small pieces: a write for each of a million blocks would cost more than the blocks. */
async function* gather(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let chunk = new Uint8Array(CHUNK_BYTES);
  let filled = 0;
  for await (const piece of pieces) {
    if (filled + piece.length > CHUNK_BYTES) {
      if (filled > 0) yield chunk.subarray(0, filled);
      chunk = new Uint8Array(CHUNK_BYTES);
      filled = 0;
    }
    if (piece.length > CHUNK_BYTES) yield piece;
    else {
      chunk.set(piece, filled);
      filled += piece.length;
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}

const ARRAY_OPEN = encodeUtf8('[');
const ARRAY_CLOSE = encodeUtf8(']');
const COMMA = encodeUtf8(',');
const CHUNK_BYTES = 64 * 1024;
