/**
 * Long chains to measure with, built once and kept in `bench/.cache`: every block follows every rule, with a difficulty
 * that changes from block to block and is met by every other hash.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { encodeUtf8 } from '#host';
import { assert, assertPresent } from '../../src/core/assert.ts';
import { type Block, createBlock } from '../../src/core/block.ts';
import { type Body, dataRoot, entryIds, parseBody } from '../../src/core/body.ts';
import { canonicalize } from '../../src/core/canonical-json.ts';
import { type Hash, hashToNumber } from '../../src/core/hash.ts';
import { createParams, type NetworkParams, paramsHash } from '../../src/core/params.ts';
import { bitsToTarget } from '../../src/core/target.ts';
import {
  type ChainPoint,
  createCandidateHeader,
  genesisPoint,
  hashedHeader,
  validateHeader,
} from '../../src/core/validation.ts';
import { openSqliteStore } from '../../src/storage/sqlite-store.ts';
import { openThreadedStore } from '../../src/storage/threaded-store.ts';
import { originEvent } from '../records.ts';

/** The genesis is old enough that a million blocks, 10 s each, are in the past. */
export const SCALE_PARAMS: NetworkParams = createParams({
  name: 'bench-scale',
  genesisTime: 1_700_000_000,
  targetLimit: 0x207fffff,
});

export interface ChainShape {
  readonly blocks: number;
  /** 1: each block's data is one value. More: an array of so many. */
  readonly entriesPerBlock: number;
}

/** A chain on disk. */
export interface ScaleChain extends ChainShape {
  /** The data folder, as a node has it. What is written to it stays. */
  readonly folder: string;
  readonly tip: Hash;
  /** Of all bodies. */
  readonly bodyBytes: number;
  /** Blocks a second when it was built: making entries, finding nonces, checking and committing. */
  readonly builtPerSecond: number;
}

/** The chain of this shape: the one in `cacheFolder`, or one that is built now. What was half built is built anew. */
export async function provideChain(cacheFolder: string, shape: ChainShape): Promise<ScaleChain> {
  mkdirSync(cacheFolder, { recursive: true });
  const name = `chain-${shape.blocks}x${shape.entriesPerBlock}`;
  const key = createHash('sha256')
    .update(`${CHAIN_VERSION} ${paramsHash(SCALE_PARAMS)} ${await storeFormat(cacheFolder)}`)
    .digest('hex')
    .slice(0, 12);
  const folder = join(cacheFolder, `${name}-${key}`);
  if (!existsSync(folder)) {
    // Chains of another format, and what was not finished, are of no use any more.
    const stale = readdirSync(cacheFolder).filter((entry) => entry.startsWith(`${name}-`));
    for (const entry of stale) rmSync(join(cacheFolder, entry), { recursive: true });
    const unfinished = join(cacheFolder, `${name}-unfinished`);
    const told = await buildChain(join(unfinished, DATA_FOLDER), shape);
    await writeFile(join(unfinished, FACTS_FILE), JSON.stringify(told));
    renameSync(unfinished, folder);
  }
  const facts: Omit<ScaleChain, 'folder'> = JSON.parse(readFileSync(join(folder, FACTS_FILE), 'utf8'));
  return { ...facts, folder: join(folder, DATA_FOLDER) };
}

/** The body at `height`: one event as it is, or an array of events. No two entries of a chain are alike. */
export function scaleBody(height: number, entriesPerBlock: number): Body {
  const first = (height - 1) * entriesPerBlock;
  const texts = Array.from({ length: entriesPerBlock }, (_, i) => {
    const canonical = canonicalize(JSON.stringify(originEvent(first + i)), SCALE_PARAMS);
    assert(canonical.ok, 'the records are JSON');
    return canonical.value;
  });
  const body = parseBody(encodeUtf8(entriesPerBlock === 1 ? texts.join() : `[${texts.join()}]`), SCALE_PARAMS);
  assert(body.ok, 'the bodies follow the rules');
  return body.value;
}

async function buildChain(folder: string, shape: ChainShape): Promise<Omit<ScaleChain, 'folder'>> {
  console.log(`building a chain of ${shape.blocks} blocks of ${shape.entriesPerBlock} entries, once`);
  const startMs = performance.now();
  const store = await openThreadedStore({ folder, params: SCALE_PARAMS, onFailure: () => undefined });
  const blocksAtOnce = Math.max(1, Math.min(COMMIT_BLOCKS, Math.floor(COMMIT_ENTRIES / shape.entriesPerBlock)));
  let tip = genesisPoint(SCALE_PARAMS);
  let bodyBytes = 0;
  try {
    let commit: Promise<unknown> = Promise.resolve();
    while (tip.header.height < shape.blocks) {
      const forkHeight = tip.header.height;
      const blocks: { readonly block: Block; readonly work: bigint }[] = [];
      for (let i = Math.min(blocksAtOnce, shape.blocks - forkHeight); i > 0; i--) {
        const body = scaleBody(tip.header.height + 1, shape.entriesPerBlock);
        bodyBytes += body.bytes.length;
        tip = findBlock(tip, body);
        blocks.push({ block: createBlock(tip.header, body), work: tip.work });
      }
      const added = blocks.map(({ block }) => block.hash);
      // While the store keeps these, the next are made.
      await commit;
      commit = store.commit({ blocks, pendingAdded: [], activate: { forkHeight, added } });
    }
    await commit;
    // What is made behind the tip is made before the chain counts as built.
    while ((await store.entryPlaces(tip.hash, 1)).indexedTo < shape.blocks) await delay(INDEX_POLL_MS);
  } finally {
    await store.close();
  }
  const seconds = (performance.now() - startMs) / 1000;
  return { ...shape, tip: tip.hash, bodyBytes, builtPerSecond: shape.blocks / seconds };
}

function findBlock(parent: ChainPoint, body: Body): ChainPoint {
  const solveTime = SOLVE_TIMES[parent.header.height % SOLVE_TIMES.length] ?? 0;
  const candidate = createCandidateHeader({
    parent,
    dataRoot: dataRoot(body.shape, entryIds(body)),
    clockSeconds: parent.header.timestamp + solveTime,
    params: SCALE_PARAMS,
  });
  const target = assertPresent(bitsToTarget(candidate.bits), 'the rules give bits that name a target');
  for (let nonce = 0; ; nonce++) {
    const hashed = hashedHeader({ ...candidate, nonce });
    if (hashToNumber(hashed.hash) > target) continue;
    const point = validateHeader(hashed, parent, SCALE_PARAMS);
    assert(point.ok, 'nothing but the nonce was still to be found');
    return point.value;
  }
}

/** The number of the format in which a store is written now. */
async function storeFormat(cacheFolder: string): Promise<number> {
  const folder = join(cacheFolder, `format-${randomUUID()}`);
  try {
    await (await openSqliteStore({ folder, params: SCALE_PARAMS })).close();
    // "User version": https://www.sqlite.org/fileformat2.html §1.3.
    return readFileSync(join(folder, 'chain.sqlite')).readUInt32BE(60);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** To be raised whenever the same shape gives other blocks. */
const CHAIN_VERSION = 1;
const FACTS_FILE = 'chain.json';
const DATA_FOLDER = 'data';
const COMMIT_BLOCKS = 512;
const COMMIT_ENTRIES = 50_000;
const INDEX_POLL_MS = 20;

/** Seconds, 10 on average. */
const SOLVE_TIMES = [3, 14, 1, 25, 8, 6, 19, 2, 11, 11];
