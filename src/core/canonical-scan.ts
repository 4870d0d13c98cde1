/**
 * Whether bytes are exactly canonical JSON (RFC 8785, docs/spec/entries.md#canonical-form), in one pass over them.
 *
 * Every entry that a peer sends goes through here, so nothing is decoded or built where the bytes alone give the
 * answer. The methods take a position and answer with the one after what they have read, or FAULT.
 */
import { decodeUtf8 } from '#host';
import { assertPresent } from './assert.ts';
import { canonicalNumber } from './canonical-number.ts';
import {
  canonicalEscapeSize,
  compareStrings,
  escapeSize,
  isWhiteSpace,
  literalEnd,
  NONE,
  numberToken,
  plainNumberEnd,
} from './json-bytes.ts';
import type {
  JsonDepthFault,
  JsonNotCanonicalFault,
  JsonNumberFault,
  JsonSyntaxFault,
  Utf8Fault,
} from './json-fault.ts';
import { fail, ok, type Result } from './result.ts';

export interface CanonicalLimits {
  /**
   * How many containers may stand inside each other in one entry: `1` has 0, `{}` has 1. Where the value is an array,
   * its elements are the entries and the array itself does not count.
   */
  readonly depthMax: number;
}

export type CanonicalFault = Utf8Fault | JsonSyntaxFault | JsonNotCanonicalFault | JsonNumberFault | JsonDepthFault;

/** Where the elements of an array stand: start and end of the first, start and end of the second, and so on. */
export interface CanonicalSpans {
  /** Empty where the value is no array. */
  readonly elements: Uint32Array;
}

/** Whether `bytes` are the canonical form of one value within the limits, byte for byte. */
export function scanCanonical(
  bytes: Uint8Array,
  limits: CanonicalLimits & { readonly entriesMax: number },
): Result<CanonicalSpans, CanonicalFault | { readonly code: 'body-too-many-entries'; readonly limit: number }> {
  const scanner = new Scanner(bytes, limits.depthMax);
  const elements: number[] = [];
  let end: number;
  if (bytes[0] === ARRAY_OPEN) {
    end = scanner.elements(elements, 2 * limits.entriesMax);
    if (end === TOO_MANY) return fail({ code: 'body-too-many-entries', limit: limits.entriesMax });
  } else {
    end = scanner.value(0, 0);
  }
  if (end !== FAULT && end < bytes.length) end = scanner.unexpected(end);
  if (end === FAULT) return fail(assertPresent(scanner.fault, 'a scan that fails says why'));
  if (!scanner.isAscii && decodeUtf8(bytes) === undefined) return fail({ code: 'utf8-invalid' });
  return ok({ elements: elements.length === 0 ? NO_ELEMENTS : new Uint32Array(elements) });
}

class Scanner {
  readonly #bytes: Uint8Array;
  readonly #depthMax: number;
  isAscii = true;
  fault: CanonicalFault | undefined;

  constructor(bytes: Uint8Array, depthMax: number) {
    this.#bytes = bytes;
    this.#depthMax = depthMax;
  }

  /** Reads the outermost array and notes the spans of its elements. */
  elements(spans: number[], spansMax: number): number {
    if (this.#bytes[1] === ARRAY_CLOSE) return 2;
    let position = 1;
    for (;;) {
      if (spans.length === spansMax) return TOO_MANY;
      const end = this.value(position, 0);
      if (end === FAULT) return FAULT;
      spans.push(position, end);
      const next = this.#bytes[end];
      if (next === ARRAY_CLOSE) return end + 1;
      if (next !== COMMA) return this.unexpected(end);
      position = end + 1;
    }
  }

  /** Reads a value that stands inside `depth` containers. */
  value(position: number, depth: number): number {
    const bytes = this.#bytes;
    switch (bytes[position]) {
      case QUOTE:
        return this.#string(position);
      case OBJECT_OPEN:
        return depth < this.#depthMax ? this.#object(position, depth + 1) : this.#tooDeep(position);
      case ARRAY_OPEN:
        return depth < this.#depthMax ? this.#array(position, depth + 1) : this.#tooDeep(position);
      case LETTER_T:
      case LETTER_F:
      case LETTER_N:
        return this.#literal(position);
      default:
        return this.#number(position);
    }
  }

  /** The fault that what stands at `position` cannot stand there. */
  unexpected(position: number): number {
    return isWhiteSpace(this.#bytes[position]) ? this.#notCanonical(position, 'white-space') : this.#syntax(position);
  }

  #array(start: number, depth: number): number {
    const bytes = this.#bytes;
    let position = start + 1;
    if (bytes[position] === ARRAY_CLOSE) return position + 1;
    for (;;) {
      position = this.value(position, depth);
      if (position === FAULT) return FAULT;
      const next = bytes[position];
      if (next === ARRAY_CLOSE) return position + 1;
      if (next !== COMMA) return this.unexpected(position);
      position++;
    }
  }

  #object(start: number, depth: number): number {
    const bytes = this.#bytes;
    let position = start + 1;
    if (bytes[position] === OBJECT_CLOSE) return position + 1;
    let previousStart = NONE;
    let previousEnd = NONE;
    for (;;) {
      if (bytes[position] !== QUOTE) return this.unexpected(position);
      const keyStart = position;
      const keyEnd = this.#string(position);
      if (keyEnd === FAULT) return FAULT;
      if (previousStart !== NONE && compareStrings(bytes, previousStart, previousEnd, keyStart, keyEnd) >= 0) {
        return this.#notCanonical(keyStart, 'key-order');
      }
      previousStart = keyStart;
      previousEnd = keyEnd;
      if (bytes[keyEnd] !== COLON) return this.unexpected(keyEnd);
      position = this.value(keyEnd + 1, depth);
      if (position === FAULT) return FAULT;
      const next = bytes[position];
      if (next === OBJECT_CLOSE) return position + 1;
      if (next !== COMMA) return this.unexpected(position);
      position++;
    }
  }

  #string(start: number): number {
    const bytes = this.#bytes;
    let seen = 0;
    let position = start + 1;
    while (position < bytes.length) {
      const byte = bytes[position] as number;
      // Most characters are letters, which the first comparison lets pass.
      if (byte > BACKSLASH || (byte !== QUOTE && byte !== BACKSLASH && byte >= SPACE)) {
        seen |= byte;
        position++;
      } else if (byte === QUOTE) {
        if (seen >= 0x80) this.isAscii = false;
        return position + 1;
      } else if (byte === BACKSLASH) {
        const sizeBytes = canonicalEscapeSize(bytes, position);
        if (sizeBytes === NONE) return this.#escapeFault(position);
        position += sizeBytes;
      } else {
        break;
      }
    }
    return this.#syntax(position);
  }

  #escapeFault(position: number): number {
    const isEscape = escapeSize(this.#bytes, position) !== NONE;
    return isEscape ? this.#notCanonical(position, 'string-escape') : this.#syntax(position);
  }

  #number(start: number): number {
    const end = plainNumberEnd(this.#bytes, start);
    if (end !== NONE) return end;
    const token = numberToken(this.#bytes, start);
    if (token === undefined) return this.unexpected(start);
    const canonical = canonicalNumber(token);
    if (canonical === undefined) return this.#fail({ code: 'json-number-range', offset: start });
    return canonical === token ? start + token.length : this.#notCanonical(start, 'number-spelling');
  }

  #literal(start: number): number {
    const end = literalEnd(this.#bytes, start);
    return end === NONE ? this.#syntax(start) : end;
  }

  #tooDeep(offset: number): number {
    return this.#fail({ code: 'json-depth', offset, limit: this.#depthMax });
  }

  #syntax(offset: number): number {
    return this.#fail({ code: 'json-syntax', offset });
  }

  #notCanonical(offset: number, reason: JsonNotCanonicalFault['reason']): number {
    return this.#fail({ code: 'json-not-canonical', offset, reason });
  }

  #fail(fault: CanonicalFault): number {
    this.fault = fault;
    return FAULT;
  }
}

const NO_ELEMENTS = new Uint32Array(0);

/** Answers that are no position: what was wrong is in `fault`; the array has more elements than were asked for. */
const FAULT = -1;
const TOO_MANY = -2;

// Here and not in a file of their own: an imported constant is loaded at each use, which costs a quarter of the speed.
const ARRAY_CLOSE = 0x5d;
const ARRAY_OPEN = 0x5b;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const LETTER_F = 0x66;
const LETTER_N = 0x6e;
const LETTER_T = 0x74;
const OBJECT_CLOSE = 0x7d;
const OBJECT_OPEN = 0x7b;
const QUOTE = 0x22;
const SPACE = 0x20;
