import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseScenario, play, readScenario, ScenarioError, scenarioNames } from './scenario.ts';

for (const name of scenarioNames()) {
  const scenario = readScenario(name);
  test(`${name}: ${scenario.about}`, async () => {
    await play(scenario, { seed: 1 });
  });
}

test('a sentence that nobody understands is named with its line', () => {
  assert.throws(
    () => parseScenario('story', '# Why\n3 nodes in a ring\n\na dances'),
    new ScenarioError('story, line 4: what is "a dances"?'),
  );
  assert.throws(() => parseScenario('story', '# Why\n'), new ScenarioError('story: how many nodes are there?'));
});

test('a story that does not go as it is told fails at the sentence that is wrong', async () => {
  const scenario = parseScenario(
    'story',
    '2 nodes in a mesh\nafter 1 minute a is cut off from the rest\n# So:\nafter 5 minutes all agree within 1 hour',
  );
  await assert.rejects(
    play(scenario, { seed: 1 }),
    /story, line 4: "all agree within 1 hour": all agree within 3600000 ms/,
  );
});

test('one seed tells a story in one way, another in another', async () => {
  const hashes = await Promise.all(
    [1, 1, 2].map(async (seed) => (await play(readScenario('bridge'), { seed })).traceHash),
  );
  assert.equal(hashes[0], hashes[1]);
  assert.notEqual(hashes[0], hashes[2]);
});
