/** Reorganisation at depth, with a node killed at every stage of it. At full size: `npm run test:slow`. */
import { test } from 'node:test';
import { testDeepReorganisation } from './support/deep-reorganisation.ts';

test('kill -9 while a node follows a deep better branch leaves one branch whole, and no entry is lost', (t) =>
  testDeepReorganisation(t, {
    depth: 120,
    entriesPerBlock: 20,
    entryBytes: 100,
    kills: 3,
    seed: 20261122,
    residentBytesMax: 400_000_000,
  }));
