/**
 * Blocks and entries as the gateway tells them, read out of their text: ledger JSON stays as it was written.
 *
 * Nothing of it is believed here, and nothing judged: what does not read as it should is undefined as a whole.
 */
import { encodeUtf8 } from '#host';
import { type Hash, parseHash } from '../../core/hash.ts';
import { type JsonMembers, type JsonText, readElements, readMembers } from '../../core/json-text.ts';
import { parseTimestamp } from '../../core/timestamp.ts';

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

export interface ToldEntry {
  readonly id: Hash;
  /** The JSON, as it came. */
  readonly text: string;
  readonly sizeBytes: number;
}

export interface EntryStory extends ToldEntry {
  readonly isPending: boolean;
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
    return {
      ...toldEntry(hash(member(view, 'id')), member(view, 'data')),
      isPending: string(member(view, 'status')) === 'pending',
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

function toldEntry(id: Hash, text: string): ToldEntry {
  return { id, text, sizeBytes: encodeUtf8(text).length };
}

/** Thrown through the readers below, and no further than `reading`. */
class Unreadable extends Error {}

function reading<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

function membersOf(text: string): JsonMembers {
  const members = readMembers(text, { levelsNoted: 1 });
  if (!members.ok) throw new Unreadable(members.fault.code);
  return members.value;
}

function elementsOf(text: string): readonly JsonText[] {
  const elements = readElements(text);
  if (!elements.ok) throw new Unreadable(elements.fault.code);
  return elements.value;
}

function member(members: JsonMembers, name: string): JsonText {
  const text = members.get(name);
  if (text === undefined) throw new Unreadable(name);
  return text;
}

function string(text: JsonText): string {
  const value: unknown = text.startsWith('"') ? JSON.parse(text) : undefined;
  if (typeof value !== 'string') throw new Unreadable(text);
  return value;
}

function hash(text: JsonText): Hash {
  const value = parseHash(string(text));
  if (value === undefined) throw new Unreadable(text);
  return value;
}

function integer(members: JsonMembers, name: string): number {
  const value = Number(member(members, name));
  if (!Number.isSafeInteger(value) || value < 0) throw new Unreadable(name);
  return value;
}
