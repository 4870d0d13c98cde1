/**
 * Records as they come, each once and in order, whatever happens to connections, gateways and nodes meanwhile
 * (docs/spec/streams.md): what a reorganisation takes away is told as removed, last first.
 */
import { ENTRY_PROOFS_MAX } from '../api/rpc.ts';
import { assertPresent } from '../core/assert.ts';
import { isCount, isObject, membersOf } from './answer-members.ts';
import type { EntryChecker } from './entry-checker.ts';
import { readEvents } from './event-stream.ts';
import { type HttpClient, queryText } from './http-client.ts';
import { LedgerError, unreadable } from './ledger-error.ts';
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
  let cursor = options.after;
  let contradictions = 0;
  for (let failures = 0; ; failures++) {
    try {
      const judge = new StreamJudge({ checker, signal });
      const address = `${path}/records/stream${queryText({ ...filter, after: cursor })}`;
      const response = await http.open(address, { headers: { accept: 'text/event-stream' }, signal });
      for await (const events of readEvents(response)) {
        for await (const judged of judge.judge(events.map(({ data }) => data))) {
          if (judged.told?.type === 'position') onPosition?.(judged.told.position);
          else if (judged.told !== undefined) {
            if (judged.told.event.type === 'added') contradictions = 0;
            yield judged.told.event;
          }
          // Who went on behind what is held back would be told that it is gone.
          if (judge.holdsNone) cursor = judged.cursor;
          failures = 0;
        }
      }
    } catch (error) {
      // The chain may have left a branch and come back to it while a stretch of it was judged. At once: it is as it is by now.
      if (hasMovedOn(error) && contradictions < CONTRADICTIONS_MAX) {
        contradictions++;
        continue;
      }
      if (!isPassing(error)) throw error;
    }
    await pauseAfter(failures, signal);
  }
}

/**
 * Judges what a stream tells before anybody else hears of it. What has come together is shown together, with few questions. Where that
 * fails, each record is asked for by itself: so what can be shown is told, in order, and what cannot fails at its place.
 */
class StreamJudge {
  readonly #checker: EntryChecker | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #stale = new StaleRecords();

  constructor(options: { readonly checker: EntryChecker | undefined; readonly signal: AbortSignal | undefined }) {
    this.#checker = options.checker;
    this.#signal = options.signal;
  }

  /** Whether all that was judged was also told, or has been taken back since. */
  get holdsNone(): boolean {
    return this.#stale.isEmpty;
  }

  /**
   * What is to be made of `texts`, which have come together and in this order, one by one: undefined in `told` where nobody is to hear
   * of it. Ends with the reason of the signal as soon as that is aborted.
   */
  async *judge(
    texts: readonly string[],
  ): AsyncGenerator<{ readonly cursor: string; readonly told: Told | undefined }, void, undefined> {
    for (let at = 0; at < texts.length; ) {
      // As many as are proved by one call: whoever takes them waits for no more than that.
      const read = readSome(texts.slice(at, at + ENTRY_PROOFS_MAX), this.#checker);
      const placed = await this.#placeTogether(read);
      for (const told of read) {
        this.#signal?.throwIfAborted();
        yield { cursor: told.cursor, told: await this.#judgeOne(told, placed) };
      }
      at += read.length;
    }
  }

  /** Those of the records that were added, shown; none where not all of them are, and none where there is but one. */
  async #placeTogether(read: readonly Told[]): Promise<Placed> {
    const records = read.flatMap((told) =>
      told.type === 'record' && told.event.type === 'added' ? [told.event.record] : [],
    );
    if (records.length < 2) return new Map();
    try {
      const placed = await placeRecords(records, this.#checker, this.#signal);
      return new Map(records.map((record, i) => [record, assertPresent(placed[i], 'each record was shown')]));
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      return new Map();
    }
  }

  async #judgeOne(told: Told, placed: Placed): Promise<Told | undefined> {
    if (told.type === 'position') {
      if (told.position.caughtUp) this.#stale.assertNone();
      return this.holdsNone ? told : undefined;
    }
    const { type, record } = told.event;
    if (type === 'removed') {
      if (this.#stale.release(record)) return undefined;
      this.#stale.assertNone();
      return told;
    }
    let shown = placed.get(record);
    try {
      [shown] = shown === undefined ? await placeRecords([record], this.#checker, this.#signal) : [shown];
    } catch (error) {
      if (!hasMovedOn(error)) throw error;
      this.#stale.hold(record, error);
      return undefined;
    }
    this.#stale.assertNone();
    return { ...told, event: { ...told.event, record: assertPresent(shown, 'the record was shown') } };
  }
}

type Placed = ReadonlyMap<LedgerRecord, LedgerRecord>;

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

  /** Where a node has gone on without taking them back, it has told of what it cannot show. */
  assertNone(): void {
    if (this.#error !== undefined) throw this.#error;
  }
}

function placeText({ id, hash, index }: LedgerRecord): string {
  return `${id} ${hash} ${index}`;
}

/** What a stream has told. */
type Told =
  | { readonly type: 'position'; readonly cursor: string; readonly position: StreamPosition }
  | { readonly type: 'record'; readonly cursor: string; readonly event: RecordEvent };

/** The first of `texts`, up to one that cannot be read. Throws where that is the very first. */
function readSome(texts: readonly string[], checker: EntryChecker | undefined): readonly Told[] {
  const read: Told[] = [];
  for (const text of texts) {
    try {
      read.push(readTold(text, checker));
    } catch (error) {
      if (read.length === 0) throw error;
      break;
    }
  }
  return read;
}

function readTold(text: string, checker: EntryChecker | undefined): Told {
  const members = membersOf(text, 'an event is not a JSON object');
  const [type, cursor] = [members.plainOf('type'), members.plainOf('cursor')];
  if (typeof cursor !== 'string') throw unreadable('an event has no cursor');
  if (type === 'position') {
    const tip = readTip(members.plainOf('tip'));
    return { type, cursor, position: { cursor, tip, caughtUp: members.plainOf('caught_up') === true } };
  }
  const record = members.get('record');
  if ((type !== 'added' && type !== 'removed') || record === undefined) {
    throw unreadable('an event is of no known type');
  }
  return { type: 'record', cursor, event: { type, cursor, record: readRecord(record, checker) } };
}

function readTip(value: unknown): StreamPosition['tip'] {
  const { height, hash } = isObject(value) ? value : {};
  if (!isCount(height) || typeof hash !== 'string') throw unreadable('a position has no tip');
  return { height, hash };
}

/** Times in a row, without a record that is shown, that a stream is taken up again which has told of what cannot be shown. */
const CONTRADICTIONS_MAX = 8;
/** More than the entries of a hundred blocks, beyond which a reorganisation raises an alarm. */
const HELD_MAX = 500_000;
