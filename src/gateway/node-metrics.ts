/** What there is to measure at nodes: each figure with its name, meaning and place in a node's status. */
import type { NodeStatus } from '../api/shapes.ts';
import type { Metric, MetricSample } from './metrics-text.ts';
import type { NodeReading } from './node-readings.ts';

/** The figures of all nodes, told apart by `port`. What a node does not know, it has no sample of. */
export function nodeMetrics(readings: readonly NodeReading[]): Metric[] {
  const up = readings.map(({ port, status }) => ({
    labels: { port: String(port) },
    value: status === undefined ? 0 : 1,
  }));
  return [
    { name: 'cairn_node_up', type: 'gauge', help: 'Whether the node answers.', samples: up },
    ...FIGURES.map(({ name, type, help, read, labels }) => ({
      name,
      type,
      help,
      samples: readings.flatMap(({ port, status }): MetricSample[] => {
        const value = status === undefined ? null : read(status);
        if (status === undefined || value === null) return [];
        return [{ labels: { port: String(port), ...labels?.(status) }, value }];
      }),
    })),
    {
      name: 'cairn_event_loop_delay_seconds',
      type: 'gauge',
      help: 'How long the thread of the node kept others waiting in the last minute; quantile 1 is the longest.',
      samples: readings.flatMap(({ port, status }) => (status === undefined ? [] : delaySamples(port, status))),
    },
  ];
}

function delaySamples(port: number, { event_loop: delay }: NodeStatus): MetricSample[] {
  const quantiles = [
    ['0.5', delay.p50_s],
    ['0.99', delay.p99_s],
    ['1', delay.max_s],
  ] as const;
  return quantiles.map(([quantile, value]) => ({ labels: { port: String(port), quantile }, value }));
}

interface Figure {
  readonly name: string;
  readonly type: Metric['type'];
  readonly help: string;
  readonly read: (status: NodeStatus) => number | null;
  /** Beside the port. */
  readonly labels?: (status: NodeStatus) => Readonly<Record<string, string>>;
}

/** Names end in their unit, and counters in `_total` (https://prometheus.io/docs/practices/naming/). */
const FIGURES: readonly Figure[] = [
  {
    name: 'cairn_node_info',
    type: 'gauge',
    help: 'Always 1; its labels say what the node is.',
    read: () => 1,
    labels: ({ version, network, peer_id }) => ({ version, network: network.name, genesis: network.genesis, peer_id }),
  },
  {
    name: 'cairn_node_uptime_seconds',
    type: 'gauge',
    help: 'Time since the node started.',
    read: ({ uptime_s }) => uptime_s,
  },
  {
    name: 'cairn_chain_height',
    type: 'gauge',
    help: 'Height of the tip of the active chain; falls when a branch with more work is shorter.',
    read: ({ tip }) => tip.height,
  },
  {
    name: 'cairn_chain_tip_timestamp_seconds',
    type: 'gauge',
    help: 'Unix time in the header of the tip.',
    read: ({ tip }) => Date.parse(tip.time) / 1_000,
  },
  {
    name: 'cairn_chain_tip_fingerprint',
    type: 'gauge',
    help: 'The last 48 bits of the hash of the tip: equal where nodes have the same chain.',
    read: ({ tip }) => Number.parseInt(tip.hash.slice(-12), 16),
    // Only nodes of one network can be compared.
    labels: ({ network }) => ({ genesis: network.genesis }),
  },
  {
    name: 'cairn_chain_work_hashes',
    type: 'gauge',
    help: 'Expected number of hash tries in the active chain.',
    read: ({ tip }) => Number(tip.work),
  },
  {
    name: 'cairn_sync_behind_blocks',
    type: 'gauge',
    help: 'Headers known beyond the tip.',
    read: ({ sync }) => sync.behind,
  },
  {
    name: 'cairn_sync_target_height',
    type: 'gauge',
    help: 'Height of the best chain that the node knows of.',
    read: ({ sync }) => sync.target_height,
  },
  {
    name: 'cairn_sync_per_second',
    type: 'gauge',
    help: 'Headers or blocks a second over the last seconds, as the phase says, while the node catches up.',
    read: ({ sync }) => sync.per_second,
    labels: ({ sync }) => ({ phase: sync.phase }),
  },
  {
    name: 'cairn_sync_left_seconds',
    type: 'gauge',
    help: 'Until the phase of the sync ends, at this rate.',
    read: ({ sync }) => sync.seconds_left,
    labels: ({ sync }) => ({ phase: sync.phase }),
  },
  {
    name: 'cairn_alarm',
    type: 'gauge',
    help: '1 once a reorganisation was deeper than 100 blocks, or a stored block was found to break a newer rule.',
    read: ({ alarm }) => (alarm === null ? 0 : 1),
  },
  {
    name: 'cairn_disk_full_seconds',
    type: 'gauge',
    help: 'Time since the disk has had no room, so that nothing is recorded or mined; 0 while it has room.',
    read: ({ disk_full_s }) => disk_full_s ?? 0,
  },
  {
    name: 'cairn_disk_free_bytes',
    type: 'gauge',
    help: 'Room that the node has left on its disk; nodes of one disk have the same.',
    read: ({ disk }) => disk?.free_bytes ?? null,
  },
  {
    name: 'cairn_store_bytes',
    type: 'gauge',
    help: 'Sizes of the files in the data folder of the node.',
    read: ({ disk }) => disk?.store_bytes ?? null,
  },
  { name: 'cairn_peers', type: 'gauge', help: 'Peers that have greeted.', read: ({ peers }) => peers },
  {
    name: 'cairn_pending_entries',
    type: 'gauge',
    help: 'Entries that wait for a block.',
    read: ({ pending }) => pending.count,
  },
  {
    name: 'cairn_pending_bytes',
    type: 'gauge',
    help: 'Canonical bytes of the entries that wait for a block.',
    read: ({ pending }) => pending.size_bytes,
  },
  {
    name: 'cairn_records_height',
    type: 'gauge',
    help: 'Height up to which the table of records holds the active chain, of nodes that keep one.',
    read: ({ records }) => records?.indexed_to ?? null,
  },
  {
    name: 'cairn_mining_info',
    type: 'gauge',
    help: 'Always 1; its labels say when the node mines and what tries the nonces, once that is chosen.',
    read: () => 1,
    labels: ({ mining }) => ({ mode: mining.mode, kernel: mining.kernel ?? '' }),
  },
  {
    name: 'cairn_mining_searching',
    type: 'gauge',
    help: 'Whether the node searches for a block.',
    read: ({ mining }) => (mining.searching ? 1 : 0),
  },
  {
    name: 'cairn_mining_threads',
    type: 'gauge',
    help: 'How many threads search at once.',
    read: ({ mining }) => mining.threads,
  },
  {
    name: 'cairn_mining_hashes_per_second',
    type: 'gauge',
    help: 'Rate of the current search, or of the last one.',
    read: ({ mining }) => mining.hashes_per_second,
  },
  {
    name: 'cairn_mining_hashes_total',
    type: 'counter',
    help: 'Hashes that the node has tried since it started.',
    read: ({ mining }) => mining.hashes,
  },
  {
    name: 'cairn_mining_expected_block_seconds',
    type: 'gauge',
    help: 'Time that a block is expected to take at this rate.',
    read: ({ mining }) => mining.expected_s,
  },
  {
    name: 'cairn_mining_queued_blocks',
    type: 'gauge',
    help: 'Blocks asked for and not yet found.',
    read: ({ mining }) => mining.queued,
  },
  {
    name: 'cairn_mining_blocks_found_total',
    type: 'counter',
    help: 'Blocks that the node has found since it started.',
    read: ({ mining }) => mining.blocks_found,
  },
];
