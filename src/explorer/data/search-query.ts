/** What somebody may have meant who typed a text into the search box. */
import { parsePort } from './router.ts';

/** One reading of the text, the likeliest first. */
export type Reading =
  | { readonly type: 'block-at'; readonly height: number }
  /** 64 hex digits: a block or an entry, which only a node can tell. */
  | { readonly type: 'hash'; readonly hash: string }
  | { readonly type: 'node'; readonly port: number }
  /** The name of an author; whether there is such a one is not known. */
  | { readonly type: 'author'; readonly did: string }
  | { readonly type: 'text'; readonly text: string };

/** The readings of `text`, given the ports of the nodes within reach and the height of the tip, if it is known. */
export function readSearch(
  text: string,
  known: { readonly ports: readonly number[]; readonly tipHeight: number | undefined },
): Reading[] {
  const trimmed = text.trim();
  if (trimmed === '') return [];
  const readings: Reading[] = [];
  const [, hash] = /^(?:0x)?([0-9a-f]{64})$/i.exec(trimmed) ?? [];
  if (hash !== undefined) readings.push({ type: 'hash', hash: hash.toLowerCase() });
  if (/^did:key:z6Mk[1-9A-HJ-NP-Za-km-z]{44}$/.test(trimmed)) readings.push({ type: 'author', did: trimmed });
  const [, portText] = /^(?:node\s*|:)?([0-9]{1,5})$/i.exec(trimmed) ?? [];
  const port = parsePort(portText ?? '');
  if (port !== undefined && known.ports.includes(port)) readings.push({ type: 'node', port });
  const [, digits] = /^(?:block\s*|#)?([0-9][0-9,_ ]{0,14})$/i.exec(trimmed) ?? [];
  const height = digits === undefined ? undefined : Number(digits.replaceAll(/[,_ ]/g, ''));
  if (height !== undefined && height <= (known.tipHeight ?? HEIGHT_LIMIT)) readings.push({ type: 'block-at', height });
  if (trimmed.length <= TEXT_LIMIT) readings.push({ type: 'text', text: trimmed });
  return readings;
}

/** As high as a chain can be whose tip is not known. */
const HEIGHT_LIMIT = 2 ** 32 - 1;
/** As much text as nodes look for. */
const TEXT_LIMIT = 256;
