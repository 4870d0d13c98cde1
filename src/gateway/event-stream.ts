/**
 * Server-sent events (WHATWG HTML §9.2): the text of a stream of what happens at a node.
 *
 * Blocks carry their cursor as `id`, and so does the very first line: a browser that loses the connection before the
 * first block still comes back with the place where it was.
 */

import type { FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import type { EventsQuery } from '../api/http-shapes.ts';
import { LedgerEventShape } from '../api/shapes.ts';
import { type ProbeClient, ProbeError } from '../probe/probe-client.ts';
import { type Ask, ChainFollower, type FollowedEvent } from './chain-follower.ts';
import { type EventCursor, formatCursor, parseCursor } from './event-cursor.ts';
import type { GatewayLimits } from './gateway-limits.ts';
import { readAnswer } from './node-answer.ts';
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
  const { promise: subscribed, resolve: onSubscribed } = Promise.withResolvers<void>();
  const events = client.events({ signal, onSubscribed })[Symbol.asyncIterator]();
  const first = events.next();
  // Subscribed before the first question: nothing falls between the replay and what follows.
  await Promise.race([subscribed, first]);
  first.catch(() => undefined);
  const follower = await ChainFollower.start(ask, cursor);

  async function* pieces(): AsyncGenerator<string, void, undefined> {
    yield `retry: ${RETRY_MS}\nid: ${formatCursor(follower.cursor)}\n\n`;
    try {
      for await (const followed of follower.catchUp()) yield eventText(followed);
      for await (const params of withPauses({ events, first, pauseMs: limits.heartbeatMs })) {
        if (params === undefined) {
          yield ': nothing has happened\n\n';
          continue;
        }
        const { event } = readAnswer(EventParamsShape, params);
        for await (const followed of follower.take(event)) yield eventText(followed);
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

/** What `events` tells, and undefined whenever it has told nothing for `pauseMs`. */
async function* withPauses<Item>(options: {
  readonly events: AsyncIterator<Item>;
  readonly first: Promise<IteratorResult<Item>>;
  readonly pauseMs: number;
}): AsyncGenerator<Item | undefined, void, undefined> {
  const { events, pauseMs } = options;
  let next = options.first;
  for (;;) {
    const result = await orPause(next, pauseMs);
    if (result === undefined) {
      yield undefined;
      continue;
    }
    if (result.done === true) return;
    yield result.value;
    next = events.next();
  }
}

async function orPause<Value>(pending: Promise<Value>, pauseMs: number): Promise<Value | undefined> {
  const pause = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => pause.resolve(undefined), pauseMs);
  try {
    return await Promise.race([pending, pause.promise]);
  } finally {
    clearTimeout(timer);
  }
}

const EventParamsShape = Type.Object({ event: LedgerEventShape });

/** For a browser to wait before it connects again. */
const RETRY_MS = 1_000;
