/** Readers for what a gateway says in JSON, whatever it says. Ledger JSON in it stays the text that it is. */
import { type JsonMembers, type JsonText, readMembers } from '../core/json-text.ts';
import type { Place } from './entry-checker.ts';
import { unreadable } from './ledger-error.ts';

/** The members of the object that `text` spells. Throws `unreadable(wrong)` where it is none. */
export function membersOf(text: string, wrong: string): JsonMembers {
  const members = readMembers(text, { levelsNoted: 1 });
  if (!members.ok) throw unreadable(wrong);
  return members.value;
}

/** The elements of the array in the member `key`. Throws `unreadable(wrong)` where it is none. */
export function elementsOf(members: JsonMembers, key: string, wrong: string): readonly JsonText[] {
  const elements = members.elementsOf(key);
  if (elements?.ok !== true) throw unreadable(wrong);
  return elements.value;
}

/** The place that `value` tells, without what else is in it; undefined where it tells none. */
export function readPlace(value: unknown): Place | undefined {
  if (!isObject(value)) return undefined;
  const { height, hash, index } = value;
  return isCount(height) && typeof hash === 'string' && isCount(index) ? { height, hash, index } : undefined;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
