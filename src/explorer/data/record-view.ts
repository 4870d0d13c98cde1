/** Records as the gateway tells them, in pages and in streams. Nothing of it is believed here. */
import { type JsonText, readMembers } from '../../core/json-text.ts';
import {
  elementsOf,
  hash,
  integer,
  member,
  membersOf,
  reading,
  string,
  type ToldEntry,
  toldEntry,
  Unreadable,
} from './told-json.ts';

/** An entry of the active chain, and where it is said to stand. */
export interface ToldRecord extends ToldEntry {
  readonly height: number;
  /** Of its block. */
  readonly hash: string;
  readonly index: number;
  /** Of its block: ISO 8601. */
  readonly time: string;
  /** Who is said to have signed it. */
  readonly authors: readonly string[];
}

export interface RecordsStory {
  readonly records: readonly ToldRecord[];
  /** Where the search goes on; undefined where it has come to its end. */
  readonly next: string | undefined;
  /** How many records were held against the filter. */
  readonly lookedAt: number;
  /** The height up to which the chain was searched. */
  readonly indexedTo: number;
  /** Whether blocks have left the chain since the first page. */
  readonly isReorganised: boolean;
}

/** What a stream tells: of one record, or how far it is. */
export type StreamNews =
  | { readonly type: 'added' | 'removed'; readonly cursor: string; readonly record: ToldRecord }
  | { readonly type: 'position'; readonly tipHeight: number; readonly isCaughtUp: boolean };

/** What a page of records says. */
export function readRecordsStory(text: string): RecordsStory | undefined {
  return reading(() => {
    const page = membersOf(text);
    const next = member(page, 'next');
    return {
      records: elementsOf(member(page, 'records')).map(toldRecord),
      next: next === 'null' ? undefined : string(next),
      lookedAt: integer(page, 'looked_at'),
      indexedTo: Number(member(page, 'indexed_to')),
      isReorganised: member(page, 'reorganised') === 'true',
    };
  });
}

/** What an event of a record stream says. */
export function readStreamNews(text: string): StreamNews | undefined {
  return reading(() => {
    const event = membersOf(text);
    const type = string(member(event, 'type'));
    switch (type) {
      case 'added':
      case 'removed':
        return { type, cursor: string(member(event, 'cursor')), record: toldRecord(member(event, 'record')) };
      case 'position': {
        const isCaughtUp = member(event, 'caught_up') === 'true';
        return { type, tipHeight: integer(membersOf(member(event, 'tip')), 'height'), isCaughtUp };
      }
      default:
        throw new Unreadable(type);
    }
  });
}

/** The JSON of an object without its member `proof`, for a glance at what it says; what is no object stays as it is. */
export function textWithoutProof(text: string): string {
  const members = readMembers(text);
  if (!members.ok) return text;
  const kept = [...members.value].filter(([key]) => key !== 'proof');
  return `{${kept.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`;
}

function toldRecord(text: JsonText): ToldRecord {
  const record = membersOf(text);
  return {
    ...toldEntry(hash(member(record, 'id')), member(record, 'data')),
    height: integer(record, 'height'),
    hash: hash(member(record, 'hash')),
    index: integer(record, 'index'),
    time: string(member(record, 'time')),
    authors: elementsOf(member(record, 'authors')).map((author) => string(member(membersOf(author), 'author'))),
  };
}
