/**
 * Server-sent events (WHATWG HTML §9.2): the text of a stream of what happens at a node.
 *
 * Blocks carry their cursor as `id`, and so does the very first line: a browser that loses the connection before the
 * first block still comes back with the place where it was.
 */

import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { EVENT_STREAM_TYPE } from '../api/http-answers.ts';
import type { EventsQuery } from '../api/http-shapes.ts';
import { type ProbeClient, ProbeError } from '../probe/probe-client.ts';
import { type Ask, ChainFollower, type FollowedEvent } from './chain-follower.ts';
import { type EventCursor, formatCursor, parseCursor } from './event-cursor.ts';
import type { GatewayLimits } from './gateway-limits.ts';
import { subscribe } from './node-events.ts';
import { Problem } from './problem.ts';

/** Where a request wants its events to begin; undefined is now. A browser that reconnects repeats its first address. */
export function requestedCursor(request: FastifyRequest, query: Static<typeof EventsQuery>): EventCursor | undefined {
  const lastId = request.headers['last-event-id'];
  const text = typeof lastId === 'string' && lastId !== '' ? lastId : query.after;
  return text === undefined ? undefined : parseCursor(text);
}

/**
 * The stream's text in pieces, from `cursor` on. Resolves once the node knows the cursor. The next piece is made when
 * the last one was taken, so a slow reader holds up its own subscription and nothing else. Ends when the node goes
 * away, and when `signal` is aborted.
 */
export async function openEventStream(options: {
  readonly client: ProbeClient;
  readonly ask: Ask;
  readonly cursor: EventCursor | undefined;
  readonly limits: GatewayLimits;
  readonly signal: AbortSignal;
}): Promise<AsyncIterable<string>> {
  const { client, ask, cursor, limits, signal } = options;
  // Subscribed before the first question: nothing falls between the replay and what follows.
  const events = await subscribe(client, signal);
  const follower = await ChainFollower.start(ask, cursor);

  async function* pieces(): AsyncGenerator<string, void, undefined> {
    yield `retry: ${RETRY_MS}\nid: ${formatCursor(follower.cursor)}\n\n`;
    try {
      for await (const followed of follower.catchUp()) yield eventText(followed);
      for (;;) {
        const next = await events.take(limits.heartbeatMs);
        if (next?.done === true) return;
        if (next === undefined) yield HEARTBEAT;
        else for await (const followed of follower.take(next.value)) yield eventText(followed);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ProbeError || error instanceof Problem)) throw error;
      // The status is long sent. Whoever comes back with the last `id` is told in full.
      yield `: ended, ${error.code}\n\n`;
    }
  }
  return pieces();
}

function eventText({ event, cursor }: FollowedEvent): string {
  const id = cursor === undefined ? '' : `id: ${formatCursor(cursor)}\n`;
  return `${id}event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** Answers with the stream's text. A reader who takes nothing of it for too long is hung up on: his place is somebody else's. */
export function sendEventStream(
  reply: FastifyReply,
  pieces: AsyncIterable<string>,
  { streamStallMs }: GatewayLimits,
): FastifyReply {
  // A healthy one takes something with each heartbeat.
  reply.raw.setTimeout(streamStallMs);
  return reply
    .type(EVENT_STREAM_TYPE)
    .header('cache-control', 'no-store')
    .send(Readable.from(pieces, { objectMode: false }));
}

/** Keeps an idle stream from being taken for dead. */
export const HEARTBEAT = ': nothing has happened\n\n';

/** For a browser to wait before it connects again. */
export const RETRY_MS = 1_000;
