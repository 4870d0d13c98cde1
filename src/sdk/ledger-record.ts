/** Records as programs get them: entries of the chain with their place, time and authors, and what was checked of all that. */
import { encodeUtf8 } from '#host';
import { formatIsoTime } from '../api/iso-time.ts';
import { assertPresent } from '../core/assert.ts';
import type { JsonMembers } from '../core/json-text.ts';
import { type Authorship, authorsOf } from '../core/signed-entry.ts';
import { isCount, membersOf } from './answer-members.ts';
import type { Check, EntryChecker, Place } from './entry-checker.ts';
import { unreadable } from './ledger-error.ts';

/** An author of an entry, as the entry's proof says. */
export interface RecordAuthor {
  /** `did:key:z6Mk…`: the public key. */
  readonly author: string;
  /** How many statements the author has signed in this network before. */
  readonly sequence: number;
  /** What the author signed before this; left out where `sequence` is 0. */
  readonly previous?: string;
  /** The id that the entry has with this author's proof alone: what the author's next one names as `previous`. */
  readonly statement: string;
  /** When it was signed, if the author says. Nobody has checked that. */
  readonly created?: string;
}

/** An entry that stands in the chain. */
export interface LedgerRecord extends Place {
  readonly id: string;
  /** Of its block: ISO 8601, UTC. */
  readonly time: string;
  /** Empty, where nobody has signed it. */
  readonly authors: readonly RecordAuthor[];
  readonly data: unknown;
  /** What was checked before you got it; empty without verification. */
  readonly checked: readonly Check[];
}

/** The record that `text` spells, as the gateway told it, with what is checked of its content. Its place is not. */
export function readRecord(text: string, checker: EntryChecker | undefined): LedgerRecord {
  const members = membersOf(text, 'a record is not a JSON object');
  const data = members.get('data');
  if (data === undefined) throw unreadable('a record has no data');
  const record = {
    id: textOf(members, 'id'),
    height: numberOf(members, 'height'),
    hash: textOf(members, 'hash'),
    index: numberOf(members, 'index'),
    time: textOf(members, 'time'),
    data: JSON.parse(data),
  };
  return { ...record, ...readAuthors(data, record.id, checker) };
}

/** The authors of the entry that `text` spells in canonical JSON, with what is checked of its content. */
export function readAuthors(
  text: string,
  id: string,
  checker: EntryChecker | undefined,
): { readonly authors: readonly RecordAuthor[]; readonly checked: readonly Check[] } {
  if (checker === undefined) return { authors: authorsOf(encodeUtf8(text)).map(recordAuthor), checked: [] };
  return { authors: checker.content(text, id).map(recordAuthor), checked: ['id', 'rules'] };
}

/** The records after their places were checked, with the times that their blocks have. */
export async function placeRecords(
  records: readonly LedgerRecord[],
  checker: EntryChecker | undefined,
  signal: AbortSignal | undefined,
): Promise<readonly LedgerRecord[]> {
  if (checker === undefined) return records;
  const blocks = await checker.places(records, signal);
  return records.map((record, i) => {
    const { header } = assertPresent(blocks[i], 'each record has its block');
    return { ...record, time: formatIsoTime(header.timestamp), checked: [...record.checked, 'place', 'chain'] };
  });
}

/** What an entry's proof says of its author. */
export function recordAuthor({ author, sequence, previous, created, statement }: Authorship): RecordAuthor {
  return {
    author,
    sequence,
    statement,
    ...(previous === undefined ? {} : { previous }),
    ...(created === undefined ? {} : { created }),
  };
}

function textOf(members: JsonMembers, key: string): string {
  const value = members.plainOf(key);
  if (typeof value !== 'string') throw unreadable(`\`${key}\` of a record is missing`);
  return value;
}

function numberOf(members: JsonMembers, key: string): number {
  const value = members.plainOf(key);
  if (!isCount(value)) throw unreadable(`\`${key}\` of a record is missing`);
  return value;
}
