/**
 * What a body holds, and whether it may (docs/spec/entries.md): decoded strictly, parsed into values by JavaScript itself,
 * written again by the plainest means, and compared.
 */
import { leafHash } from './trees.ts';

export interface DataLimits {
  readonly bodyBytes: number;
  readonly entries: number;
  readonly entryBytes: number;
  readonly depth: number;
}

export interface Data {
  /** 1 for one value, 2 for an array. */
  readonly shape: 1 | 2;
  /** The canonical text of each entry. */
  readonly texts: readonly string[];
  readonly ids: readonly string[];
}

/** The data that `bytes` spell, or the word for what is wrong with them. */
export function readData(bytes: Uint8Array, limits: DataLimits): Data | string {
  if (bytes.length > limits.bodyBytes) return 'body-too-large';
  const value = parseStrictly(bytes);
  if (value === undefined) return 'data-not-json';
  const entries: readonly unknown[] = Array.isArray(value.json) ? value.json : [value.json];
  if (entries.length > limits.entries) return 'body-too-many-entries';
  // Before anything else goes through the values: what is within the limit cannot be too deep for that.
  if (!entries.every((entry) => isWithinDepth(entry, limits.depth))) return 'json-depth';
  if (!entries.every(isAllowed)) return 'data-not-allowed';
  const texts = entries.map(plainText);
  const text = Array.isArray(value.json) ? `[${texts.join(',')}]` : (texts[0] ?? '');
  if (text !== value.text) return 'json-not-canonical';
  if (texts.some((entry) => Buffer.byteLength(entry, 'utf8') > limits.entryBytes)) return 'entry-too-large';
  const ids = texts.map((entry) => leafHash(Buffer.from(entry, 'utf8')));
  return { shape: Array.isArray(value.json) ? 2 : 1, texts, ids };
}

/** The canonical text of a value (RFC 8785). */
export function plainText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(plainText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${plainText(member)}`).join(',')}}`;
}

function parseStrictly(bytes: Uint8Array): { readonly text: string; readonly json: unknown } | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { text, json: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function isWithinDepth(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((member) => isWithinDepth(member, depth - 1));
}

/** Whether every text is well formed, and no integer beyond what every reader keeps exactly. */
function isAllowed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value === 'number') return !/^-?\d+$/.test(String(value)) || Number.isSafeInteger(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, member]) => key.isWellFormed() && isAllowed(member));
}
