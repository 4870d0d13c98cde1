/** A page of a record stream: what is to be told next to somebody at a cursor, as far as it fits into one answer. */
import { formatRecordCursor } from '../api/record-cursor.ts';
import { matchesFilter, type RecordFilter } from '../api/record-filter.ts';
import { recordText } from '../api/record-text.ts';
import { entryBytes, entryCount } from '../core/body.ts';
import { entryText } from '../core/entry-form.ts';
import type { JsonText } from '../core/json-text.ts';
import { hashLeaf } from '../core/merkle.ts';
import type { NetworkParams } from '../core/params.ts';
import { authorsOf } from '../core/signed-entry.ts';
import { type WalkedBlock, type WalkedStore, type WalkStart, walkRecords } from './record-walk.ts';
import { TimeSlices } from './time-slices.ts';

export interface RecordPage {
  /** The texts of `RecordEventShape`, in the order in which they are to be taken. */
  readonly events: readonly JsonText[];
  /** Where the next page begins. */
  readonly end: WalkStart;
  /** Whether there was nothing more to tell. */
  readonly isCaughtUp: boolean;
}

/**
 * Goes on from `start` until there are `eventsMax` events, or about 1 MiB of them, or enough was looked through for one
 * call: a page may be short or empty, and is then not the last one. A page has at least the one event that is next. Gives way
 * to others within a block, too: to look for words in the entries of a large one takes tens of milliseconds, for each who asks.
 */
export async function readRecordPage(
  parts: { readonly store: WalkedStore; readonly params: NetworkParams },
  start: WalkStart,
  options: { readonly filter: RecordFilter; readonly eventsMax: number; readonly signal: AbortSignal },
  slices = new TimeSlices(),
): Promise<RecordPage> {
  const { filter, eventsMax, signal } = options;
  const events: JsonText[] = [];
  let [eventCharacters, stretches, bodyBytes] = [0, 0, 0];
  let end = start;
  for await (const { type, block, from } of walkRecords(parts, start)) {
    signal.throwIfAborted();
    const isAdded = type === 'added';
    const last = isAdded ? entryCount(block.body) : 0;
    for (let position = from; position !== last; ) {
      if (events.length >= eventsMax || eventCharacters >= EVENT_CHARACTERS_MAX) {
        return { events, end: { block, position }, isCaughtUp: false };
      }
      const index = isAdded ? position : position - 1;
      position = isAdded ? position + 1 : index;
      await slices.breathe();
      const record = matchingRecord(block, index, filter);
      if (record === undefined) continue;
      // Neither the type nor a cursor has anything to escape.
      const event = `{"type":"${type}","cursor":"${cursorOf({ block, position })}","record":${record}}` as JsonText;
      events.push(event);
      eventCharacters += event.length;
    }
    end = { block, position: last };
    stretches++;
    bodyBytes += block.body.bytes.length;
    if (stretches >= STRETCHES_MAX || bodyBytes >= WALKED_BYTES_MAX) return { events, end, isCaughtUp: false };
  }
  return { events, end, isCaughtUp: true };
}

/** The text of the cursor that stands at a place. */
export function cursorOf({ block, position }: WalkStart): string {
  return formatRecordCursor({ height: block.header.height, hash: block.hash, position });
}

/** The record at `index`; undefined where it does not pass. */
function matchingRecord(
  { hash, header, body }: WalkedBlock,
  index: number,
  filter: RecordFilter,
): JsonText | undefined {
  const bytes = entryBytes(body, index);
  const { height, timestamp: time } = header;
  // Who are its authors takes many times as long as to read a field, and most filters do not ask.
  const looked = {
    time,
    get id() {
      return hashLeaf(bytes);
    },
    get authors() {
      return authorsOf(bytes);
    },
    data: (): unknown => JSON.parse(entryText(bytes)),
  };
  if (!matchesFilter(filter, looked)) return undefined;
  return recordText({ id: looked.id, height, hash, index, time, authors: looked.authors, data: entryText(bytes) });
}

/** An answer is held as a text, by the node and by whoever asked. */
const EVENT_CHARACTERS_MAX = 1_048_576;
/** Blocks that one call goes through. */
const STRETCHES_MAX = 8_192;
/** The same, as bytes of their bodies. */
const WALKED_BYTES_MAX = 2_097_152;
