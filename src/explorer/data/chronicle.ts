/**
 * What happened lately, told in whole sentences: a block once, however many nodes it came to, and how long each took.
 */
import type { NetworkEvent } from '../../api/http-shapes.ts';

/** One line of it. */
export type Line = { readonly key: string; readonly atMs: number } & (
  | {
      readonly type: 'block';
      readonly height: number;
      readonly hash: string;
      readonly entries: number;
      /** The nodes that have it, in the order in which they took it, and ms since the first did. */
      readonly nodes: readonly { readonly port: number; readonly afterMs: number }[];
    }
  | { readonly type: 'removed'; readonly port: number; readonly lowest: number; readonly count: number }
  | { readonly type: 'entries'; readonly ids: readonly string[]; readonly port: number }
  | { readonly type: 'joined'; readonly port: number }
  | { readonly type: 'left'; readonly port: number }
);

/** As many lines as are kept. */
export const CHRONICLE_LINES = 10;

/** The lines after `event`, which came at `nowMs`: the latest first. */
export function tell(lines: readonly Line[], event: NetworkEvent, nowMs: number): readonly Line[] {
  switch (event.type) {
    case 'block-added':
      return tellBlock(lines, event, nowMs);
    case 'block-removed': {
      const [latest] = lines;
      if (latest?.type === 'removed' && latest.port === event.port && latest.lowest === event.height + 1) {
        return [{ ...latest, lowest: event.height, count: latest.count + 1 }, ...lines.slice(1)];
      }
      return begun(lines, {
        type: 'removed',
        key: `removed ${event.port} ${event.hash}`,
        atMs: nowMs,
        port: event.port,
        lowest: event.height,
        count: 1,
      });
    }
    case 'entry-pending': {
      if (lines.some((line) => line.type === 'entries' && line.ids.includes(event.id))) return lines;
      const [latest] = lines;
      if (latest?.type === 'entries' && nowMs - latest.atMs < TOGETHER) {
        return [{ ...latest, ids: [...latest.ids, event.id] }, ...lines.slice(1)];
      }
      return begun(lines, {
        type: 'entries',
        key: `entry ${event.id}`,
        atMs: nowMs,
        ids: [event.id],
        port: event.port,
      });
    }
    case 'node-left':
      return begun(lines, { type: 'left', key: `left ${event.port} ${nowMs}`, atMs: nowMs, port: event.port });
    case 'node-joined':
      return begun(lines, { type: 'joined', key: `joined ${event.port} ${nowMs}`, atMs: nowMs, port: event.port });
    case 'node-status':
    case 'peer-joined':
    case 'peer-left':
    case 'mining-progress':
      return lines;
  }
}

function tellBlock(
  lines: readonly Line[],
  event: NetworkEvent & { type: 'block-added' },
  nowMs: number,
): readonly Line[] {
  const { port, height, hash, entries } = event;
  const known = lines.find((line) => line.type === 'block' && line.hash === hash);
  if (known?.type !== 'block') {
    return begun(lines, {
      type: 'block',
      key: `block ${hash}`,
      atMs: nowMs,
      height,
      hash,
      entries,
      nodes: [{ port, afterMs: 0 }],
    });
  }
  if (known.nodes.some((node) => node.port === port)) return lines;
  const told = { ...known, nodes: [...known.nodes, { port, afterMs: nowMs - known.atMs }] };
  return lines.map((line) => (line === known ? told : line));
}

function begun(lines: readonly Line[], line: Line): readonly Line[] {
  return [line, ...lines].slice(0, CHRONICLE_LINES);
}

/** Entries that come within so many ms are told of as one. */
const TOGETHER = 3_000;
