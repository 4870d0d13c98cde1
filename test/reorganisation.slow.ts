/** Reorganisation at full depth: a thousand blocks of a thousand entries, with a node killed at every stage of it. */
import { test } from 'node:test';
import { testDeepReorganisation } from './support/deep-reorganisation.ts';

test('kill -9 while a node follows a better branch 1,000 blocks deep leaves one branch whole, and no entry is lost', (t) =>
  testDeepReorganisation(t, {
    depth: 1_000,
    entriesPerBlock: 1_000,
    entryBytes: 300,
    kills: 6,
    seed: 20261122,
    residentBytesMax: 800_000_000,
  }));
