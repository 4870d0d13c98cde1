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

/** What `jsonValue` writes: plain data, as `JSON.stringify` takes it. */
export type PlainValue =
  | string
  | number
  | boolean
  | null
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue | undefined };

/** The members of the object that is all of `text`, in their order, each with its value's text. */
export function readMembers(
  text: string,
  options: JsonTextOptions = {},
): Result<ReadonlyMap<string, JsonText>, JsonTextFault> {
  const reader = new TextReader(text, options.depthMax ?? DEPTH_MAX);
  const members = new Map<string, JsonText>();
  reader.readContainer('{', (start, end, keyStart, keyEnd) => {
    const key: string = JSON.parse(text.slice(keyStart, keyEnd));
    if (members.has(key)) return { code: 'json-duplicate-key', key, offset: keyStart };
    members.set(key, text.slice(start, end) as JsonText);
    return undefined;
  });
  return reader.fault === undefined ? ok(members) : fail(reader.fault);
}

/** The texts of the elements of the array that is all of `text`. */
export function readElements(text: string, options: JsonTextOptions = {}): Result<readonly JsonText[], JsonTextFault> {
  const reader = new TextReader(text, options.depthMax ?? DEPTH_MAX);
  const elements: JsonText[] = [];
  reader.readContainer('[', (start, end) => {
    elements.push(text.slice(start, end) as JsonText);
    return undefined;
  });
  return reader.fault === undefined ? ok(elements) : fail(reader.fault);
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

/** Takes an element, or a member's value with its key, by their positions; answers with what is wrong with it. */
type Visit = (start: number, end: number, keyStart: number, keyEnd: number) => JsonTextFault | undefined;

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
  readContainer(open: '{' | '[', visit: Visit): void {
    const start = spaceEnd(this.#text, 0);
    if (this.#text[start] === open) {
      this.#expectEnd(this.#containerEnd(start, 1, visit));
      return;
    }
    this.readValue();
    this.fault ??= { code: 'json-kind', offset: start, expected: open === '{' ? 'object' : 'array' };
  }

  #expectEnd(position: number): void {
    if (position === FAULT) return;
    const end = spaceEnd(this.#text, position);
    if (end < this.#text.length) this.#fail({ code: 'json-syntax', offset: end });
  }

  #valueEnd(position: number, depth: number): number {
    switch (this.#text[position]) {
      case '{':
      case '[':
        return this.#containerEnd(position, depth + 1);
      case '"':
        return this.#tokenEnd(stringEnd(this.#text, position));
      case 't':
      case 'f':
      case 'n':
        return this.#tokenEnd(literalEnd(this.#text, position));
      default:
        return this.#tokenEnd(numberEnd(this.#text, position));
    }
  }

  #containerEnd(start: number, depth: number, visit?: Visit): number {
    const text = this.#text;
    if (depth > this.#depthMax) return this.#fail({ code: 'json-depth', offset: start, limit: this.#depthMax });
    const isObject = text[start] === '{';
    const close = isObject ? '}' : ']';
    let position = spaceEnd(text, start + 1);
    if (text[position] === close) return position + 1;
    for (;;) {
      const keyStart = position;
      let keyEnd = position;
      if (isObject) {
        if (text[keyStart] !== '"') return this.#syntax(keyStart);
        keyEnd = this.#tokenEnd(stringEnd(text, keyStart));
        if (keyEnd === FAULT) return FAULT;
        const colon = spaceEnd(text, keyEnd);
        if (text[colon] !== ':') return this.#syntax(colon);
        position = spaceEnd(text, colon + 1);
      }
      const end = this.#valueEnd(position, depth);
      if (end === FAULT) return FAULT;
      const fault = visit?.(position, end, keyStart, keyEnd);
      if (fault !== undefined) return this.#fail(fault);
      const next = spaceEnd(text, end);
      if (text[next] === close) return next + 1;
      if (text[next] !== ',') return this.#syntax(next);
      position = spaceEnd(text, next + 1);
    }
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
