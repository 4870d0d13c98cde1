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
  const { sizeBytes, length, chunks } = await store.chainJson();
  return chainDocument({ sizeBytes, chunks: chunks(), length });
}

/** The same of blocks that are at hand, of a chain that has `length` blocks. */
export function chainDocument(options: {
  /** Of all chunks together. */
  readonly sizeBytes: number;
  /** `[block,block,…]` */
  readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  readonly length: number;
}): ByteStream {
  const before = encodeUtf8('{"chain":');
  const after = encodeUtf8(`,"length":${options.length}}`);
  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    yield before;
    yield* options.chunks;
    yield after;
  }
  return { sizeBytes: before.length + options.sizeBytes + after.length, chunks: chunks() };
}
