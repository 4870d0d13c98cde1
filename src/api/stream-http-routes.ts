/** The routes of the HTTP interface that stream records (docs/spec/streams.md#over-http). */
import Type from 'typebox';
import { StreamEventShape } from './follow-shapes.ts';
import { answers, EVENT_STREAM_TYPE } from './http-answers.ts';
import { NodeParams } from './http-shapes.ts';
import { FILTER_QUERY } from './record-shapes.ts';

/** What a stream begins with, and what it leaves out. */
const StreamQuery = Type.Object(
  {
    ...FILTER_QUERY,
    after: Type.Optional(
      Type.String({
        maxLength: 128,
        description:
          'A cursor: what is to be told behind it comes first. `start` for all records from the first one on; without it ' +
          'the stream begins with what is new.',
      }),
    ),
  },
  { additionalProperties: false },
);

export const STREAM_ROUTES = {
  recordStream: {
    method: 'GET',
    url: '/api/v1/nodes/:port/records/stream',
    config: { changesState: false },
    schema: {
      tags: ['records'],
      operationId: 'streamRecords',
      summary: 'Server-sent events of records, as they come and as they are taken back',
      description:
        'Each event is a `StreamEvent`, named by its type: `added`, `removed` with the block that held the record, and ' +
        '`position` between them. The `id` is a durable cursor: with it in `Last-Event-ID`, which wins, or in `after`, the ' +
        'stream goes on behind it, and whatever the chain has done since comes first.',
      params: NodeParams,
      querystring: StreamQuery,
      response: answers(200, 'The events, until either side ends it.', Type.String(), EVENT_STREAM_TYPE),
    },
  },
  recordSocket: {
    method: 'GET',
    url: '/api/v1/nodes/:port/records/socket',
    config: { changesState: false },
    schema: {
      tags: ['records'],
      operationId: 'openRecordSocket',
      summary: 'The same over a WebSocket',
      description: 'Each message is a `StreamEvent` in JSON. The connection takes no messages.',
      params: NodeParams,
      querystring: StreamQuery,
      response: answers(
        101,
        'The connection is a WebSocket from here on; each message is one event.',
        StreamEventShape,
      ),
    },
  },
} as const;
