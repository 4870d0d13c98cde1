/** The words that sentences of a scenario share: nodes by letters, times, numbers. */
import { assertPresent } from '../core/assert.ts';

/** One node, as a part of a pattern. */
export const NODE = '([a-z])';

/** Some nodes: `b`, `a and b`, `a, b and c`. */
export const NODES = '([a-z](?:, [a-z])*(?: and [a-z])?)';

export const NUMBER = '(\\d+)';

/** A time: `90 seconds`, `1 year`. */
export const TIME = '(\\d+ (?:ms|seconds?|minutes?|hours?|days?|years?))';

/** The numbers of the nodes that are named. */
export function nodesIn(text: string): number[] {
  return text.split(/, | and /).map(nodeIn);
}

/** `a` is 0. */
export function nodeIn(letter: string): number {
  return letter.charCodeAt(0) - 'a'.charCodeAt(0);
}

/** Milliseconds. */
export function timeIn(text: string): number {
  const [count = '', unit = ''] = text.split(' ');
  return Number(count) * assertPresent(UNITS_MS.get(unit.replace(/(?<=.{3})s$/, '')), `${unit} is a unit of time`);
}

const SECOND_MS = 1_000;
const DAY_MS = 86_400 * SECOND_MS;
const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['second', SECOND_MS],
  ['minute', 60 * SECOND_MS],
  ['hour', 3_600 * SECOND_MS],
  ['day', DAY_MS],
  ['year', 365 * DAY_MS],
]);
