/**
 * `storage`: engines that could keep the blocks, each doing what a store does with them: bodies in order, lookups by
 * height and by a hash, two nodes of the history tree a block, and durable commits of many blocks.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assert } from '../src/core/assert.ts';
import type { Figure, Measurement } from './measurement.ts';
import { preparePeers } from './peers/installed-peers.ts';
import { type EngineKind, makeRecord, recordHash, type StoredRecord } from './storage/block-engine.ts';
import { classicLevel, lmdb } from './storage/key-value-engines.ts';
import { SEGMENT, SQLITE, SQLITE_INDEX } from './storage/sqlite-engines.ts';

/** Expected: SQLite in front of lmdb where keys come at random, behind LevelDB; all alike where bodies are large. */
export async function* storage(options: {
  readonly isQuick: boolean;
  readonly wantsPeers: boolean;
}): AsyncGenerator<Measurement> {
  const { isQuick } = options;
  const cacheFolder = fileURLToPath(new URL('.cache', import.meta.url));
  const peers = await preparePeers({ cacheFolder, isWanted: options.wantsPeers });
  const { value: others, remark } = await peers.use(async (installed) => [lmdb(installed), classicLevel(installed)]);
  const engines = [SQLITE, SQLITE_INDEX, SEGMENT, ...(others ?? [])];
  const small = { blocks: isQuick ? 2_000 : 1_000_000, bodyBytes: 300, blocksAtOnce: 512 };
  // As many as fit into 16 MiB.
  const large = { blocks: isQuick ? 20 : 2_000, bodyBytes: 300_000, blocksAtOnce: 55 };
  for (const load of [small, large]) {
    const results: EngineResult[] = [];
    for (const engine of engines) results.push(await measureEngine(engine, load, isQuick ? 100 : 20_000));
    const name = `${load.blocks} blocks of ${load.bodyBytes} bytes, ${load.blocksAtOnce} a commit`;
    for (const { title, unit, of } of TABLES) {
      yield { name: `${title}, ${name}`, figures: beside(results, unit, of), remarks: remark };
    }
  }
}

interface Load {
  readonly blocks: number;
  readonly bodyBytes: number;
  readonly blocksAtOnce: number;
}

interface EngineResult {
  readonly engine: string;
  readonly writtenPerSecond: number;
  readonly slowestCommitMs: number;
  readonly openMs: number;
  readonly heightsPerSecond: number;
  readonly hashesPerSecond: number;
  readonly diskPerByte: number;
}

const TABLES: readonly { title: string; unit: string; of: (result: EngineResult) => number }[] = [
  { title: 'write', unit: 'blocks/s', of: ({ writtenPerSecond }) => writtenPerSecond },
  { title: 'slowest commit', unit: 'ms', of: ({ slowestCommitMs }) => slowestCommitMs },
  { title: 'read by height', unit: 'blocks/s', of: ({ heightsPerSecond }) => heightsPerSecond },
  { title: 'read by hash', unit: 'blocks/s', of: ({ hashesPerSecond }) => hashesPerSecond },
  { title: 'open', unit: 'ms', of: ({ openMs }) => openMs },
  { title: 'bytes on disk per byte of bodies', unit: 'x', of: ({ diskPerByte }) => diskPerByte },
];

function beside(results: readonly EngineResult[], unit: string, of: (result: EngineResult) => number): Figure[] {
  const [first] = results;
  assert(first !== undefined, 'there is an engine');
  return results.map((result) => ({
    name: result.engine,
    value: of(result),
    unit,
    timesFirst: of(result) / of(first),
  }));
}

async function measureEngine(kind: EngineKind, load: Load, lookups: number): Promise<EngineResult> {
  const folder = mkdtempSync(join(tmpdir(), 'cairn-storage-'));
  try {
    const written = await write(kind, folder, load);
    const openedMs = performance.now();
    const engine = await kind.open(folder);
    assert(engine.bodyAt(load.blocks - 1) !== undefined, 'what was written is there');
    const openMs = performance.now() - openedMs;
    const heights = Array.from({ length: Math.min(lookups, 4 * load.blocks) }, (_, i) => scatter(i) % load.blocks);
    const heightsPerSecond = rate(heights, (height) => engine.bodyAt(height));
    const hashes = heights.map((height) => recordHash(scatter(height) % load.blocks));
    const hashesPerSecond = rate(hashes, (hash) => engine.bodyOf(hash));
    await engine.close();
    const diskPerByte = folderBytes(folder) / written.bodyBytes;
    const { writtenPerSecond, slowestCommitMs } = written;
    return {
      engine: kind.name,
      writtenPerSecond,
      slowestCommitMs,
      openMs,
      heightsPerSecond,
      hashesPerSecond,
      diskPerByte,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The time that commits take; what it takes to make the records is no part of it. */
async function write(
  kind: EngineKind,
  folder: string,
  load: Load,
): Promise<{ readonly writtenPerSecond: number; readonly slowestCommitMs: number; readonly bodyBytes: number }> {
  const engine = await kind.open(folder);
  let bodyBytes = 0;
  let totalMs = 0;
  let slowestCommitMs = 0;
  for (let first = 0; first < load.blocks; first += load.blocksAtOnce) {
    const records: StoredRecord[] = [];
    for (let height = first; height < Math.min(first + load.blocksAtOnce, load.blocks); height++) {
      records.push(makeRecord(height, load.bodyBytes));
    }
    const startMs = performance.now();
    await engine.commit(records);
    const elapsedMs = performance.now() - startMs;
    totalMs += elapsedMs;
    slowestCommitMs = Math.max(slowestCommitMs, elapsedMs);
    for (const { body } of records) bodyBytes += body.length;
  }
  await engine.close();
  return { writtenPerSecond: (1000 * load.blocks) / totalMs, slowestCommitMs, bodyBytes };
}

function rate<Key>(keys: readonly Key[], look: (key: Key) => Uint8Array | undefined): number {
  const startMs = performance.now();
  for (const key of keys) assert(look(key)?.[0] === OPEN_BRACE, 'every block is found');
  return (1000 * keys.length) / (performance.now() - startMs);
}

function folderBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

/** Spreads consecutive numbers over 31 bits. */
function scatter(number: number): number {
  return Math.imul(Math.imul(number + 1, 0x9e3779b1) ^ (number >>> 3), 0x85ebca6b) >>> 1;
}

const OPEN_BRACE = 0x7b;
