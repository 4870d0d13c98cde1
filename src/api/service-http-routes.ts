/** The routes by which the gateway speaks of itself. */
import Type from 'typebox';
import { answers, METRICS_TYPE } from './http-answers.ts';
import { LivenessShape, NodeParams, ReadinessShape, VersionShape } from './http-shapes.ts';

/** As they stand in `HTTP_ROUTES`. */
export const SERVICE_ROUTES = {
  liveness: {
    method: 'GET',
    url: '/livez',
    config: { changesState: false },
    schema: {
      tags: ['service'],
      operationId: 'liveness',
      summary: 'Whether the gateway runs',
      response: answers(200, 'It does.', LivenessShape),
    },
  },
  readiness: {
    method: 'GET',
    url: '/readyz',
    config: { changesState: false },
    schema: {
      tags: ['service'],
      operationId: 'readiness',
      summary: 'Whether a node answers and has caught up with what it knows of',
      response: {
        ...answers(200, 'At least one has.', ReadinessShape),
        ...answers(503, 'None has: all are syncing, or do not answer.', ReadinessShape),
      },
    },
  },
  metrics: {
    method: 'GET',
    url: '/metrics',
    config: { changesState: false },
    schema: {
      tags: ['service'],
      operationId: 'metrics',
      summary: 'Figures of all nodes within reach and of the gateway, for Prometheus',
      description:
        'The text format, version 0.0.4. Each sample of a node has its `port`; `cairn_node_up` is 0 for a node that ' +
        'does not answer, which has no other samples.',
      response: answers(200, 'The figures.', Type.String(), METRICS_TYPE),
    },
  },
  version: {
    method: 'GET',
    url: '/version',
    config: { changesState: false },
    schema: {
      tags: ['service'],
      operationId: 'version',
      summary: "The gateway's version",
      response: answers(200, 'The version.', VersionShape),
    },
  },
  peerDoor: {
    method: 'GET',
    url: '/peer/:port',
    config: { changesState: false },
    schema: {
      tags: ['service'],
      operationId: 'openPeerDoor',
      summary: "A WebSocket to a node's peer door",
      description: 'For the light client of a page: libp2p over WebSocket, carried to the node byte for byte.',
      params: NodeParams,
      response: answers(101, 'The connection is a WebSocket from here on.'),
    },
  },
} as const;
