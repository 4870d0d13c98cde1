/** What there is to measure at the gateway itself. */
import type { Metric } from './metrics-text.ts';
import type { RouteParts } from './node-call.ts';

/** The figures of this process: what it answers, the streams that it holds, and what it takes. */
export function gatewayMetrics({ requests, eventStreams, peerDoors }: RouteParts): Metric[] {
  return [
    ...requests.metrics,
    {
      name: 'cairn_gateway_streams',
      type: 'gauge',
      help: 'Streams that the gateway holds, by kind: of events, and to the peer doors of nodes.',
      samples: [
        { labels: { kind: 'events' }, value: eventStreams.taken },
        { labels: { kind: 'peer-doors' }, value: peerDoors.taken },
      ],
    },
    {
      name: 'process_resident_memory_bytes',
      type: 'gauge',
      help: 'Memory that the gateway has of the machine.',
      samples: [{ labels: {}, value: process.memoryUsage.rss() }],
    },
    {
      name: 'process_start_time_seconds',
      type: 'gauge',
      help: 'Unix time at which the gateway started.',
      samples: [{ labels: {}, value: performance.timeOrigin / 1_000 }],
    },
  ];
}
