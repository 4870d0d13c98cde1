/**
 * JSON that is shown as it was written. Parsing it into JavaScript values would move integer-like keys, round numbers
 * and treat `__proto__` as something else, so it is only cut into pieces and laid out. The text comes from a node and is
 * well formed.
 */

/** The members of the object `text`, each with its value's text. */
export function members(text) {
  const pieces = split(text).map((piece) => {
    const [key] = /^\s*"[^"\\]*(?:\\.[^"\\]*)*"/.exec(piece);
    return [JSON.parse(key), piece.slice(piece.indexOf(':', key.length) + 1).trim()];
  });
  return new Map(pieces);
}

/** The texts of the elements of the array `text`. */
export function elements(text) {
  return split(text).map((piece) => piece.trim());
}

/** `text` over several lines, indented. Marks that turn the direction of what follows are shown as escapes. */
export function pretty(text) {
  let depth = 0;
  const parts = [];
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') depth++;
    if (token === '}' || token === ']') {
      depth--;
      const open = parts.at(-1)?.trimEnd();
      // An empty container stays on its line.
      if (open?.endsWith('{') || open?.endsWith('[')) parts[parts.length - 1] = open;
      else parts.push(newLine(depth));
    }
    parts.push(token === ':' ? ': ' : token);
    if (token === '{' || token === '[' || token === ',') parts[parts.length - 1] += newLine(depth);
  }
  return parts.join('').replace(TURNING_MARK, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** What stands between the commas of the container `text`, outside of strings and inner containers. */
function split(text) {
  const pieces = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') {
      depth++;
      if (depth === 1) start = index + 1;
    } else if (token === '}' || token === ']') {
      depth--;
      if (depth === 0 && text.slice(start, index).trim() !== '') pieces.push(text.slice(start, index));
    } else if (token === ',' && depth === 1) {
      pieces.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return pieces;
}

function newLine(depth) {
  return `\n${'  '.repeat(depth)}`;
}

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
const TURNING_MARK = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
