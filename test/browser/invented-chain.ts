/** A chain of any length that is told of and not there: for pages that have to bear a long one. */
import { createHash } from 'node:crypto';
import type { BlocksPage, NetworkEvent, Overview } from '../../src/api/http-shapes.ts';
import type { BlockSummary, NodeStatus } from '../../src/api/shapes.ts';
import type { Lies } from './lying-gateway.ts';

/** Has every node tell of a chain with its tip at `height`, wherever its blocks are listed. */
export function inventChain(height: number): Lies {
  const withTip = (status: NodeStatus): NodeStatus => {
    const { hash, time, work } = blockAt(height);
    return { ...status, tip: { height, hash, time, work }, length: height + 1 };
  };
  return {
    answer(path, text) {
      const { pathname, searchParams } = new URL(path, 'http://gateway');
      if (pathname === '/api/v1/overview') {
        const overview: Overview = JSON.parse(text);
        const nodes = overview.nodes.map((node) => ({ ...node, status: node.status && withTip(node.status) }));
        return JSON.stringify({ nodes });
      }
      if (pathname.endsWith('/status')) return JSON.stringify(withTip(JSON.parse(text)));
      if (pathname.endsWith('/blocks')) return JSON.stringify(pageOf(searchParams, height));
      return text;
    },
    event(_type, data) {
      const event: NetworkEvent = JSON.parse(data);
      return 'status' in event ? JSON.stringify({ ...event, status: withTip(event.status) }) : data;
    },
  };
}

function pageOf(query: URLSearchParams, tipHeight: number): BlocksPage {
  const number = (name: string, unless: number) => Number(query.get(name) ?? unless);
  const from = Math.min(tipHeight, number('from', tipHeight));
  const step = number('step', 1);
  const count = Math.min(number('limit', 20), Math.floor(from / step) + 1);
  return { blocks: Array.from({ length: count }, (_, i) => blockAt(from - i * step)), next: null };
}

function blockAt(height: number): BlockSummary {
  return {
    height,
    hash: hashAt(height),
    prev_hash: hashAt(height - 1),
    time: new Date(FIRST_MS + height * INTERVAL_MS).toISOString(),
    bits: '1f00ffff',
    entries: 1 + (height % 7),
    size_bytes: 100 + (height % 900),
    work: String(65_536 * (height + 1)),
  };
}

function hashAt(height: number): string {
  return createHash('sha256').update(`invented ${height}`).digest('hex');
}

const FIRST_MS = Date.UTC(2026, 0, 1);
const INTERVAL_MS = 10_000;
