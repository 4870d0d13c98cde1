/**
 * Blocks and entries as the gateway tells them, read out of their text: ledger JSON stays as it was written.
 *
 * Nothing of it is believed here, and nothing judged: what does not read as it should is undefined as a whole.
 */
import { encodeUtf8 } from '#host';
import type { EntryStatus } from '../../api/shapes.ts';
import type { Hash } from '../../core/hash.ts';
import type { JsonText } from '../../core/json-text.ts';
import { parseTimestamp } from '../../core/timestamp.ts';
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

/** A block and how it stands at the node that was asked. */
export interface BlockStory {
  readonly height: number;
  readonly hash: Hash;
  /** `0000` in the genesis. */
  readonly previousHash: string;
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  /** Eight hex digits. */
  readonly bits: string;
  readonly nonce: number;
  readonly dataRoot: Hash;
  readonly historyRoot: Hash;
  readonly shape: 'genesis' | 'single' | 'array';
  readonly entries: readonly ToldEntry[];
  /** Bytes of its data. */
  readonly sizeBytes: number;
  /** On the chain that the node follows. */
  readonly isActive: boolean;
  /** Blocks on top of it. */
  readonly depth: number;
  /** Of the chain up to it, a decimal string. */
  readonly work: string;
  /** The whole block in JSON, as it came. */
  readonly text: string;
}

/** What has become of an entry at a node. Of one that was refused there is no text. */
export interface EntryStory extends ToldEntry {
  readonly status: EntryStatus;
  /** Why the node did not record it, where it has been refused. */
  readonly refusal: { readonly code: string; readonly message: string } | undefined;
  /** Lowest first. */
  readonly places: readonly EntryPlace[];
  /** The height up to which the chain was looked through. */
  readonly indexedTo: number;
}

export interface EntryPlace {
  readonly height: number;
  readonly hash: Hash;
  readonly index: number;
  readonly depth: number;
}

export interface PendingStory {
  readonly count: number;
  readonly sizeBytes: number;
  readonly entries: readonly ToldEntry[];
}

/** What a `BlockView` says. */
export function readBlockStory(text: string): BlockStory | undefined {
  return reading(() => {
    const view = membersOf(text);
    const blockText = member(view, 'block');
    const block = membersOf(blockText);
    const height = integer(block, 'index');
    const data = member(block, 'data');
    const ids = elementsOf(member(view, 'entry_ids')).map(hash);
    const shape = height === 0 ? 'genesis' : data.startsWith('[') ? 'array' : 'single';
    const texts = shape === 'genesis' ? [] : shape === 'array' ? elementsOf(data) : [data];
    if (texts.length !== ids.length) return undefined;
    const seconds = parseTimestamp(string(member(block, 'timestamp')));
    if (seconds === undefined) return undefined;
    return {
      height,
      hash: hash(member(block, 'hash')),
      previousHash: string(member(block, 'prev_hash')),
      timeMs: 1_000 * seconds,
      bits: string(member(block, 'bits')),
      nonce: integer(block, 'nonce'),
      dataRoot: hash(member(block, 'data_root')),
      historyRoot: hash(member(block, 'history_root')),
      shape,
      entries: ids.map((id, i) => toldEntry(id, texts[i] ?? '')),
      sizeBytes: encodeUtf8(data).length,
      isActive: member(view, 'active') === 'true',
      depth: integer(view, 'depth'),
      work: string(member(view, 'work')),
      text: blockText,
    };
  });
}

/** What an `EntryView` says. */
export function readEntryStory(text: string): EntryStory | undefined {
  return reading(() => {
    const view = membersOf(text);
    const status = entryStatus(member(view, 'status'));
    const isRefused = status === 'refused';
    return {
      ...toldEntry(hash(member(view, 'id')), isRefused ? '' : member(view, 'data')),
      status,
      refusal: isRefused
        ? { code: string(member(view, 'reason')), message: string(member(view, 'message')) }
        : undefined,
      places: elementsOf(member(view, 'places')).map((placeText) => {
        const place = membersOf(placeText);
        return {
          height: integer(place, 'height'),
          hash: hash(member(place, 'hash')),
          index: integer(place, 'index'),
          depth: integer(place, 'depth'),
        };
      }),
      indexedTo: Number(member(view, 'indexed_to')),
    };
  });
}

/** What a `PendingView` says. */
export function readPendingStory(text: string): PendingStory | undefined {
  return reading(() => {
    const view = membersOf(text);
    return {
      count: integer(view, 'count'),
      sizeBytes: integer(view, 'size_bytes'),
      entries: elementsOf(member(view, 'entries')).map((entryText) => {
        const entry = membersOf(entryText);
        return toldEntry(hash(member(entry, 'id')), member(entry, 'data'));
      }),
    };
  });
}

/** What an answer to a submission says of each entry. */
export function readSubmitted(text: string): readonly { readonly id: Hash; readonly isNew: boolean }[] | undefined {
  return reading(() =>
    elementsOf(member(membersOf(text), 'entries')).map((entryText) => {
      const entry = membersOf(entryText);
      return { id: hash(member(entry, 'id')), isNew: string(member(entry, 'status')) === 'pending' };
    }),
  );
}

function entryStatus(text: JsonText): EntryStatus {
  const word = string(text);
  const status = STATUSES.find((known) => known === word);
  if (status === undefined) throw new Unreadable(text);
  return status;
}

const STATUSES: readonly EntryStatus[] = ['pending', 'returned', 'in-block', 'refused'];
