/** From a list of records to blocks on disk, through the probe socket of a node in another process. */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { assert } from '../src/core/assert.ts';
import { type JsonText, jsonArray, jsonObject } from '../src/core/json-text.ts';
import { connectProbe, type ProbeClient } from '../src/probe/probe-client.ts';
import type { Comparison } from './harness.ts';
import { originEvent } from './records.ts';

/**
 * Appends `count` entries of 300 bytes again and again. Wall-clock time, from the first call until the last entry is in
 * a stored block; a hash-chained SQLite table takes the same records. Expected: three processes share the work, and the
 * node's own thread, which reads, canonicalises, stores twice and builds trees, takes about 40 us an entry.
 */
export async function append(count: number): Promise<Comparison> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-bench-'));
  const child = fork(new URL('append-node.ts', import.meta.url), [folder]);
  const [message]: unknown[] = await once(child, 'message');
  assert(isReady(message), 'a node that is up says its port');
  const client = await connectProbe({ host: '127.0.0.1', port: message.port });
  const table = openHashChain(join(folder, 'chain.sqlite'));
  const records = new Records();
  return {
    name: `append ${count} entries of ${RECORD_BYTES} bytes, ${BATCH_ENTRIES} at a time, until in blocks`,
    unit: 'entries',
    unitBytes: RECORD_BYTES,
    variants: [
      {
        name: 'a node, through its probe socket',
        expectedPerSecond: 25_000,
        measure: () => timed(records.next(count), (texts) => appendToNode(client, texts)),
      },
      {
        name: 'a hash-chained SQLite table, synchronous=FULL',
        expectedRatio: 0.25,
        measure: () => timed(records.next(count), (texts) => table.append(texts)),
      },
    ],
    close: async () => {
      client.close();
      table.close();
      const exited = once(child, 'exit');
      child.disconnect();
      const [code]: unknown[] = await exited;
      await rm(folder, { recursive: true });
      assert(code === 0, 'the node stops in order');
    },
  };
}

/** Records that have not been there before, so that none is taken for one that is already pending. */
class Records {
  #used = 0;

  next(count: number): string[] {
    const first = this.#used;
    this.#used += count;
    return Array.from({ length: count }, (_, i) => JSON.stringify(originEvent(first + i)));
  }
}

async function timed(
  texts: readonly string[],
  work: (texts: readonly string[]) => Promise<void> | void,
): Promise<number> {
  const startMs = performance.now();
  await work(texts);
  return (1000 * texts.length) / (performance.now() - startMs);
}

async function appendToNode(client: ProbeClient, texts: readonly string[]): Promise<void> {
  const waiting = batches(texts);
  const lane = async (): Promise<void> => {
    for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
      await client.call('append', jsonObject({ entries: jsonArray(batch as JsonText[]) }));
    }
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, lane));
  while ((await pendingCount(client)) > 0) await delay(POLL_MS);
}

async function pendingCount(client: ProbeClient): Promise<number> {
  const status: unknown = JSON.parse(await client.call('status'));
  assert(typeof status === 'object' && status !== null && 'pending' in status, 'a status tells of the pool');
  const { pending } = status;
  assert(typeof pending === 'object' && pending !== null && 'count' in pending, 'the pool has a count');
  return Number(pending.count);
}

/** What one would build without a ledger: each row holds the hash of the one before and its own. */
function openHashChain(path: string): { append(texts: readonly string[]): void; close(): void } {
  const database = new DatabaseSync(path);
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE records (sequence INTEGER PRIMARY KEY, previous TEXT, hash TEXT, data TEXT) STRICT;
  `);
  const insert = database.prepare('INSERT INTO records (previous, hash, data) VALUES (?, ?, ?)');
  let previous = '0'.repeat(64);
  return {
    append: (texts) => {
      for (const batch of batches(texts)) {
        database.exec('BEGIN');
        for (const text of batch) {
          const hash = createHash('sha256').update(previous).update(text).digest('hex');
          insert.run(previous, hash, text);
          previous = hash;
        }
        database.exec('COMMIT');
      }
    },
    close: () => database.close(),
  };
}

function batches(texts: readonly string[]): string[][] {
  const size = BATCH_ENTRIES;
  return Array.from({ length: Math.ceil(texts.length / size) }, (_, i) => texts.slice(i * size, (i + 1) * size));
}

function isReady(message: unknown): message is { readonly port: number } {
  return typeof message === 'object' && message !== null && 'port' in message && typeof message.port === 'number';
}

const BATCH_ENTRIES = 1_000;
const RECORD_BYTES = JSON.stringify(originEvent(1_000_000)).length;
const CALLS_AT_ONCE = 4;
const POLL_MS = 2;
