/**
 * Cursors of record streams: how far somebody has been told of a chain, as `height-hash-position`
 * (docs/spec/streams.md). They name what they mean, so they outlive the connection, the gateway and the node.
 */
import { type Hash, parseHash } from '../core/hash.ts';

/**
 * Of the block `hash` at `height` the first `position` entries have been told, and all entries of the blocks below it.
 * It says nothing of a filter: entries that one has left out count as told.
 */
export interface RecordCursor {
  readonly height: number;
  readonly hash: Hash;
  /** From 0 to the number of entries in the block. */
  readonly position: number;
}

/** What stands in the place of a cursor to be told of all records, from the first one on. */
export const STREAM_START = 'start';

export function formatRecordCursor({ height, hash, position }: RecordCursor): string {
  return `${height}-${hash}-${position}`;
}

/** The cursor that `text` spells; undefined where it spells none. Each cursor has one spelling. */
export function parseRecordCursor(text: string): RecordCursor | undefined {
  const [, heightText = '', hashText = '', positionText = ''] = CURSOR_TEXT.exec(text) ?? [];
  const hash = parseHash(hashText);
  const [height, position] = [Number(heightText), Number(positionText)];
  return hash !== undefined && isUint32(height) && isUint32(position) ? { height, hash, position } : undefined;
}

function isUint32(value: number): boolean {
  return value < 2 ** 32;
}

const CURSOR_TEXT = /^(0|[1-9][0-9]{0,9})-([0-9a-f]{64})-(0|[1-9][0-9]{0,9})$/;
