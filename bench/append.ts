/** From a list of records to blocks on disk, through the probe socket of a node in another process. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { type JsonText, jsonArray, jsonObject } from '../src/core/json-text.ts';
import { createParams } from '../src/core/params.ts';
import type { Comparison } from './harness.ts';
import { MeteredNode } from './metered-node.ts';
import { openHypercore, syncJournal } from './peers/hypercore-log.ts';
import type { Peers } from './peers/installed-peers.ts';
import { originEvent } from './records.ts';

/**
 * Appends `count` entries of 300 bytes again and again. Wall-clock time, from the first call until the last entry is in
 * a stored block; a hash-chained SQLite table takes the same records. Expected: three processes share the work, and the
 * node's own thread, which reads, canonicalises, stores twice and builds trees, takes about 40 us an entry.
 */
export async function append(
  count: number,
  options: { readonly peers?: Peers } = {},
): Promise<Comparison & { readonly node: MeteredNode }> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-bench-'));
  const node = await MeteredNode.start({ home: folder, params: APPEND_PARAMS, miningMode: 'entries' });
  const table = openHashChain(join(folder, 'chain.sqlite'));
  const records = new Records();
  const log = (await options.peers?.use((installed) => openLog(installed, join(folder, 'hypercore'))))?.value;
  return {
    node,
    name: `append ${count} entries of ${RECORD_BYTES} bytes, ${BATCH_ENTRIES} at a time, until in blocks`,
    unit: 'entries',
    unitBytes: RECORD_BYTES,
    variants: [
      {
        name: 'a node, through its probe socket',
        expectedPerSecond: 25_000,
        measure: () => timed(records.next(count), (texts) => appendToNode(node, texts)),
      },
      {
        name: 'a hash-chained SQLite table, synchronous=FULL',
        expectedRatio: 0.25,
        measure: () => timed(records.next(count), (texts) => table.append(texts)),
      },
      ...(log === undefined
        ? []
        : [
            {
              name: `Hypercore, its journal synced after every ${BATCH_ENTRIES}`,
              expectedRatio: 0.7,
              measure: () => timed(records.next(count), (texts) => log.append(texts)),
            },
          ]),
    ],
    close: async () => {
      table.close();
      await log?.close();
      await node.stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** The log that a single writer signs. */
async function openLog(
  installed: string,
  folder: string,
): Promise<{ append(texts: readonly string[]): Promise<void>; close(): Promise<void> }> {
  const core = await openHypercore(installed, folder);
  return {
    append: async (texts) => {
      for (const batch of batches(texts)) {
        await core.append(batch.map((text) => Buffer.from(text)));
        syncJournal(folder);
      }
    },
    close: () => core.close(),
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

async function appendToNode(node: MeteredNode, texts: readonly string[]): Promise<void> {
  const waiting = batches(texts);
  const lane = async (): Promise<void> => {
    for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
      await node.call('append', jsonObject({ entries: jsonArray(batch as JsonText[]) }));
    }
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, lane));
  while ((await node.status()).pending.count > 0) await delay(POLL_MS);
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

/** Every other nonce is a block, however many are found a second: what is measured is not the mining. */
const APPEND_PARAMS = createParams({ name: 'bench', targetLimit: 0x207fffff, halfLife: 31_536_000 });
const BATCH_ENTRIES = 1_000;
const RECORD_BYTES = JSON.stringify(originEvent(1_000_000)).length;
const CALLS_AT_ONCE = 4;
const POLL_MS = 2;
