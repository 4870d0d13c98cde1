import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpAttacks } from './http-attacks.ts';

test('a gateway and a probe socket outlive what is no request, and answer others meanwhile', async (t) => {
  const effort = { column: 'pull-request', share: 0.05, seed: 20261122 } as const;
  const { figures, failures } = await httpAttacks.run(effort, t.diagnostic.bind(t));
  for (const { name, value, unit } of figures) t.diagnostic(`${name}: ${value.toFixed(1)} ${unit}`);
  assert.deepEqual(failures, []);
});
