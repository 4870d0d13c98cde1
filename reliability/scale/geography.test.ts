import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../src/simulator/random.ts';
import { drawLatencyMs, drawRegion, REGIONS } from './geography.ts';

test('every node stands in one region, and distances are the same both ways', () => {
  const shares = REGIONS.reduce((sum, { share }) => sum + share, 0);
  assert.ok(Math.abs(shares - 1) < 1e-9);
  for (const [i, one] of REGIONS.entries()) {
    for (const [j, other] of REGIONS.entries()) assert.equal(one.latenciesMs[j], other.latenciesMs[i]);
  }
});

test('regions are drawn as often as nodes stand there', () => {
  const random = new Random('regions');
  const drawn = Array.from({ length: 20_000 }, () => drawRegion(random));
  for (const region of REGIONS) {
    const share = drawn.filter((one) => one === region).length / drawn.length;
    assert.ok(Math.abs(share - region.share) < 0.01, region.name);
  }
});

test('a message takes from a fifth less to half more than the mean between two regions', () => {
  const random = new Random('latencies');
  const [america, europe] = REGIONS;
  assert.ok(america !== undefined && europe !== undefined);
  const drawn = Array.from({ length: 5_000 }, () => drawLatencyMs(america, europe, random));
  assert.ok(Math.min(...drawn) >= 0.8 * 124 && Math.max(...drawn) <= 1.5 * 124);
  const mean = drawn.reduce((sum, ms) => sum + ms, 0) / drawn.length;
  assert.ok(Math.abs(mean / 124 - 1.03) < 0.02, `${mean} ms`);
});
