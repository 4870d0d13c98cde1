/** The last hour of a chain, found by halving. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type JsonText, jsonValue } from '../core/json-text.ts';
import type { ProbeClient } from '../probe/probe-client.ts';
import { type ChainHour, readLastHour } from './chain-hour.ts';

interface FakeBlock {
  readonly timeS: number;
  readonly work: bigint;
}

/** Answers `blocks` from a chain that starts with a genesis, and counts the questions. */
function clientOf(chain: readonly FakeBlock[], onCall: (calls: number) => readonly FakeBlock[] = () => chain) {
  let calls = 0;
  const client: Pick<ProbeClient, 'call'> = {
    call: async (_method, params): Promise<JsonText> => {
      calls++;
      const blocks = onCall(calls);
      const { from = blocks.length - 1 } = JSON.parse(params ?? '{}');
      const height = Math.min(from, blocks.length - 1);
      const { timeS, work } = blocks[height] ?? { timeS: 0, work: 0n };
      return jsonValue({ blocks: [{ height, time: new Date(timeS * 1_000).toISOString(), work: String(work) }] });
    },
  };
  return { client, calls: () => calls };
}

/** A chain with these seconds between its blocks; the block at height n is worth n tries. */
function chainOf(gapsS: readonly number[]): FakeBlock[] {
  const chain: FakeBlock[] = [{ timeS: 1_000_000, work: 1n }];
  for (const gapS of gapsS) {
    const { timeS, work } = chain.at(-1) as FakeBlock;
    chain.push({ timeS: timeS + gapS, work: work + BigInt(chain.length) });
  }
  return chain;
}

/** Block by block. */
function plainHour(chain: readonly FakeBlock[]): ChainHour | undefined {
  const tip = chain.at(-1);
  if (tip === undefined || chain.length === 1) return undefined;
  const fromHeight = chain.findIndex(({ timeS }, height) => height > 0 && timeS > tip.timeS - 3_600);
  const before = chain[fromHeight - 1] as FakeBlock;
  const time = new Date(tip.timeS * 1_000).toISOString();
  const spanS = tip.timeS - (chain[1] as FakeBlock).timeS;
  const seconds = fromHeight > 1 ? 3_600 : Math.max(1, spanS);
  return { fromHeight, toHeight: chain.length - 1, time, seconds, work: tip.work - before.work };
}

test('a block of exactly an hour before the tip is not in the hour, one a second later is', async () => {
  const chain = chainOf([50, 1, 3_599, 0]);
  const { client } = clientOf(chain);
  const { fromHeight, toHeight, work } = (await readLastHour(client)) as ChainHour;
  assert.deepEqual([fromHeight, toHeight, work], [2, 4, 2n + 3n + 4n]);
});

test('the genesis took no work, and is in no hour', async () => {
  assert.equal(await readLastHour(clientOf(chainOf([])).client), undefined);
  const hour = await readLastHour(clientOf(chainOf([10, 10])).client);
  assert.deepEqual([hour?.fromHeight, hour?.work], [1, 3n]);
});

test('on any chain it finds what going through all blocks finds', async () => {
  const gaps = fc.array(fc.oneof(fc.nat(30), fc.nat(4_000)), { maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(gaps, async (gapsS) => {
      const chain = chainOf(gapsS);
      assert.deepEqual(await readLastHour(clientOf(chain).client), plainHour(chain));
    }),
    { seed: 20261122, numRuns: 200 },
  );
});

test('a million blocks take about twenty questions', async () => {
  const chain = Array.from({ length: 1_000_001 }, (_, i) => ({ timeS: 10 * i, work: BigInt(i) }));
  const { client, calls } = clientOf(chain);
  const { fromHeight, work } = (await readLastHour(client)) as ChainHour;
  assert.deepEqual([fromHeight, work], [1_000_000 - 359, 360n]);
  assert.ok(calls() <= 23, String(calls()));
});

test('a chain that becomes shorter meanwhile is no trouble', async () => {
  const chain = chainOf(Array.from({ length: 500 }, () => 10));
  const { client } = clientOf(chain, (calls) => (calls <= 2 ? chain : chain.slice(0, 200)));
  const { fromHeight, toHeight, work } = (await readLastHour(client)) as ChainHour;
  assert.deepEqual([fromHeight, toHeight], [141, 500]);
  assert.equal(work, (chain[500] as FakeBlock).work - (chain[140] as FakeBlock).work);
});
