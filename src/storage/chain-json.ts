/** The active chain as JSON, of any length, in constant memory. */
import { encodeBlockJson, type SpelledBlock } from '../core/block-json.ts';
import type { PartLimits } from './chain-store.ts';

/** `[block,block,…]` in pieces, read on only as they are asked for. */
export async function* chainJsonChunks(
  blocks: AsyncIterable<SpelledBlock>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* gather(pieces(blocks));
}

/** `[block,block,…]`, as many blocks as the limits allow, in one piece. Ends before a block that cannot be read, unless it is the first. */
export function chainJsonPart(blocks: Iterable<SpelledBlock>, { blocksMax, bytesMax }: PartLimits): Uint8Array {
  const parts: Uint8Array[] = [];
  // Before each block comes a bracket or a comma.
  let sizeBytes = ARRAY_CLOSE.length;
  let count = 0;
  try {
    for (const block of blocks) {
      if (count >= blocksMax) break;
      const part = encodeBlockJson(block);
      sizeBytes += COMMA.length + part.length;
      if (count > 0 && sizeBytes > bytesMax) break;
      parts.push(count++ === 0 ? ARRAY_OPEN : COMMA, part);
    }
  } catch (error) {
    // The next part begins with it, and fails.
    if (count === 0) throw error;
  }
  return Buffer.concat(count === 0 ? [ARRAY_OPEN, ARRAY_CLOSE] : [...parts, ARRAY_CLOSE]);
}

async function* pieces(blocks: AsyncIterable<SpelledBlock>): AsyncGenerator<Uint8Array, void, undefined> {
  let separator = ARRAY_OPEN;
  for await (const block of blocks) {
    yield separator;
    yield encodeBlockJson(block);
    separator = COMMA;
  }
  yield ARRAY_CLOSE;
}

/** Joins small pieces: a write for each of a million blocks would cost more than the blocks. */
async function* gather(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let chunk = new Uint8Array(CHUNK_BYTES);
  let filled = 0;
  for await (const part of parts) {
    if (filled + part.length > CHUNK_BYTES) {
      if (filled > 0) yield chunk.subarray(0, filled);
      chunk = new Uint8Array(CHUNK_BYTES);
      filled = 0;
    }
    if (part.length > CHUNK_BYTES) yield part;
    else {
      chunk.set(part, filled);
      filled += part.length;
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}

const ARRAY_OPEN = Uint8Array.of(0x5b);
const ARRAY_CLOSE = Uint8Array.of(0x5d);
const COMMA = Uint8Array.of(0x2c);
const CHUNK_BYTES = 64 * 1024;
