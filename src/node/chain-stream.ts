/** The active chain as JSON, of any length, in constant memory. */
import { encodeUtf8 } from '#host';
import type { ByteStream } from '../probe/byte-stream.ts';
import type { ChainStore } from '../storage/chain-store.ts';

/** `[block,block,…]`: what `GET CHAIN` answers. */
export async function streamChain(store: ChainStore): Promise<ByteStream> {
  const json = await store.chainJson();
  return { sizeBytes: json.sizeBytes, chunks: json.chunks() };
}

/** `{"chain":[block,block,…],"length":n}`: what `GET /get_chain/<port>` answers. */
export async function streamChainDocument(store: ChainStore): Promise<ByteStream> {
  const json = await store.chainJson();
  const before = encodeUtf8('{"chain":');
  const after = encodeUtf8(`,"length":${json.length}}`);
  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    yield before;
    yield* json.chunks();
    yield after;
  }
  return { sizeBytes: before.length + json.sizeBytes + after.length, chunks: chunks() };
}
