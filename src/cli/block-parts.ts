/** Reads the blocks of an exported chain, a JSON array or one block a line, and puts them together to parts for a node. */
import { isUtf8 } from 'node:buffer';
import { isWhiteSpace } from '../core/json-bytes.ts';
import { isWellFormedJson } from '../core/json-text.ts';
import { ArraySplitter } from '../probe/array-splitter.ts';
import { ELEMENT_BYTES_MAX } from '../probe/probe-limits.ts';
import { CommandError, EXIT_CODES } from './command-error.ts';
import { LineSplitter } from './line-splitter.ts';

export interface BlockPart {
  readonly blocks: readonly string[];
  /** How much of the input has been read, with this part. */
  readonly readBytes: number;
}

/** Each block is well-formed JSON, and nothing more is known of it. Throws a `CommandError` at the first that is not. */
export async function* readBlockParts(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<BlockPart, void, undefined> {
  let cutter: Cutter | undefined;
  let blocks: string[] = [];
  let count = 0;
  let sizeBytes = 0;
  let readBytes = 0;
  for await (const chunk of chunks) {
    readBytes += chunk.length;
    cutter ??= chooseCutter(chunk);
    for (const element of cutter?.push(chunk) ?? []) {
      const text = blockText(element, count);
      count++;
      blocks.push(text);
      sizeBytes += element.length;
      if (sizeBytes < PART_BYTES) continue;
      yield { blocks, readBytes };
      blocks = [];
      sizeBytes = 0;
    }
  }
  if (cutter === undefined) throw unreadable('there is nothing in it');
  for (const element of cutter.end()) blocks.push(blockText(element, count++));
  yield { blocks, readBytes };
}

/** Cuts blocks out of bytes. Throws a `CommandError`. */
interface Cutter {
  push(chunk: Uint8Array): Iterable<Uint8Array>;
  end(): Iterable<Uint8Array>;
}

/** Undefined while there is nothing but white space. */
function chooseCutter(chunk: Uint8Array): Cutter | undefined {
  const start = chunk.find((byte) => !isWhiteSpace(byte));
  if (start === undefined) return undefined;
  return start === ARRAY_OPEN ? new ArrayCutter() : new LineCutter();
}

class ArrayCutter implements Cutter {
  readonly #splitter = new ArraySplitter(ELEMENT_BYTES_MAX);

  *push(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    for (const element of this.#splitter.push(chunk)) {
      if (element.ok) yield element.value;
      else if (element.fault.code === 'json-syntax') throw unreadable(`it is no JSON at byte ${element.fault.offset}`);
      else throw unreadable(`a block in it has over ${ELEMENT_BYTES_MAX} bytes`);
    }
  }

  end(): Iterable<Uint8Array> {
    if (this.#splitter.end() !== undefined) throw unreadable('it ends in the middle of the chain');
    return [];
  }
}

class LineCutter implements Cutter {
  readonly #splitter = new LineSplitter(ELEMENT_BYTES_MAX);

  push(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    return this.#blocksOf(this.#splitter.push(chunk));
  }

  end(): Generator<Uint8Array, void, undefined> {
    return this.#blocksOf(this.#splitter.end());
  }

  *#blocksOf(lines: ReturnType<LineSplitter['push']>): Generator<Uint8Array, void, undefined> {
    for (const line of lines) {
      if (!line.ok) throw unreadable(`line ${line.fault.line} has over ${ELEMENT_BYTES_MAX} bytes`);
      if (!line.value.bytes.every(isWhiteSpace)) yield line.value.bytes;
    }
  }
}

/** Checked here, because it goes to the node inside other JSON. */
function blockText(bytes: Uint8Array, height: number): string {
  const text = Buffer.from(bytes).toString('utf8');
  if (!isUtf8(bytes) || !isWellFormedJson(text)) throw unreadable(`what should be block ${height} is no JSON`);
  return text;
}

function unreadable(reason: string): CommandError {
  const message = `This is no chain: ${reason}. Give it as \`cairn export\` writes it.`;
  return new CommandError(EXIT_CODES.refused, 'chain-unreadable', message);
}

/** Half of what a message holds: the last block of a part may be a large one. */
export const PART_BYTES = 524_288;
const ARRAY_OPEN = 0x5b;
