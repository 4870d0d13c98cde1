/** How long things live that the tests of a file share. */
import { after } from 'node:test';
import { endAll, type Lifetime } from '../support/lifetime.ts';

/** Until the last test of the file has ended. What is left to it last ends first. */
export function fileLifetime(): Lifetime {
  const ends: (() => unknown)[] = [];
  after(() => endAll(ends));
  return { after: (end) => void ends.push(end) };
}
