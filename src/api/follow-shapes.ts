/** The shapes of record streams: what the method `follow` answers, and what the streams of the gateway carry. */
import Type, { type Static } from 'typebox';
import { RecordShape } from './record-shapes.ts';
import { Hash } from './shapes.ts';

const CursorText = Type.String({
  pattern: '^(0|[1-9][0-9]{0,9})-[0-9a-f]{64}-(0|[1-9][0-9]{0,9})$',
  description: 'A durable cursor, `height-hash-position`: how far somebody has been told.',
});

const TipShape = Type.Object({ height: Type.Integer({ minimum: 0 }), hash: Hash });

/** A record that has joined the active chain, or has left it with its block. */
export const RecordEventShape = Type.Object({
  type: Type.Union([Type.Literal('added'), Type.Literal('removed')]),
  cursor: CursorText,
  record: RecordShape,
});
export type RecordEvent = Static<typeof RecordEventShape>;

/** The answer to `follow`. */
export const FollowShape = Type.Object({
  events: Type.Array(RecordEventShape, { description: 'In the order in which they are to be taken.' }),
  cursor: CursorText,
  tip: Type.Object(TipShape.properties, { description: 'Of the active chain, as the node knows it now.' }),
  caught_up: Type.Boolean({
    description: 'Whether `cursor` stands behind the last entry of the tip: nothing more is to be told just now.',
  }),
});
export type Follow = Static<typeof FollowShape>;

/** Where a stream stands, between events: at its beginning, when it has caught up, and while nothing happens. */
const PositionEventShape = Type.Object({
  type: Type.Literal('position'),
  cursor: CursorText,
  tip: TipShape,
  caught_up: Type.Boolean(),
});

/** What server-sent events and WebSocket messages of a record stream carry, each as JSON. */
export const StreamEventShape = Type.Union([RecordEventShape, PositionEventShape]);
export type StreamEvent = Static<typeof StreamEventShape>;

/** Events in one answer to `follow`. */
export const FOLLOW_EVENTS_MAX = 1_000;
/** How long `follow` waits for news where there are none. */
export const FOLLOW_WAIT_S_MAX = 60;
