/**
 * JSON as text that is passed on as it is: ledger JSON goes in raw and out raw, so that nothing between the sender
 * and the chain drops or reorders a key.
 *
 * What is read here is checked for syntax and for keys that stand twice in the outermost object; the rules of
 * `canonical-json.ts` come later, when the piece reaches the ledger.
 */
import type { JsonDepthFault, JsonDuplicateKeyFault, JsonKindFault, JsonSyntaxFault } from './json-fault.ts';
import { literalEnd, numberEnd, spaceEnd, stringEnd } from './json-tokens.ts';
import { fail, ok, type Result } from './result.ts';

declare const jsonTextBrand: unique symbol;

/** The text of one JSON value, well formed, without white space around it where it was read here. */
export type JsonText = string & { readonly [jsonTextBrand]: true };

export type JsonTextFault = JsonSyntaxFault | JsonDepthFault | JsonKindFault | JsonDuplicateKeyFault;

export interface JsonTextOptions {
  /** How many containers may stand inside each other, the outermost included; 64 unless told. */
  readonly depthMax?: number;
}

export interface JsonMembersOptions extends JsonTextOptions {
  /** Down to how many levels below it is noted what stands in the values, so that none is read twice; 0 unless told. */
  readonly levelsNoted?: number;
}

/** The members of an object, in their order, each with its value's text. */
export class JsonMembers extends Map<string, JsonText> {
  readonly #notes = new Map<string, Notes>();

  /** What `readMembers` answers for the value of `key`; undefined where there is no such member. */
  membersOf(key: string): Result<JsonMembers, JsonTextFault> | undefined {
    const text = this.get(key);
    return text === undefined ? undefined : (this.#notes.get(key)?.members() ?? readMembers(text));
  }

  /** What `readElements` answers for the value of `key`; undefined where there is no such member. */
  elementsOf(key: string): Result<readonly JsonText[], JsonTextFault> | undefined {
    const text = this.get(key);
    return text === undefined ? undefined : (this.#notes.get(key)?.elements() ?? readElements(text));
  }

  /** The value of `key` as `JSON.parse` gives it; undefined where there is no such member. */
  plainOf(key: string): unknown {
    const text = this.get(key);
    return text === undefined ? undefined : JSON.parse(text);
  }

  /** The first key that is not one of `known`, as much of it as messages have room for; undefined: all of them are. */
  keyBeyond(known: ReadonlySet<string>): string | undefined {
    const unknown = [...this.keys()].find((key) => !known.has(key));
    // Cut between the halves of a surrogate pair it would be no text.
    return unknown?.slice(0, KEY_CHARACTERS_TOLD).toWellFormed();
  }

  /** Keeps what was noted of the value of `key`. */
  note(key: string, notes: Notes): void {
    this.#notes.set(key, notes);
  }
}

/** What `jsonValue` writes: plain data, as `JSON.stringify` takes it. */
export type PlainValue =
  | string
  | number
  | boolean
  | null
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue | undefined };

/** The members of the object that is all of `text`. */
export function readMembers(text: string, options: JsonMembersOptions = {}): Result<JsonMembers, JsonTextFault> {
  const reader = new TextReader(text, options.depthMax ?? DEPTH_MAX);
  const parts = new MemberParts(text, options.levelsNoted ?? 0);
  reader.readContainer(OBJECT_OPEN, parts);
  return reader.fault === undefined ? ok(parts.members) : fail(reader.fault);
}

/** The texts of the elements of the array that is all of `text`. */
export function readElements(text: string, options: JsonTextOptions = {}): Result<readonly JsonText[], JsonTextFault> {
  const reader = new TextReader(text, options.depthMax ?? DEPTH_MAX);
  const parts = new ElementParts(text);
  reader.readContainer(ARRAY_OPEN, parts);
  return reader.fault === undefined ? ok(parts.elements) : fail(reader.fault);
}

/** Whether all of `text` is one JSON value of bounded depth. */
export function isWellFormedJson(text: string, options: JsonTextOptions = {}): text is JsonText {
  const reader = new TextReader(text, options.depthMax ?? DEPTH_MAX);
  reader.readValue();
  return reader.fault === undefined;
}

/** An object of `members`, in their order; those that are undefined are left out. */
export function jsonObject(members: Readonly<Record<string, JsonText | undefined>>): JsonText {
  const parts: string[] = [];
  for (const [key, value] of Object.entries(members)) {
    if (value !== undefined) parts.push(`${JSON.stringify(key)}:${value}`);
  }
  return `{${parts.join(',')}}` as JsonText;
}

export function jsonArray(items: readonly JsonText[]): JsonText {
  return `[${items.join(',')}]` as JsonText;
}

/** `value` as JSON. As ever with `JSON.stringify`, a number that is not finite becomes null. */
export function jsonValue(value: PlainValue): JsonText {
  return JSON.stringify(value) as JsonText;
}

/** Takes the parts of a container, by their positions, while it is read. */
interface Parts {
  /** Takes an element, or a member's value with its key and its notes; answers with what is wrong with it. */
  take(start: number, end: number, keyStart: number, keyEnd: number, notes?: Notes): JsonTextFault | undefined;
  /** What takes the parts of the member's value that is read next, a container that `open` opens; left out by arrays. */
  within?(open: number): Notes | undefined;
}

class MemberParts implements Parts {
  readonly members = new JsonMembers();
  readonly #text: string;
  readonly #levels: number;

  constructor(text: string, levels: number) {
    this.#text = text;
    this.#levels = levels;
  }

  take(start: number, end: number, keyStart: number, keyEnd: number, notes?: Notes): JsonTextFault | undefined {
    const key: string = JSON.parse(this.#text.slice(keyStart, keyEnd));
    if (this.members.has(key)) return { code: 'json-duplicate-key', key, offset: keyStart };
    this.members.set(key, this.#text.slice(start, end) as JsonText);
    if (notes !== undefined) this.members.note(key, notes);
    return undefined;
  }

  within(open: number): Notes | undefined {
    return this.#levels === 0 ? undefined : new Notes({ text: this.#text, open, levels: this.#levels - 1 });
  }
}

class ElementParts implements Parts {
  readonly elements: JsonText[] = [];
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  take(start: number, end: number): undefined {
    this.elements.push(this.#text.slice(start, end) as JsonText);
  }
}

/** Where the parts of a container stand. Numbers only: a text may have as many parts as it has commas. */
class Notes implements Parts {
  readonly #text: string;
  readonly #open: number;
  readonly #levels: number;
  /** Start and end of each element; of each member, start and end of its value, then of its key. */
  readonly #places: number[] = [];
  /** Of the values that are containers themselves, by the indexes of their places. */
  #inner: Map<number, Notes> | undefined;

  constructor(options: { readonly text: string; readonly open: number; readonly levels: number }) {
    this.#text = options.text;
    this.#open = options.open;
    this.#levels = options.levels;
  }

  take(start: number, end: number, keyStart: number, keyEnd: number, notes?: Notes): undefined {
    if (notes !== undefined) {
      this.#inner ??= new Map();
      this.#inner.set(this.#places.length, notes);
    }
    this.#places.push(start, end);
    if (this.#open === OBJECT_OPEN) this.#places.push(keyStart, keyEnd);
  }

  within(open: number): Notes | undefined {
    return this.#levels === 0 ? undefined : new Notes({ text: this.#text, open, levels: this.#levels - 1 });
  }

  /** Undefined where it is no object, or one in which a key stands twice. */
  members(): Result<JsonMembers, never> | undefined {
    const parts = new MemberParts(this.#text, this.#levels);
    return this.#open === OBJECT_OPEN && this.#giveTo(parts) ? ok(parts.members) : undefined;
  }

  /** Undefined where it is no array. */
  elements(): Result<readonly JsonText[], never> | undefined {
    const parts = new ElementParts(this.#text);
    return this.#open === ARRAY_OPEN && this.#giveTo(parts) ? ok(parts.elements) : undefined;
  }

  /** Whether nothing is wrong with any. */
  #giveTo(parts: Parts): boolean {
    const places = this.#places;
    const size = this.#open === OBJECT_OPEN ? 4 : 2;
    for (let i = 0; i < places.length; i += size) {
      const notes = this.#inner?.get(i);
      const start = places[i] as number;
      const end = places[i + 1] as number;
      if (parts.take(start, end, places[i + 2] ?? 0, places[i + 3] ?? 0, notes)) return false;
    }
    return true;
  }
}

/** Methods that take a position answer with the one after what they have read, or FAULT with `fault` set. */
class TextReader {
  readonly #text: string;
  readonly #depthMax: number;
  fault: JsonTextFault | undefined;

  constructor(text: string, depthMax: number) {
    this.#text = text;
    this.#depthMax = depthMax;
  }

  /** Reads the whole text as one value. */
  readValue(): void {
    this.#expectEnd(this.#valueEnd(spaceEnd(this.#text, 0), 0));
  }

  /** Reads the whole text as one container of the kind that `open` opens. */
  readContainer(open: number, parts: Parts): void {
    const start = spaceEnd(this.#text, 0);
    if (this.#text.charCodeAt(start) === open) {
      this.#expectEnd(this.#containerEnd(start, 1, parts));
      return;
    }
    this.readValue();
    this.fault ??= { code: 'json-kind', offset: start, expected: open === OBJECT_OPEN ? 'object' : 'array' };
  }

  #expectEnd(position: number): void {
    if (position === FAULT) return;
    const end = spaceEnd(this.#text, position);
    if (end < this.#text.length) this.#fail({ code: 'json-syntax', offset: end });
  }

  #valueEnd(position: number, depth: number, parts?: Parts): number {
    switch (this.#text.charCodeAt(position)) {
      case OBJECT_OPEN:
      case ARRAY_OPEN:
        return this.#containerEnd(position, depth + 1, parts);
      case QUOTE:
        return this.#tokenEnd(stringEnd(this.#text, position));
      case LETTER_T:
      case LETTER_F:
      case LETTER_N:
        return this.#tokenEnd(literalEnd(this.#text, position));
      default:
        return this.#tokenEnd(numberEnd(this.#text, position));
    }
  }

  #containerEnd(start: number, depth: number, parts?: Parts): number {
    const text = this.#text;
    if (depth > this.#depthMax) return this.#fail({ code: 'json-depth', offset: start, limit: this.#depthMax });
    const isObject = text.charCodeAt(start) === OBJECT_OPEN;
    const close = isObject ? OBJECT_CLOSE : ARRAY_CLOSE;
    let position = spaceEnd(text, start + 1);
    if (text.charCodeAt(position) === close) return position + 1;
    for (;;) {
      const keyStart = position;
      let keyEnd = position;
      let notes: Notes | undefined;
      if (isObject) {
        if (text.charCodeAt(keyStart) !== QUOTE) return this.#syntax(keyStart);
        keyEnd = this.#tokenEnd(stringEnd(text, keyStart));
        if (keyEnd === FAULT) return FAULT;
        const colon = spaceEnd(text, keyEnd);
        if (text.charCodeAt(colon) !== COLON) return this.#syntax(colon);
        position = spaceEnd(text, colon + 1);
        notes = this.#notesFor(position, parts);
      }
      const end = this.#valueEnd(position, depth, notes);
      if (end === FAULT) return FAULT;
      const fault = parts?.take(position, end, keyStart, keyEnd, notes);
      if (fault !== undefined) return this.#fail(fault);
      const next = spaceEnd(text, end);
      const separator = text.charCodeAt(next);
      if (separator === close) return next + 1;
      if (separator !== COMMA) return this.#syntax(next);
      position = spaceEnd(text, next + 1);
    }
  }

  /** What takes the parts of the value at `position`, a member of `parts`. */
  #notesFor(position: number, parts: Parts | undefined): Notes | undefined {
    const open = this.#text.charCodeAt(position);
    return open === OBJECT_OPEN || open === ARRAY_OPEN ? parts?.within?.(open) : undefined;
  }

  #tokenEnd(end: number): number {
    return end < 0 ? this.#syntax(~end) : end;
  }

  #syntax(offset: number): number {
    return this.#fail({ code: 'json-syntax', offset });
  }

  #fail(fault: JsonTextFault): number {
    this.fault = fault;
    return FAULT;
  }
}

const FAULT = -1;
const DEPTH_MAX = 64;
const KEY_CHARACTERS_TOLD = 64;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const ARRAY_OPEN = 0x5b;
const ARRAY_CLOSE = 0x5d;
const LETTER_F = 0x66;
const LETTER_N = 0x6e;
const LETTER_T = 0x74;
const OBJECT_OPEN = 0x7b;
const OBJECT_CLOSE = 0x7d;
