import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

function sim(...args: readonly string[]) {
  const main = new URL('./main.ts', import.meta.url).pathname;
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

test('a seed is run again as it was, and its trace printed if wanted', () => {
  const [once, again] = [sim('--seed', '3', '--minutes', '2'), sim('--seed', '3', '--minutes', '2', '--trace')];
  assert.equal(once.status, 0, once.stdout);
  const hash = /seed 3: held, trace ([0-9a-f]{64})/.exec(once.stdout)?.[1];
  assert.ok(hash);
  assert.match(again.stdout, new RegExp(hash));
  assert.ok(again.stdout.split('\n').length > 300);
});

test('some seeds end with what they came to', () => {
  const { status, stdout } = sim('--seeds', '2', '--from', '40', '--minutes', '2', '--nodes', '3');
  assert.equal(status, 0, stdout);
  assert.match(stdout, /^2 seeds, \d+\.\d node-hours in [\d.]+ s .*: all held$/m);
});

test('a scenario is played by its name', () => {
  const { status, stdout } = sim('--scenario', 'ring');
  assert.equal(status, 0, stdout);
  assert.match(stdout, /^held: ring: In a ring every block goes the long way round/m);
});

test('what is not understood is said, with what there is', () => {
  const cases: [string[], RegExp][] = [
    [[], /^Say which: --seeds 200, --seed 7 or --scenario halves\.$/m],
    [['--seeds', 'many'], /^--seeds wants a whole number from 1 to \d+, not 'many'\.$/m],
    [['--seed', '1', '--nodes', '1'], /^--nodes wants a whole number from 2 to 26, not '1'\.$/m],
    [['--scenario', 'nothing'], /^There is no scenario 'nothing'; there are .*halves/m],
    [['--sed', '1'], /'--sed'/],
  ];
  for (const [args, expected] of cases) {
    const { status, stderr } = sim(...args);
    assert.equal(status, 2);
    assert.match(stderr, expected);
  }
  assert.match(sim('--help').stdout, /npm run sim -- --seed 7/);
});
