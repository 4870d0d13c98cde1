/**
 * From any JSON to its canonical form (RFC 8785, docs/spec/entries.md#submissions).
 *
 * The bytes are read strictly and written as they are read; where the keys of an object were out of order, its members
 * are moved once it is whole. No value is built in between, so a key is text whatever it spells, and what a reader
 * would lose silently (keys that stand twice, digits, halves of surrogate pairs) is refused.
 */
import { decodeUtf8, encodeUtf8 } from '#host';
import { assert, assertPresent } from './assert.ts';
import { copyOut, copyWithin } from './byte-copy.ts';
import { canonicalNumber } from './canonical-number.ts';
import { type CanonicalLimits, scanCanonical } from './canonical-scan.ts';
import {
  canonicalEscapeSize,
  compareStrings,
  countPlain,
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
  const canonical = encodeCanonical(text, limits);
  return canonical.ok ? ok(assertPresent(decodeUtf8(canonical.value), 'canonical JSON is UTF-8')) : canonical;
}

/** The same as UTF-8, which it is in between: to make a text of it takes a while. */
export function encodeCanonical(text: string, limits: CanonicalLimits): Result<Uint8Array, CanonicalizeFault> {
  if (!text.isWellFormed()) return fail({ code: 'json-lone-surrogate', offset: text.search(LONE_SURROGATE) });
  const bytes = encodeUtf8(text);
  const canonical = canonicalizeBytes(bytes, limits);
  if (canonical.ok) return canonical;
  const { fault } = canonical;
  assert('offset' in fault, 'what was encoded is UTF-8');
  const before = assertPresent(decodeUtf8(bytes.subarray(0, fault.offset)), 'faults stand between characters');
  return fail({ ...fault, offset: before.length });
}

/**
 * The canonical bytes of the one JSON value that `bytes` spell in UTF-8, without byte order mark: `bytes` themselves
 * where they are canonical already. Offsets in faults count bytes.
 */
export function canonicalizeBytes(bytes: Uint8Array, limits: CanonicalLimits): Result<Uint8Array, CanonicalizeFault> {
  if (scanCanonical(bytes, { depthMax: limits.depthMax, entriesMax: Infinity }).ok) return ok(bytes);
  const writer = new CanonicalWriter(bytes, limits.depthMax);
  const canonical = writer.document();
  return canonical === undefined ? fail(assertPresent(writer.fault, 'a writer that fails says why')) : ok(canonical);
}

/** A member of an object that is being written: places in the output, and the one in the input where its key stands. */
interface Member {
  readonly start: number;
  readonly keyEnd: number;
  readonly end: number;
  readonly keyOffset: number;
}

/**
 * Reads the input once and writes its canonical form.
 *
 * The methods take a position in the input and answer with the one after what they have read, or FAULT.
 */
class CanonicalWriter {
  readonly #bytes: Uint8Array;
  readonly #depthMax: number;
  /** The input with a zero behind it, where every token ends, then the output. Always has room for the rest of it. */
  #memory: Uint8Array;
  #words: DataView;
  /** Up to where the output is written. */
  #size: number;
  #isAscii = true;
  fault: CanonicalizeFault | undefined;

  constructor(bytes: Uint8Array, depthMax: number) {
    this.#bytes = bytes;
    this.#depthMax = depthMax;
    const isShort = bytes.length <= SHORT_BYTES_MAX;
    this.#memory = isShort ? workspace : new Uint8Array(4 * bytes.length);
    this.#words = isShort ? workspaceWords : new DataView(this.#memory.buffer);
    this.#memory.set(bytes);
    this.#memory[bytes.length] = 0;
    this.#size = bytes.length + 1;
  }

  document(): Uint8Array | undefined {
    const start = this.#skipSpace(0);
    // The outermost array holds the entries and is part of none.
    const end = this.#value(start, this.#memory[start] === ARRAY_OPEN ? -1 : 0);
    if (end === FAULT) return undefined;
    const rest = this.#skipSpace(end);
    if (rest < this.#bytes.length) this.#syntax(rest);
    else if (!this.#isAscii && decodeUtf8(this.#bytes) === undefined) this.#fail({ code: 'utf8-invalid' });
    return this.fault === undefined ? copyOut(this.#memory, this.#bytes.length + 1, this.#size) : undefined;
  }

  /** A value that stands inside `depth` containers. */
  #value(position: number, depth: number): number {
    switch (this.#memory[position]) {
      case QUOTE:
        return this.#string(position);
      case OBJECT_OPEN:
        return depth < this.#depthMax ? this.#object(position, depth + 1) : this.#tooDeep(position);
      case ARRAY_OPEN:
        return depth < this.#depthMax ? this.#array(position, depth + 1) : this.#tooDeep(position);
      case LETTER_T:
      case LETTER_F:
      case LETTER_N: {
        const end = literalEnd(this.#memory, position);
        return end === NONE ? this.#syntax(position) : this.#copy(position, end);
      }
      default:
        return this.#number(position);
    }
  }

  #array(start: number, depth: number): number {
    this.#put(ARRAY_OPEN);
    let position = this.#skipSpace(start + 1);
    if (this.#memory[position] !== ARRAY_CLOSE) {
      for (;;) {
        const end = this.#value(position, depth);
        if (end === FAULT) return FAULT;
        position = this.#skipSpace(end);
        const next = this.#memory[position];
        if (next === ARRAY_CLOSE) break;
        if (next !== COMMA) return this.#syntax(position);
        this.#put(COMMA);
        position = this.#skipSpace(position + 1);
      }
    }
    this.#put(ARRAY_CLOSE);
    return position + 1;
  }

  #object(start: number, depth: number): number {
    this.#put(OBJECT_OPEN);
    let position = this.#skipSpace(start + 1);
    if (this.#memory[position] !== OBJECT_CLOSE) {
      const contentStart = this.#size;
      const members: Member[] = [];
      let isInOrder = true;
      for (;;) {
        const keyOffset = position;
        const memberStart = this.#size;
        const colon = this.#key(position);
        if (colon === FAULT) return FAULT;
        const keyEnd = this.#size;
        this.#put(COLON);
        const end = this.#value(this.#skipSpace(colon + 1), depth);
        if (end === FAULT) return FAULT;
        const member = { start: memberStart, keyEnd, end: this.#size, keyOffset };
        members.push(member);
        const isFew = members.length <= INSERTION_MAX;
        if (isFew && !this.#sink(members)) return FAULT;
        isInOrder &&= isFew && members[members.length - 1] === member;
        position = this.#skipSpace(end);
        const next = this.#memory[position];
        if (next === OBJECT_CLOSE) break;
        if (next !== COMMA) return this.#syntax(position);
        this.#put(COMMA);
        position = this.#skipSpace(position + 1);
      }
      if (members.length > INSERTION_MAX && !this.#sort(members)) return FAULT;
      if (!isInOrder) this.#reorder(contentStart, members);
    }
    this.#put(OBJECT_CLOSE);
    return position + 1;
  }

  /** Answers with the position of the colon behind the key, which it has not yet written. */
  #key(start: number): number {
    if (this.#memory[start] !== QUOTE) return this.#syntax(start);
    const end = this.#string(start);
    if (end === FAULT) return FAULT;
    const colon = this.#skipSpace(end);
    return this.#memory[colon] === COLON ? colon : this.#syntax(colon);
  }

  /** Moves the last of `members` down to its place among the others, which have theirs, if no other has its key. */
  #sink(members: Member[]): boolean {
    let place = members.length - 1;
    const member = assertPresent(members[place], 'one has been added');
    for (; place > 0; place--) {
      const before = assertPresent(members[place - 1], 'place is above 0');
      const order = this.#compareKeys(before, member);
      if (order < 0) break;
      if (order === 0) return this.#duplicateKey(member);
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
    return compareStrings(this.#memory, a.start, a.keyEnd, b.start, b.keyEnd);
  }

  /** Writes the content of an object, which begins at `start` of the output and ends it, in the order of `members`. */
  #reorder(start: number, members: readonly Member[]): void {
    const end = this.#size;
    // Put together behind what is written, and moved to its place from there.
    this.#reserve(end - start);
    const memory = this.#memory;
    let size = end;
    for (const member of members) {
      if (size > end) memory[size++] = COMMA;
      copyWithin(memory, member.start, member.end, size);
      size += member.end - member.start;
    }
    memory.copyWithin(start, end, size);
  }

  #string(start: number): number {
    const memory = this.#memory;
    const words = this.#words;
    let size = this.#size;
    let position = start + 1;
    memory[size++] = QUOTE;
    for (;;) {
      const word = words.getInt32(position, true);
      const plainBytes = countPlain(word);
      // The bytes behind the plain ones are written too, and soon written over.
      words.setInt32(size, word, true);
      position += plainBytes;
      size += plainBytes;
      if (plainBytes === WORD_BYTES) continue;
      // In there, for the zero behind the input is a byte to stop at.
      const byte = memory[position] as number;
      if (byte === QUOTE) break;
      if (byte >= 0x80) {
        this.#isAscii = false;
        memory[size++] = byte;
        position++;
      } else if (byte === BACKSLASH) {
        const sizeBytes = canonicalEscapeSize(memory, position);
        if (sizeBytes === NONE) return this.#respelledString(start);
        for (const end = position + sizeBytes; position < end; position++) memory[size++] = memory[position] as number;
      } else {
        return this.#syntax(position);
      }
    }
    memory[size++] = QUOTE;
    this.#size = size;
    return position + 1;
  }

  #respelledString(start: number): number {
    const end = stringEnd(this.#memory, start);
    if (end < 0) return this.#syntax(~end);
    const text = decodeString(this.#memory, start, end);
    if (text === undefined) return this.#fail({ code: 'utf8-invalid' });
    if (!text.isWellFormed()) return this.#fail({ code: 'json-lone-surrogate', offset: start });
    // QuoteJSONString of ECMAScript is the rule that RFC 8785 §3.2.2.2 spells out, lone surrogates apart.
    return this.#respell(end, JSON.stringify(text));
  }

  #number(start: number): number {
    const plainEnd = plainNumberEnd(this.#memory, start);
    if (plainEnd !== NONE) return this.#copy(start, plainEnd);
    const token = numberToken(this.#memory, start);
    if (token === undefined) return this.#syntax(start);
    const canonical = canonicalNumber(token);
    if (canonical === undefined) return this.#fail({ code: 'json-number-range', offset: start });
    return this.#respell(start + token.length, canonical);
  }

  #skipSpace(start: number): number {
    let position = start;
    while (isWhiteSpace(this.#memory[position])) position++;
    return position;
  }

  #put(byte: number): void {
    this.#memory[this.#size++] = byte;
  }

  /** Writes what stands from `start` to `end` as it is. */
  #copy(start: number, end: number): number {
    copyWithin(this.#memory, start, end, this.#size);
    this.#size += end - start;
    return end;
  }

  /** Writes `text` in the place of what stands up to `end`. */
  #respell(end: number, text: string): number {
    const spelt = encodeUtf8(text);
    this.#reserve(spelt.length);
    this.#memory.set(spelt, this.#size);
    this.#size += spelt.length;
    return end;
  }

  /** Makes room for `sizeBytes` and the rest of the input. */
  #reserve(sizeBytes: number): void {
    const needed = this.#size + sizeBytes + this.#bytes.length + WORD_BYTES;
    if (needed <= this.#memory.length) return;
    const larger = new Uint8Array(2 * needed);
    larger.set(this.#memory.subarray(0, this.#size));
    this.#memory = larger;
    this.#words = new DataView(larger.buffer);
  }

  #tooDeep(offset: number): number {
    return this.#fail({ code: 'json-depth', offset, limit: this.#depthMax });
  }

  #duplicateKey(member: Member): false {
    const key = decodeString(this.#memory, member.start, member.keyEnd);
    if (key === undefined) this.#fail({ code: 'utf8-invalid' });
    else this.#fail({ code: 'json-duplicate-key', key, offset: member.keyOffset });
    return false;
  }

  #syntax(offset: number): number {
    return this.#fail({ code: 'json-syntax', offset });
  }

  #fail(fault: CanonicalizeFault): number {
    this.fault = fault;
    return FAULT;
  }
}

/** Where short inputs are worked on, one after the other. Others have memory of their own. */
const SHORT_BYTES_MAX = 16_384;
const workspace = new Uint8Array(4 * SHORT_BYTES_MAX);
const workspaceWords = new DataView(workspace.buffer);

/** An answer that is no position: what was wrong is in `fault`. */
const FAULT = -1;

/** Up to here members are put in their places one by one, which beats `sort`. */
const INSERTION_MAX = 24;
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

// Here and not imported: see canonical-scan.ts.
const WORD_BYTES = 4;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const LETTER_F = 0x66;
const LETTER_N = 0x6e;
const LETTER_T = 0x74;
const ARRAY_OPEN = 0x5b;
const ARRAY_CLOSE = 0x5d;
const OBJECT_OPEN = 0x7b;
const OBJECT_CLOSE = 0x7d;
