/**
 * From any JSON to its canonical form (RFC 8785, docs/spec/entries.md#submissions).
 *
 * The bytes are read strictly and put together anew: no value is built in between, so a key is text whatever it
 * spells, and what a reader would lose silently (keys that stand twice, digits, halves of surrogate pairs) is refused.
 */
import { decodeUtf8, encodeUtf8 } from '#host';
import { assertPresent } from './assert.ts';
import { canonicalNumber } from './canonical-number.ts';
import { CanonicalPieces, type PieceRange } from './canonical-pieces.ts';
import { type CanonicalLimits, scanCanonical } from './canonical-scan.ts';
import {
  canonicalEscapeSize,
  compareStrings,
  compareTexts,
  decodeString,
  isWhiteSpace,
  literalEnd,
  NONE,
  numberToken,
  plainNumberEnd,
  stringEnd,
} from './json-bytes.ts';
import type {
  JsonDepthFault,
  JsonDuplicateKeyFault,
  JsonNumberFault,
  JsonSurrogateFault,
  JsonSyntaxFault,
  Utf8Fault,
} from './json-fault.ts';
import { fail, ok, type Result } from './result.ts';

export type CanonicalizeFault =
  | Utf8Fault
  | JsonSyntaxFault
  | JsonDepthFault
  | JsonNumberFault
  | JsonDuplicateKeyFault
  | JsonSurrogateFault;

/** The canonical text of the one JSON value that `text` spells. Offsets in faults count UTF-16 code units. */
export function canonicalize(text: string, limits: CanonicalLimits): Result<string, CanonicalizeFault> {
  if (!text.isWellFormed()) return fail({ code: 'json-lone-surrogate', offset: text.search(LONE_SURROGATE) });
  const bytes = encodeUtf8(text);
  const canonical = canonicalizeBytes(bytes, limits);
  if (canonical.ok) return ok(assertPresent(decodeUtf8(canonical.value), 'canonical JSON is UTF-8'));
  const { fault } = canonical;
  if (!('offset' in fault)) return canonical;
  const before = assertPresent(decodeUtf8(bytes.subarray(0, fault.offset)), 'faults stand between characters');
  return fail({ ...fault, offset: before.length });
}

/**
 * The canonical bytes of the one JSON value that `bytes` spell in UTF-8, without byte order mark: `bytes` themselves
 * where they are canonical already. Offsets in faults count bytes.
 */
export function canonicalizeBytes(bytes: Uint8Array, limits: CanonicalLimits): Result<Uint8Array, CanonicalizeFault> {
  if (scanCanonical(bytes, { depthMax: limits.depthMax, entriesMax: Infinity }).ok) return ok(bytes);
  const reader = new CanonicalReader(bytes, limits.depthMax);
  const canonical = reader.document();
  return canonical === undefined ? fail(assertPresent(reader.fault, 'a reader that fails says why')) : ok(canonical);
}

interface Member extends PieceRange {
  /** Where the key stands in the input, and how it reads if it cannot stand like that in the output. */
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly respelledKey: string | undefined;
}

/**
 * Reads the input once and notes which pieces of it make up the canonical form, in which order.
 *
 * The methods read what stands at the position and answer whether it was well formed; if not, `fault` says why.
 */
class CanonicalReader {
  readonly #bytes: Uint8Array;
  readonly #depthMax: number;
  #position = 0;
  readonly #pieces = new CanonicalPieces();
  /** What was read from here on to the position stands in the output as it is, and is not yet among the pieces. */
  #runStart = 0;
  #isAscii = true;
  fault: CanonicalizeFault | undefined;

  constructor(bytes: Uint8Array, depthMax: number) {
    this.#bytes = bytes;
    this.#depthMax = depthMax;
  }

  document(): Uint8Array | undefined {
    this.#skipSpace();
    // The outermost array holds the entries and is part of none.
    if (!this.#value(this.#next() === ARRAY_OPEN ? -1 : 0)) return undefined;
    this.#skipSpace();
    if (this.#position < this.#bytes.length) this.#syntax(this.#position);
    else if (!this.#isAscii && decodeUtf8(this.#bytes) === undefined) this.#fail({ code: 'utf8-invalid' });
    if (this.fault !== undefined) return undefined;
    this.#endRun();
    return this.#pieces.join(this.#bytes);
  }

  /** A value that stands inside `depth` containers. */
  #value(depth: number): boolean {
    const position = this.#position;
    switch (this.#next()) {
      case QUOTE:
        return this.#string();
      case OBJECT_OPEN:
        return depth < this.#depthMax ? this.#object(depth + 1) : this.#tooDeep();
      case ARRAY_OPEN:
        return depth < this.#depthMax ? this.#array(depth + 1) : this.#tooDeep();
      case LETTER_T:
      case LETTER_F:
      case LETTER_N: {
        const end = literalEnd(this.#bytes, position);
        return end === NONE ? this.#syntax(position) : this.#advance(end - position);
      }
      default:
        return this.#number();
    }
  }

  #array(depth: number): boolean {
    this.#position++;
    this.#skipSpace();
    if (this.#next() === ARRAY_CLOSE) return this.#advance(1);
    for (;;) {
      if (!this.#value(depth)) return false;
      this.#skipSpace();
      const next = this.#next();
      if (next === ARRAY_CLOSE) return this.#advance(1);
      if (next !== COMMA) return this.#syntax(this.#position);
      this.#position++;
      this.#skipSpace();
    }
  }

  #object(depth: number): boolean {
    this.#position++;
    this.#skipSpace();
    if (this.#next() === OBJECT_CLOSE) return this.#advance(1);
    const members: Member[] = [];
    let first: Member | undefined;
    let isInOrder = true;
    for (;;) {
      this.#endRun();
      const member = this.#member(depth);
      if (member === undefined) return false;
      first ??= member;
      members.push(member);
      const isFew = members.length <= INSERTION_MAX;
      if (isFew && !this.#sink(members)) return false;
      isInOrder &&= isFew && members[members.length - 1] === member;
      this.#skipSpace();
      const next = this.#next();
      if (next === OBJECT_CLOSE) break;
      if (next !== COMMA) return this.#syntax(this.#position);
      this.#position++;
      this.#skipSpace();
    }
    if (members.length > INSERTION_MAX && !this.#sort(members)) return false;
    if (!isInOrder) this.#pieces.reorder(first, members);
    return this.#advance(1);
  }

  #member(depth: number): Member | undefined {
    const pieceStart = this.#pieces.end;
    const respelledBefore = this.#pieces.respelledCount;
    const keyStart = this.#position;
    if (this.#next() !== QUOTE) {
      this.#syntax(keyStart);
      return undefined;
    }
    if (!this.#string()) return undefined;
    const keyEnd = this.#position;
    const isRespelled = this.#pieces.respelledCount > respelledBefore;
    const respelledKey = isRespelled ? decodeString(this.#bytes, keyStart, keyEnd) : undefined;
    this.#skipSpace();
    if (this.#next() !== COLON) {
      this.#syntax(this.#position);
      return undefined;
    }
    this.#position++;
    this.#skipSpace();
    if (!this.#value(depth)) return undefined;
    this.#endRun();
    return { keyStart, keyEnd, respelledKey, pieceStart, pieceEnd: this.#pieces.end };
  }

  /** Moves the last of `members` down to its place among the others, which have theirs, if no other has its key. */
  #sink(members: Member[]): boolean {
    let place = members.length - 1;
    const member = assertPresent(members[place], 'one has been added');
    for (; place > 0; place--) {
      const before = assertPresent(members[place - 1], 'place is above 0');
      const order = this.#compareKeys(before, member);
      if (order === 0) return this.#duplicateKey(member);
      if (order < 0) break;
      members[place] = before;
    }
    members[place] = member;
    return true;
  }

  /** Sorts `members` by key, if no two have the same. */
  #sort(members: Member[]): boolean {
    members.sort((a, b) => this.#compareKeys(a, b));
    let previous: Member | undefined;
    for (const member of members) {
      if (previous !== undefined && this.#compareKeys(previous, member) === 0) return this.#duplicateKey(member);
      previous = member;
    }
    return true;
  }

  #compareKeys(a: Member, b: Member): number {
    if (a.respelledKey === undefined && b.respelledKey === undefined) {
      return compareStrings(this.#bytes, a.keyStart, a.keyEnd, b.keyStart, b.keyEnd);
    }
    return compareTexts(this.#keyText(a), this.#keyText(b));
  }

  /** Undefined where the key is not UTF-8. */
  #keyText(member: Member): string | undefined {
    return member.respelledKey ?? decodeString(this.#bytes, member.keyStart, member.keyEnd);
  }

  #string(): boolean {
    const bytes = this.#bytes;
    let seen = 0;
    let position = this.#position + 1;
    while (position < bytes.length) {
      const byte = bytes[position] ?? 0;
      if (byte > BACKSLASH || (byte !== QUOTE && byte !== BACKSLASH && byte >= SPACE)) {
        seen |= byte;
        position++;
      } else if (byte === QUOTE) {
        if (seen >= 0x80) this.#isAscii = false;
        this.#position = position + 1;
        return true;
      } else if (byte === BACKSLASH) {
        const sizeBytes = canonicalEscapeSize(bytes, position);
        if (sizeBytes === NONE) return this.#respelledString();
        position += sizeBytes;
      } else {
        break;
      }
    }
    return this.#syntax(position);
  }

  #respelledString(): boolean {
    const start = this.#position;
    const end = stringEnd(this.#bytes, start);
    if (end < 0) return this.#syntax(~end);
    const text = decodeString(this.#bytes, start, end);
    if (text === undefined) return this.#fail({ code: 'utf8-invalid' });
    if (!text.isWellFormed()) return this.#fail({ code: 'json-lone-surrogate', offset: start });
    // QuoteJSONString of ECMAScript is the rule that RFC 8785 §3.2.2.2 spells out, lone surrogates apart.
    return this.#respell(end, JSON.stringify(text));
  }

  #number(): boolean {
    const start = this.#position;
    const plainEnd = plainNumberEnd(this.#bytes, start);
    if (plainEnd !== NONE) return this.#advance(plainEnd - start);
    const token = numberToken(this.#bytes, start);
    if (token === undefined) return this.#syntax(start);
    const canonical = canonicalNumber(token);
    if (canonical === undefined) return this.#fail({ code: 'json-number-range', offset: start });
    return canonical === token ? this.#advance(token.length) : this.#respell(start + token.length, canonical);
  }

  #next(): number | undefined {
    return this.#position < this.#bytes.length ? this.#bytes[this.#position] : undefined;
  }

  #advance(sizeBytes: number): true {
    this.#position += sizeBytes;
    return true;
  }

  #skipSpace(): void {
    const bytes = this.#bytes;
    let position = this.#position;
    while (position < bytes.length && isWhiteSpace(bytes[position])) position++;
    if (position === this.#position) return;
    this.#endRun();
    this.#position = position;
    this.#runStart = position;
  }

  /** Puts `text` in the place of what stands from the position to `end`. */
  #respell(end: number, text: string): true {
    this.#endRun();
    this.#pieces.respell(text);
    this.#position = end;
    this.#runStart = end;
    return true;
  }

  #endRun(): void {
    if (this.#position > this.#runStart) this.#pieces.add(this.#runStart, this.#position);
    this.#runStart = this.#position;
  }

  #tooDeep(): false {
    return this.#fail({ code: 'json-depth', offset: this.#position, limit: this.#depthMax });
  }

  #duplicateKey(member: Member): false {
    const key = this.#keyText(member);
    if (key === undefined) return this.#fail({ code: 'utf8-invalid' });
    return this.#fail({ code: 'json-duplicate-key', key, offset: member.keyStart });
  }

  #syntax(offset: number): false {
    return this.#fail({ code: 'json-syntax', offset });
  }

  #fail(fault: CanonicalizeFault): false {
    this.fault = fault;
    return false;
  }
}

/** Up to here members are put in their places one by one, which beats `sort`. */
const INSERTION_MAX = 24;
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

// Here and not imported: see canonical-scan.ts.
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const SPACE = 0x20;
const LETTER_F = 0x66;
const LETTER_N = 0x6e;
const LETTER_T = 0x74;
const ARRAY_OPEN = 0x5b;
const ARRAY_CLOSE = 0x5d;
const OBJECT_OPEN = 0x7b;
const OBJECT_CLOSE = 0x7d;
