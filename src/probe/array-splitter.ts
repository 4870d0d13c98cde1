/**
 * Cuts a JSON array into its elements while it arrives.
 *
 * Only what bounds the elements is looked at: brackets, strings, and the commas between them. Whether an element is
 * JSON is for whoever gets it to say; an array whose elements all are is JSON itself.
 */
import { isWhiteSpace } from '../core/json-bytes.ts';
import { fail, ok, type Result } from '../core/result.ts';

export type SplitFault =
  /** What stands at byte `offset` cannot stand there; at the array's size, the array ends too early. */
  | { readonly code: 'json-syntax'; readonly offset: number }
  | { readonly code: 'element-too-large'; readonly limitBytes: number };

/** Where the splitter stands: before the array, after its `[`, inside an element, after a comma, or behind the `]`. */
type Place = 'before' | 'opened' | 'element' | 'comma' | 'after';

/** Holds one element at most; memory grows with the bytes that have arrived. */
export class ArraySplitter {
  readonly #elementBytesMax: number;
  #place: Place = 'before';
  /** Brackets open inside the element. */
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** The element's bytes from earlier chunks. */
  #held = new Uint8Array(0);
  #heldBytes = 0;
  /** The size of all earlier chunks. */
  #offset = 0;

  constructor(elementBytesMax: number) {
    this.#elementBytesMax = elementBytesMax;
  }

  /**
   * The elements that `chunk` completes, each as the bytes between its commas, white space included. They are good
   * until the next one is asked for. After a fault nothing more can be read.
   */
  *push(chunk: Uint8Array): Generator<Result<Uint8Array, SplitFault>, void, undefined> {
    let position = 0;
    while (position < chunk.length) {
      if (this.#place === 'element') {
        const end = this.#elementEnd(chunk, position);
        if (this.#heldBytes + end - position > this.#elementBytesMax) {
          yield fail({ code: 'element-too-large', limitBytes: this.#elementBytesMax });
          return;
        }
        if (end === chunk.length) {
          this.#hold(chunk.subarray(position));
          break;
        }
        const byte = chunk[end];
        if (byte === OBJECT_CLOSE) {
          yield fail({ code: 'json-syntax', offset: this.#offset + end });
          return;
        }
        this.#place = byte === COMMA ? 'comma' : 'after';
        yield ok(this.#take(chunk.subarray(position, end)));
        position = end + 1;
        continue;
      }
      if (!isWhiteSpace(chunk[position])) {
        const place = this.#placeAfter(chunk[position]);
        if (place === undefined) {
          yield fail({ code: 'json-syntax', offset: this.#offset + position });
          return;
        }
        this.#place = place;
        // An element begins with this byte, which is still to be looked at as one of its own.
        if (place === 'element') continue;
      }
      position++;
    }
    this.#offset += chunk.length;
  }

  /** To be called when all has been pushed: the fault of an array that has not ended. */
  end(): SplitFault | undefined {
    return this.#place === 'after' ? undefined : { code: 'json-syntax', offset: this.#offset };
  }

  /** Where `byte`, which is no white space and not inside an element, leads; undefined where it cannot stand. */
  #placeAfter(byte: number | undefined): Place | undefined {
    switch (this.#place) {
      case 'before':
        return byte === ARRAY_OPEN ? 'opened' : undefined;
      case 'opened':
        if (byte === ARRAY_CLOSE) return 'after';
        return byte === COMMA ? undefined : 'element';
      case 'comma':
        return byte === COMMA || byte === ARRAY_CLOSE ? undefined : 'element';
      default:
        return undefined;
    }
  }

  /** Where the comma or bracket stands that ends the element, or the chunk's end. */
  #elementEnd(chunk: Uint8Array, start: number): number {
    for (let position = start; position < chunk.length; position++) {
      const byte = chunk[position];
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inString = false;
      } else if (byte === QUOTE) {
        this.#inString = true;
      } else if (byte === ARRAY_OPEN || byte === OBJECT_OPEN) {
        this.#depth++;
      } else if (byte === ARRAY_CLOSE || byte === OBJECT_CLOSE) {
        if (this.#depth === 0) return position;
        this.#depth--;
      } else if (byte === COMMA && this.#depth === 0) {
        return position;
      }
    }
    return chunk.length;
  }

  #hold(bytes: Uint8Array): void {
    const heldBytes = this.#heldBytes + bytes.length;
    if (heldBytes > this.#held.length) {
      const grown = new Uint8Array(Math.max(heldBytes, Math.min(2 * this.#held.length, this.#elementBytesMax)));
      grown.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = grown;
    }
    this.#held.set(bytes, this.#heldBytes);
    this.#heldBytes = heldBytes;
  }

  /** The element whose last bytes are `bytes`. */
  #take(bytes: Uint8Array): Uint8Array {
    if (this.#heldBytes === 0) return bytes;
    this.#hold(bytes);
    const element = this.#held.subarray(0, this.#heldBytes);
    this.#heldBytes = 0;
    return element;
  }
}

export const ARRAY_OPEN = 0x5b;
const ARRAY_CLOSE = 0x5d;
const OBJECT_OPEN = 0x7b;
const OBJECT_CLOSE = 0x7d;
const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
