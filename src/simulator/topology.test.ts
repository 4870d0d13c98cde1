import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from './random.ts';
import { TOPOLOGIES, topologyOf } from './topology.ts';

for (const topology of TOPOLOGIES) {
  test(`in a ${topology} of any size all are within reach of each other`, () => {
    for (let count = 2; count <= 26; count++) {
      const knows = topologyOf(topology, count, new Random(count));
      // Connections carry both ways, whoever dialled.
      const reached = new Set([0]);
      for (const one of reached) {
        for (let other = 0; other < count; other++) if (knows(one, other) || knows(other, one)) reached.add(other);
      }
      assert.equal(reached.size, count);
    }
  });
}

test('two clusters know of each other by one pair alone', () => {
  const knows = topologyOf('bridge', 7, new Random(1));
  const across = [0, 1, 2, 3].flatMap((from) => [4, 5, 6].map((to) => [from, to] as const));
  const known = across.filter(([one, other]) => knows(one, other) || knows(other, one));
  assert.deepEqual(known, [[0, 4]]);
});
