/**
 * Records as they come, each once and in order, whatever happens to connections, gateways and nodes meanwhile
 * (docs/spec/streams.md): what a reorganisation takes away is told as removed, last first.
 */
import { assertPresent } from '../core/assert.ts';
import { isCount, isObject, membersOf } from './answer-members.ts';
import type { EntryChecker } from './entry-checker.ts';
import { readEvents } from './event-stream.ts';
import { type HttpClient, queryText } from './http-client.ts';
import { type LedgerError, unreadable } from './ledger-error.ts';
import { type LedgerRecord, placeRecords, readRecord } from './ledger-record.ts';
import { hasMovedOn, isPassing, pauseAfter } from './patience.ts';
import { queryParameters, type RecordQuery } from './record-query.ts';

/** A record that has joined the chain, or has left it with its block. */
export interface RecordEvent {
  readonly type: 'added' | 'removed';
  /** Keep it once you have dealt with the event: with it as `after`, a stream goes on behind this event. */
  readonly cursor: string;
  /** Of one that was removed the content is checked, and not the place where it stands no more. */
  readonly record: LedgerRecord;
}

/** How far the stream is, told where there is nothing else to tell. */
export interface StreamPosition {
  readonly cursor: string;
  readonly tip: { readonly height: number; readonly hash: string };
  /** Whether everything up to the tip has been told. */
  readonly caughtUp: boolean;
}

/** Where a stream begins, and when it ends. */
export interface FollowOptions {
  /** A cursor, or `start` for all records from the first one on; what comes from now on unless told. */
  readonly after?: string | undefined;
  /** Told how far the stream is when it begins, when it has caught up, and while nothing happens. */
  readonly onPosition?: ((position: StreamPosition) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What `Ledger.follow` gives. It ends where its signal does, with the signal's reason, or where you leave the loop. */
export async function* followRecords(parts: {
  readonly http: HttpClient;
  readonly path: string;
  readonly checker: EntryChecker | undefined;
  readonly query: RecordQuery;
  readonly options: FollowOptions;
}): AsyncGenerator<RecordEvent, void, undefined> {
  const { http, path, checker, query, options } = parts;
  const { signal, onPosition } = options;
  const filter = queryParameters(query);
  const stale = new StaleRecords();
  let cursor = options.after;
  for (let failures = 0; ; failures++) {
    try {
      const address = `${path}/records/stream${queryText({ ...filter, after: cursor })}`;
      const response = await http.open(address, { headers: { accept: 'text/event-stream' }, signal });
      for await (const { data } of readEvents(response)) {
        const told = readTold(data, checker);
        if (told.type === 'position') {
          // Not yet where something is held back: who went on from there would be told that it is gone.
          if (stale.isEmpty) onPosition?.(told.position);
        } else {
          const event = await judge(told.event, stale, checker, signal);
          if (event !== undefined) yield event;
        }
        cursor = told.type === 'position' ? told.position.cursor : told.event.cursor;
        failures = 0;
      }
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
    await pauseAfter(failures, signal);
  }
}

/** Records that were told as added and could not be shown, because their block had left the chain by then. */
class StaleRecords {
  readonly #held: string[] = [];
  #error: LedgerError | undefined;

  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  hold(record: LedgerRecord, error: LedgerError): void {
    if (this.#held.length === HELD_MAX) throw error;
    this.#error ??= error;
    this.#held.push(placeText(record));
  }

  /** Whether the record was held: then nobody was told of it, and need not be told that it is gone. */
  release(record: LedgerRecord): boolean {
    if (this.#held.at(-1) !== placeText(record)) return false;
    this.#held.pop();
    if (this.isEmpty) this.#error = undefined;
    return true;
  }

  /** A node that has gone on without taking them back has told of what it cannot show. */
  assertNone(): void {
    if (this.#error !== undefined) throw this.#error;
  }
}

function placeText({ id, hash, index }: LedgerRecord): string {
  return `${id} ${hash} ${index}`;
}

/** The event as it is to be told; undefined where it is not. */
async function judge(
  event: RecordEvent,
  stale: StaleRecords,
  checker: EntryChecker | undefined,
  signal: AbortSignal | undefined,
): Promise<RecordEvent | undefined> {
  const { type, record } = event;
  if (type === 'removed') {
    if (stale.release(record)) return undefined;
    stale.assertNone();
    return event;
  }
  let placed: LedgerRecord | undefined;
  try {
    [placed] = await placeRecords([record], checker, signal);
  } catch (error) {
    if (!hasMovedOn(error)) throw error;
    stale.hold(record, error);
    return undefined;
  }
  stale.assertNone();
  return { ...event, record: assertPresent(placed, 'the record was shown') };
}

type Told =
  | { readonly type: 'position'; readonly position: StreamPosition }
  | { readonly type: 'record'; readonly event: RecordEvent };

function readTold(text: string, checker: EntryChecker | undefined): Told {
  const members = membersOf(text, 'an event is not a JSON object');
  const [type, cursor] = [members.plainOf('type'), members.plainOf('cursor')];
  if (typeof cursor !== 'string') throw unreadable('an event has no cursor');
  if (type === 'position') {
    const tip = readTip(members.plainOf('tip'));
    return { type, position: { cursor, tip, caughtUp: members.plainOf('caught_up') === true } };
  }
  const record = members.get('record');
  if ((type !== 'added' && type !== 'removed') || record === undefined) {
    throw unreadable('an event is of no known type');
  }
  return { type: 'record', event: { type, cursor, record: readRecord(record, checker) } };
}

function readTip(value: unknown): StreamPosition['tip'] {
  const { height, hash } = isObject(value) ? value : {};
  if (!isCount(height) || typeof hash !== 'string') throw unreadable('a position has no tip');
  return { height, hash };
}

/** More than the entries of a hundred blocks, beyond which a reorganisation raises an alarm. */
const HELD_MAX = 500_000;
