/** Engines that map keys to values: lmdb, a tree of pages in a mapped file, and LevelDB, a log-structured merge tree. */
import { join } from 'node:path';
import { requirePeer } from '../peers/installed-peers.ts';
import type { EngineKind } from './block-engine.ts';

/** https://github.com/kriszyp/lmdb-js/blob/v3.5.5/README.md: as much of it as is used. */
interface Lmdb {
  open(options: Readonly<Record<string, unknown>>): LmdbTable;
}

interface LmdbTable {
  openDB(options: Readonly<Record<string, unknown>>): LmdbTable;
  transactionSync(work: () => void): void;
  putSync(key: number | Buffer, value: Buffer | number): unknown;
  get(key: number | Buffer): unknown;
  close(): Promise<void>;
}

/** https://github.com/Level/classic-level/blob/v3.0.0/README.md */
interface ClassicLevel {
  open(): Promise<void>;
  batch(operations: readonly object[], options: { readonly sync: boolean }): Promise<void>;
  getSync(key: Buffer): unknown;
  close(): Promise<void>;
}

interface LevelModule {
  readonly ClassicLevel: new (folder: string, options: Readonly<Record<string, unknown>>) => ClassicLevel;
}

export function lmdb(installed: string): EngineKind {
  return {
    name: 'lmdb 3.5.5',
    open: (folder) => {
      // Without overlapping, a transaction is on the disk when it is done.
      const options = { path: join(folder, 'lmdb'), maxDbs: 3, overlappingSync: false };
      const root = requirePeer(installed, 'lmdb', isLmdb).open(options);
      const bodies = root.openDB({ name: 'bodies', keyEncoding: 'uint32', encoding: 'binary' });
      const heights = root.openDB({ name: 'heights', keyEncoding: 'binary', encoding: 'ordered-binary' });
      const nodes = root.openDB({ name: 'nodes', keyEncoding: 'uint32', encoding: 'binary' });
      const bodyAt = (height: number) => withoutHead(bodies.get(height));
      return {
        commit: (records) =>
          root.transactionSync(() => {
            for (const { height, hash, head, body, nodes: pair } of records) {
              bodies.putSync(height, Buffer.concat([head, body]));
              heights.putSync(hash, height);
              for (const [i, node] of pair.entries()) nodes.putSync(2 * height + i, node);
            }
          }),
        bodyAt,
        bodyOf: (hash) => bodyAt(Number(heights.get(hash) ?? -1)),
        close: () => root.close(),
      };
    },
  };
}

export function classicLevel(installed: string): EngineKind {
  return {
    name: 'classic-level 3.0.0, compressing',
    open: async (folder) => {
      const { ClassicLevel } = requirePeer(installed, 'classic-level', isLevel);
      const level = new ClassicLevel(join(folder, 'level'), { keyEncoding: 'buffer', valueEncoding: 'buffer' });
      await level.open();
      const put = (key: Buffer, value: Buffer) => ({ type: 'put', key, value });
      return {
        commit: (records) =>
          level.batch(
            records.flatMap(({ height, hash, head, body, nodes: [left, right] }) => [
              put(numberKey(BODY_PREFIX, height), Buffer.concat([head, body])),
              put(hashKey(hash), numberKey(BODY_PREFIX, height)),
              put(numberKey(NODE_PREFIX, 2 * height), left),
              put(numberKey(NODE_PREFIX, 2 * height + 1), right),
            ]),
            { sync: true },
          ),
        bodyAt: (height) => withoutHead(level.getSync(numberKey(BODY_PREFIX, height))),
        bodyOf: (hash) => {
          const key = level.getSync(hashKey(hash));
          return key instanceof Buffer ? withoutHead(level.getSync(key)) : undefined;
        },
        close: () => level.close(),
      };
    },
  };
}

function numberKey(prefix: number, number: number): Buffer {
  const key = Buffer.allocUnsafe(5);
  key[0] = prefix;
  key.writeUInt32BE(number, 1);
  return key;
}

function hashKey(hash: Buffer): Buffer {
  return Buffer.concat([HASH_PREFIX, hash]);
}

function withoutHead(value: unknown): Uint8Array | undefined {
  return value instanceof Uint8Array ? value.subarray(HEAD_BYTES) : undefined;
}

function isLmdb(module: unknown): module is Lmdb {
  return typeof module === 'object' && module !== null && 'open' in module;
}

function isLevel(module: unknown): module is LevelModule {
  return typeof module === 'object' && module !== null && 'ClassicLevel' in module;
}

const HEAD_BYTES = 150;
const BODY_PREFIX = 1;
const NODE_PREFIX = 2;
const HASH_PREFIX = Buffer.of(3);
