/**
 * Readers for what the gateway tells in JSON: ledger JSON in it stays text, as it was written. Nothing of it is believed, and
 * what does not read as it should makes the whole of it unreadable.
 */
import { encodeUtf8 } from '#host';
import { type Hash, parseHash } from '../../core/hash.ts';
import { type JsonMembers, type JsonText, readElements, readMembers } from '../../core/json-text.ts';

/** An entry as it was told. */
export interface ToldEntry {
  readonly id: Hash;
  /** The JSON, as it came. */
  readonly text: string;
  readonly sizeBytes: number;
}

/** An entry with the id that it is told to have, and its JSON. */
export function toldEntry(id: Hash, text: string): ToldEntry {
  return { id, text, sizeBytes: encodeUtf8(text).length };
}

/** Thrown by the readers below, and through no further than `reading`. */
export class Unreadable extends Error {}

/** What `read` reads; undefined where something in it was not as it should be. */
export function reading<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

/** The members of the object that `text` spells. */
export function membersOf(text: string): JsonMembers {
  const members = readMembers(text, { levelsNoted: 1 });
  if (!members.ok) throw new Unreadable(members.fault.code);
  return members.value;
}

/** The elements of the array that `text` spells. */
export function elementsOf(text: string): readonly JsonText[] {
  const elements = readElements(text);
  if (!elements.ok) throw new Unreadable(elements.fault.code);
  return elements.value;
}

/** The member of that name. */
export function member(members: JsonMembers, name: string): JsonText {
  const text = members.get(name);
  if (text === undefined) throw new Unreadable(name);
  return text;
}

/** The string that `text` spells. */
export function string(text: JsonText): string {
  const value: unknown = text.startsWith('"') ? JSON.parse(text) : undefined;
  if (typeof value !== 'string') throw new Unreadable(text);
  return value;
}

/** The hash that `text` spells. */
export function hash(text: JsonText): Hash {
  const value = parseHash(string(text));
  if (value === undefined) throw new Unreadable(text);
  return value;
}

/** A member that is a whole number, from 0. */
export function integer(members: JsonMembers, name: string): number {
  const value = Number(member(members, name));
  if (!Number.isSafeInteger(value) || value < 0) throw new Unreadable(name);
  return value;
}
