/** A table of records that follows a chain, and the waiting for it. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RecordFilter } from '../../src/api/record-filter.ts';
import type { RecordsPage } from '../../src/api/record-shapes.ts';
import { genesisPoint } from '../../src/core/validation.ts';
import { openRecordIndex, type RecordIndex, type RecordIndexOptions } from '../../src/records/record-index.ts';
import type { RecordQuestion } from '../../src/records/record-search.ts';
import type { RecordSource } from '../../src/records/record-source.ts';
import { type BuiltChain, bodyOf, buildChain, TEST_PARAMS } from './chain-fixture.ts';

/** Each block has an entry with its height and the chain's name, and every third one none. */
export function chainOf(name: string, count: number, parent = genesisPoint(TEST_PARAMS)): BuiltChain {
  return buildChain(TEST_PARAMS, parent, count, (height) =>
    height % 3 === 0 ? bodyOf() : bodyOf(`{"chain":"${name}","height":${height}}`),
  );
}

export const INDEXES = { pointers: ['/height'], fullText: true };
export const ALL: RecordQuestion = { filter: {}, order: 'asc', limit: 1_000, cursor: undefined };

/** A table of `source` in `folder`. What it tells of fails the test, unless somebody listens. */
export function open(
  folder: string,
  source: RecordSource,
  options: Partial<Pick<RecordIndexOptions, 'indexes' | 'onTrouble' | 'onThreadEnd'>> = {},
): Promise<RecordIndex> {
  const fail = (error: unknown): void => assert.fail(String(error));
  const told = { indexes: INDEXES, onTrouble: fail, onThreadEnd: fail, ...options };
  return openRecordIndex({ folder, params: TEST_PARAMS, source, ...told });
}

/** Has the table catch up, and waits until it says that it has come to `height`. */
export async function reached(index: RecordIndex, height: number): Promise<void> {
  index.wake();
  while (index.status.indexed_to !== height) await nextTurn();
}

/** The same where the timers of `t` are those of the test. */
export async function reachedInTime(t: TestContext, index: RecordIndex, height: number): Promise<void> {
  index.wake();
  while (index.status.indexed_to !== height) {
    t.mock.timers.tick(10_000);
    await nextTurn();
  }
}

/** All of its records that pass, on one page. */
export async function read(index: RecordIndex, filter: RecordFilter = {}): Promise<RecordsPage> {
  const page = await index.page({ ...ALL, filter });
  assert.ok(page.ok);
  return JSON.parse(page.value);
}

export const heightsOf = ({ records }: RecordsPage): number[] => records.map(({ height }) => height);
/** The heights from `from` to `to` whose blocks have an entry. */
export const withEntries = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i).filter((height) => height % 3 !== 0);
