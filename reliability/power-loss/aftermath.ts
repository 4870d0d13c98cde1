/** Opens what a power loss has left, and holds it against what was sure. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkStore } from '../../src/storage/fsck.ts';
import { openSqliteStore } from '../../src/storage/sqlite-store.ts';
import { TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { NO_CHANGE, pendingEntry } from '../../test/support/store-change.ts';
import { fingerprint } from '../store-changes.ts';
import type { DiskImage } from './disk-operation.ts';
import { COPY_PATH } from './workload.ts';

/** What the process had said before the power went. */
export interface Expectation {
  /** Undefined before the store has said anything. */
  readonly sure: string | undefined;
  readonly trying: string | undefined;
}

/** What is wrong with what is left in `image`; undefined: nothing. Works in `folder`, which is empty before and after. */
export async function judge(options: {
  readonly image: DiskImage;
  readonly expected: Expectation;
  readonly folder: string;
  /** Whether every byte is looked at, not only what a node reads. */
  readonly isThorough: boolean;
}): Promise<string | undefined> {
  const { image, expected, folder, isThorough } = options;
  try {
    writeImage(image, folder);
    const wrong = await judgeStore(join(folder, 'data'), expected, isThorough);
    if (wrong !== undefined || !image.has(COPY_PATH)) return wrong;
    const ofCopy = await judgeStore(dirname(join(folder, COPY_PATH)), expected, isThorough);
    return ofCopy === undefined ? undefined : `the copy: ${ofCopy}`;
  } catch (error) {
    return `it does not open: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Puts the files of `image` under `folder`. */
export function writeImage(image: DiskImage, folder: string): void {
  for (const [path, bytes] of image) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
}

async function judgeStore(
  folder: string,
  { sure, trying }: Expectation,
  isThorough: boolean,
): Promise<string | undefined> {
  const store = await openSqliteStore({ folder, params: TEST_PARAMS });
  try {
    const found = await fingerprint(store);
    const isExpected = found === trying || found === sure || (sure === undefined && trying === undefined);
    if (!isExpected) return `it holds ${found}; sure was ${sure}, on its way ${trying}`;
    const { fault } = await store.check({ onProgress: () => undefined, signal: NEVER });
    if (fault !== undefined) return `its chain is not valid: ${fault.message}`;
    await store.commit({ ...NO_CHANGE, pendingAdded: [pendingEntry('"after the power came back"')] });
  } finally {
    await store.close();
  }
  if (!isThorough) return undefined;
  const { problems } = await checkStore({ folder, params: TEST_PARAMS });
  const [first] = problems;
  return first === undefined ? undefined : `fsck: ${first.code}: ${first.detail}`;
}

const NEVER = new AbortController().signal;
