/**
 * JSON that is shown as it was written.
 *
 * Parsing it into JavaScript values would move keys that look like integers, round numbers and treat `__proto__` as
 * something else. So a text is only cut into pieces, one level at a time, as far as somebody opens it.
 */
import { isWellFormedJson } from '../../core/json-text.ts';
import { literalEnd, numberEnd, spaceEnd, stringEnd } from '../../core/json-tokens.ts';

/** A value, cut one level deep. All texts are as they were written. */
export type JsonPiece =
  | { readonly type: 'string' | 'number' | 'word'; readonly text: string }
  | { readonly type: 'object' | 'array'; readonly parts: readonly JsonPart[] };

/** A member of an object, or an element of an array. */
export interface JsonPart {
  /** Of a member its key, in quotes; undefined in an array. */
  readonly key: string | undefined;
  /** The text of the value. */
  readonly text: string;
}

/** Whether `text` is one JSON value that `cutJson` can cut. A node that lies may send anything. */
export function isJson(text: string): boolean {
  return isWellFormedJson(text, { depthMax: DEPTH_MAX });
}

/** Cuts the value that is all of `text`, which must be well formed. Keys may stand twice: they are shown twice. */
export function cutJson(text: string): JsonPiece {
  const start = spaceEnd(text, 0);
  switch (text[start]) {
    case '{':
      return { type: 'object', parts: cutContainer(text, start) };
    case '[':
      return { type: 'array', parts: cutContainer(text, start) };
    case '"':
      return { type: 'string', text: text.slice(start, stringEnd(text, start)) };
    case 't':
    case 'f':
    case 'n':
      return { type: 'word', text: text.slice(start, literalEnd(text, start)) };
    default:
      return { type: 'number', text: text.slice(start, numberEnd(text, start)) };
  }
}

/** `text`, well formed, over several lines, indented by two spaces: for copying and saving. */
export function layOutJson(text: string, indent = ''): string {
  const piece = cutJson(text);
  if ('text' in piece) return piece.text;
  const [open, close] = piece.type === 'object' ? ['{', '}'] : ['[', ']'];
  if (piece.parts.length === 0) return `${open}${close}`;
  const inner = `${indent}  `;
  const lines = piece.parts.map(
    (part) => `${inner}${part.key === undefined ? '' : `${part.key}: `}${layOutJson(part.text, inner)}`,
  );
  return `${open}\n${lines.join(',\n')}\n${indent}${close}`;
}

/** The parts of the container that opens at `start`. */
function cutContainer(text: string, start: number): JsonPart[] {
  const isObject = text[start] === '{';
  const parts: JsonPart[] = [];
  let position = spaceEnd(text, start + 1);
  if (text[position] === '}' || text[position] === ']') return parts;
  for (;;) {
    let key: string | undefined;
    if (isObject) {
      const keyEnd = stringEnd(text, position);
      key = text.slice(position, keyEnd);
      // Behind the colon.
      position = spaceEnd(text, spaceEnd(text, keyEnd) + 1);
    }
    const end = valueEnd(text, position);
    parts.push({ key, text: text.slice(position, end) });
    const next = spaceEnd(text, end);
    if (text[next] !== ',') return parts;
    position = spaceEnd(text, next + 1);
  }
}

/** Where the value that begins at `start` ends. Containers are only counted, whatever is in them. */
function valueEnd(text: string, start: number): number {
  let depth = 0;
  let position = start;
  do {
    switch (text[position]) {
      case '{':
      case '[':
        depth++;
        position++;
        break;
      case '}':
      case ']':
        depth--;
        position++;
        break;
      case '"':
        position = stringEnd(text, position);
        break;
      case ',':
      case ':':
        position++;
        break;
      case 't':
      case 'f':
      case 'n':
        position = literalEnd(text, position);
        break;
      default:
        position = depth > 0 && isSpace(text[position]) ? position + 1 : numberEnd(text, position);
    }
  } while (depth > 0);
  return position;
}

function isSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\n' || character === '\r' || character === '\t';
}

/** Entries nest 32 deep at most, and stand in two containers more. */
const DEPTH_MAX = 64;
