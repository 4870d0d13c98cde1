/** A record as JSON text: what a node says of an entry on its active chain, with the entry itself as it stands there. */
import type { Hash } from '../core/hash.ts';
import { type JsonText, jsonValue } from '../core/json-text.ts';
import { formatIsoTime } from './iso-time.ts';

/** An entry in its place. */
export interface RecordParts {
  readonly id: Hash;
  readonly height: number;
  /** Of its block. */
  readonly hash: Hash;
  /** In its block. */
  readonly index: number;
  /** Of its block, Unix seconds. */
  readonly time: number;
  readonly authors: readonly {
    readonly author: string;
    readonly sequence: number;
    readonly previous: Hash | undefined;
  }[];
  /** The canonical JSON. */
  readonly data: JsonText;
}

/**
 * The text of `RecordShape`. Put together from pieces that need no escapes: streams tell a hundred thousand of them a second, and
 * with `JSON.stringify` for each piece half as many.
 */
export function recordText({ id, height, hash, index, time, authors, data }: RecordParts): JsonText {
  const [place, signers] = [
    `"height":${height},"hash":"${hash}","index":${index}`,
    authors.length === 0 ? '[]' : authorsText(authors),
  ];
  return `{"id":"${id}",${place},"time":"${timeText(time)}","authors":${signers},"data":${data}}` as JsonText;
}

function authorsText(authors: RecordParts['authors']): JsonText {
  return jsonValue(authors.map(({ author, sequence, previous }) => ({ author, sequence, previous })));
}

/** The same for all records of a block, of which many follow each other. */
function timeText(time: number): string {
  if (lastTime?.time !== time) lastTime = { time, text: formatIsoTime(time) };
  return lastTime.text;
}

let lastTime: { readonly time: number; readonly text: string } | undefined;
