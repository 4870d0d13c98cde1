/**
 * The records of a node as they come, page by page: what both kinds of streams carry (docs/spec/streams.md#over-http).
 *
 * A page is asked for when the one before was taken, so whoever reads slowly holds up himself alone and loses nothing.
 */
import { FOLLOW_EVENTS_MAX, FOLLOW_WAIT_S_MAX } from '../api/follow-shapes.ts';
import { type JsonText, jsonObject, jsonValue, readMembers } from '../core/json-text.ts';
import type { ProbeClient } from '../probe/probe-client.ts';
import type { GatewayLimits } from './gateway-limits.ts';
import { type Problem, problem } from './problem.ts';

/** One event of a stream. */
export interface FeedEvent {
  readonly type: string;
  /** What `Last-Event-ID` brings back. */
  readonly cursor: string;
  /** The event in JSON, in one line. */
  readonly json: JsonText;
}

/** Some events at a time. */
export type RecordFeed = AsyncGenerator<readonly FeedEvent[], void, undefined>;

/**
 * The events behind `after`, some at a time, without end; where all is told, and while nothing happens, one of type `position`.
 * Resolves once the node knows the cursor. Throws what the client throws, and when `signal` is aborted.
 */
export async function openRecordFeed(options: {
  readonly client: ProbeClient;
  /** A cursor, or `start`; undefined for what is new. */
  readonly after: string | undefined;
  readonly filter: JsonText;
  readonly limits: GatewayLimits;
  readonly signal: AbortSignal;
}): Promise<RecordFeed> {
  const { client, after, filter, limits, signal } = options;
  const waitS = Math.min(FOLLOW_WAIT_S_MAX, Math.max(1, Math.round(limits.heartbeatMs / 1_000)));

  async function follow(cursor: JsonText | undefined, seconds: number): Promise<Page> {
    const params = jsonObject({
      after: cursor,
      filter,
      limit: jsonValue(FOLLOW_EVENTS_MAX),
      wait_s: jsonValue(seconds),
    });
    return readPage(
      await client.call('follow', params, { signal, timeoutMs: seconds * 1_000 + limits.answerTimeoutMs }),
    );
  }

  const first = await follow(after === undefined ? undefined : jsonValue(after), 0);
  async function* pages(): RecordFeed {
    for (let page = first; ; page = await follow(page.cursor, waitS)) yield page.events;
  }
  return pages();
}

interface Page {
  readonly events: readonly FeedEvent[];
  readonly cursor: JsonText;
}

function readPage(answer: JsonText): Page {
  const members = readMembers(answer, { levelsNoted: 1 });
  const texts = members.ok ? members.value.elementsOf('events') : undefined;
  const [cursor, tip, caughtUp] = ['cursor', 'tip', 'caught_up'].map((name) =>
    members.ok ? members.value.get(name) : undefined,
  );
  if (texts?.ok !== true || cursor === undefined || tip === undefined || caughtUp === undefined) throw unknownAnswer();
  const events = texts.value.map(readEvent);
  if (events.length === 0 || caughtUp === 'true') {
    const json = jsonObject({ type: jsonValue('position'), cursor, tip, caught_up: caughtUp });
    events.push({ type: 'position', cursor: JSON.parse(cursor), json });
  }
  return { events, cursor };
}

function readEvent(json: JsonText): FeedEvent {
  const members = readMembers(json);
  const [type, cursor] = ['type', 'cursor'].map((name) => (members.ok ? members.value.get(name) : undefined));
  if (type === undefined || cursor === undefined) throw unknownAnswer();
  return { type: JSON.parse(type), cursor: JSON.parse(cursor), json };
}

function unknownAnswer(): Problem {
  return problem(
    'probe-protocol',
    'The node answered in a form that this gateway does not know: run one version of both.',
  );
}
