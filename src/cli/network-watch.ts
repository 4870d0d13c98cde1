/** What the nodes of a running network say of themselves, side by side. */
import type { BlockSummary, NodeStatus } from '../api/shapes.ts';
import { jsonValue } from '../core/json-text.ts';
import { connectProbe, type ProbeClient } from '../probe/probe-client.ts';
import { type CommandContext, findNode, parseAnswer } from './command-context.ts';
import { formatTimeLeft } from './progress.ts';
import { type Column, formatCount, tableLines } from './table.ts';

export interface NodeView {
  readonly port: number;
  readonly status: NodeStatus;
  /** In the block at the tip. */
  readonly tipEntries: number;
}

/** Asks every node again and again, on one connection each. */
export class NetworkWatch {
  readonly #context: CommandContext;
  readonly #clients = new Map<number, ProbeClient>();

  constructor(context: CommandContext) {
    this.#context = context;
  }

  /** One connection for each node. */
  async connect(ports: readonly number[]): Promise<void> {
    for (const port of ports) this.#clients.set(port, await connectProbe(await findNode(this.#context, port)));
  }

  client(port: number): ProbeClient | undefined {
    return this.#clients.get(port);
  }

  look(): Promise<NodeView[]> {
    return Promise.all([...this.#clients].map(([port, client]) => viewNode(port, client)));
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
  }
}

/** Whether all have the same tip, nothing waits, and each has somebody to hear news from. */
export function isConverged(views: readonly NodeView[]): boolean {
  const tips = new Set(views.map(({ status }) => status.tip.hash));
  return (
    tips.size === 1 && views.every(({ status }) => status.pending.count === 0 && isConnected(status, views.length))
  );
}

/** Whether all have found each other's chain, whatever still waits for a block. */
export function hasSameTip(views: readonly NodeView[]): boolean {
  const tips = new Set(views.map(({ status }) => status.tip.hash));
  return tips.size === 1 && views.every(({ status }) => isConnected(status, views.length));
}

export function viewLines(views: readonly NodeView[]): string[] {
  const rows = views.map(({ port, status, tipEntries }) => [
    String(port),
    formatCount(status.tip.height),
    `${status.tip.hash.slice(0, TIP_DIGITS)}…`,
    formatCount(tipEntries),
    formatCount(status.pending.count),
    formatCount(status.peers),
  ]);
  const behind = views.map(({ status }) => describeBehind(status));
  if (behind.every((text) => text === undefined)) return tableLines(COLUMNS, rows);
  return tableLines(
    [...COLUMNS, { title: 'behind' }],
    rows.map((row, i) => [...row, behind[i] ?? '']),
  );
}

/** How far a node is behind, and for how long still; undefined where it is not. */
function describeBehind({ sync }: NodeStatus): string | undefined {
  if (sync.phase === 'headers') return `${formatCount(sync.headers_checked)} headers checked`;
  if (sync.behind === 0) return undefined;
  const rate = sync.per_second === null ? '' : ` · ${formatCount(sync.per_second)}/s`;
  const left = sync.seconds_left === null ? '' : ` · ${formatTimeLeft(sync.seconds_left)} left`;
  return `${formatCount(sync.behind)}${rate}${left}`;
}

async function viewNode(port: number, client: ProbeClient): Promise<NodeView> {
  const [status, blocks] = await Promise.all([client.call('status'), client.call('blocks', jsonValue({ limit: 1 }))]);
  const [tip] = parseAnswer<{ readonly blocks: readonly BlockSummary[] }>(blocks).blocks;
  return { port, status: parseAnswer<NodeStatus>(status), tipEntries: tip?.entries ?? 0 };
}

function isConnected(status: NodeStatus, nodeCount: number): boolean {
  return status.peers > 0 || nodeCount === 1;
}

const TIP_DIGITS = 16;
const COLUMNS: readonly Column[] = [
  { title: 'node', align: 'right' },
  { title: 'height', align: 'right' },
  { title: 'tip' },
  { title: 'entries in it', align: 'right' },
  { title: 'pending', align: 'right' },
  { title: 'peers', align: 'right' },
];
