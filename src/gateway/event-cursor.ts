/**
 * Cursors of event streams: the block up to which somebody has followed a chain, as `height-hash-position`. They name
 * what they mean, so they outlive the connection, the gateway and the node.
 */
import { type Hash, parseHash } from '../core/hash.ts';
import { problem } from './problem.ts';

export interface EventCursor {
  readonly height: number;
  readonly hash: Hash;
  /** What has been told of the block: that it was added, or that it was removed again. */
  readonly position: 'added' | 'removed';
}

export function formatCursor({ height, hash, position }: EventCursor): string {
  return `${height}-${hash}-${position === 'added' ? 0 : 1}`;
}

/** The cursor that `text` is; a problem when it is none. */
export function parseCursor(text: string): EventCursor {
  const [, height = '', hashText = '', position] = CURSOR_TEXT.exec(text) ?? [];
  const hash = parseHash(hashText);
  if (hash === undefined) {
    throw problem('cursor-invalid', 'Send the `id` of an event as it came, or none to begin with what happens now.');
  }
  return { height: Number(height), hash, position: position === '0' ? 'added' : 'removed' };
}

const CURSOR_TEXT = /^(0|[1-9][0-9]{0,9})-([0-9a-f]{64})-([01])$/;
