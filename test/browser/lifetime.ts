/** How long things live that the tests of a file share, and how they are skipped together. */
import { after } from 'node:test';
import type { Lifetime } from '../support/cairn-process.ts';

/** Until the last test of the file has ended. What is left to it last ends first. */
export function fileLifetime(): Lifetime {
  const ends: (() => unknown)[] = [];
  after(async () => {
    for (const end of ends.reverse()) await end();
  });
  return { after: (end) => void ends.push(end) };
}
