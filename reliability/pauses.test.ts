/** A node that is put to sleep, asked twice to end, without its miner, and one of four that want the same folder. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAUSE_TRIALS } from './pauses/trials.ts';
import { pauseNodes } from './pauses.ts';

const TRIALS = ['asleep', 'asked twice', 'with a miner that hangs it works on', 'of four that want one folder'];

test('a node that sleeps, is asked twice to end, loses its miner or finds its folder taken keeps what it acknowledged', async (t) => {
  const trials = PAUSE_TRIALS.filter(({ name }) => TRIALS.some((start) => name.startsWith(start)));
  assert.equal(trials.length, TRIALS.length);
  const { failures } = await pauseNodes({
    trials,
    rounds: 1,
    sleepMs: 1_000,
    seed: 20261122,
    again: 'node --test reliability/pauses.test.ts',
    tell: (line) => t.diagnostic(line),
  });
  assert.deepEqual(failures, []);
});
