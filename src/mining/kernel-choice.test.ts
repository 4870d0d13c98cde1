import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { hashKernel } from './hash-kernel.ts';
import type { NonceRange } from './kernel.ts';
import { chooseKernel } from './kernel-choice.ts';
import { KernelError } from './kernel-error.ts';
import { KernelSelfTest } from './kernel-self-test.ts';
import type { KernelSource } from './kernels.ts';
import type { KernelTrial } from './miner.ts';

/** The right kernel under another name, as if it ran at another speed: a clock that only it moves says how fast. */
const selfTest = new KernelSelfTest(randomBytes);

interface Clock {
  nowMs: number;
}

function source(
  clock: Clock,
  name: string,
  noncesPerMs: number,
  options: { readonly isFallback?: boolean; readonly isWrong?: boolean } = {},
): KernelSource<string> {
  const { isFallback = false, isWrong = false } = options;
  return {
    name,
    isFallback,
    load: () => ({
      name,
      search: (range) => {
        clock.nowMs += range.count / noncesPerMs;
        // What is timed is a search that finds nothing, and it need not be done to know that.
        const isTimed = range.targetBytes.every((byte) => byte === 0);
        const found = isTimed ? undefined : hashKernel.search(range);
        return isWrong && found !== undefined && found % 16 === 3 ? undefined : found;
      },
    }),
  };
}

function refusing(name: string): KernelSource<string> {
  return {
    name,
    isFallback: false,
    load: () => {
      throw new KernelError('processor-unsupported', 'it lacks what it takes');
    },
  };
}

async function choose(
  clock: Clock,
  sources: readonly KernelSource<string>[],
  options: {
    readonly demanded?: string;
    readonly isThorough?: boolean;
    readonly refused?: readonly KernelTrial[];
  } = {},
) {
  const { demanded = 'auto', isThorough = false, refused = [] } = options;
  const asked: string[] = [];
  const { kernel, trials } = await chooseKernel({
    sources,
    demanded,
    isThorough,
    refused,
    selfTest,
    beforeTrial: async (name) => void asked.push(name),
    nowMs: () => clock.nowMs,
  });
  return { kernel, trials, asked, outcomes: trials.map(({ outcome }) => outcome) };
}

test('the fastest is chosen, wherever it stands on the list', async () => {
  const clock = { nowMs: 0 };
  const sources = [source(clock, 'slow', 1000), source(clock, 'fast', 9000), source(clock, 'middling', 5000)];
  const { kernel, trials } = await choose(clock, sources);
  assert.equal(kernel, 'fast');
  const rates = trials.map((trial) => (trial.outcome === 'passed' ? Math.round(trial.hashesPerSecond) : undefined));
  assert.deepEqual(rates, [1_000_000, 9_000_000, 5_000_000]);
});

test('a kernel that gets faster all the time is timed for no longer than a quarter of a second', async () => {
  const clock = { nowMs: 0 };
  let noncesPerMs = 1000;
  let timedMs = 0;
  const search = (range: NonceRange) => {
    if (range.targetBytes.some((byte) => byte !== 0)) return hashKernel.search(range);
    noncesPerMs *= 1.2;
    clock.nowMs += range.count / noncesPerMs;
    timedMs += range.count / noncesPerMs;
    return undefined;
  };
  await choose(clock, [{ name: 'eager', isFallback: false, load: () => ({ name: 'eager', search }) }]);
  assert.ok(timedMs > 200 && timedMs < 260, `${timedMs} ms`);
});

test('a kernel that is made wrong on purpose is not chosen, however fast it is', async () => {
  const clock = { nowMs: 0 };
  const sources = [source(clock, 'wrong', 9000, { isWrong: true }), source(clock, 'right', 1000)];
  const { kernel, trials } = await choose(clock, sources);
  assert.equal(kernel, 'right');
  assert.equal(trials[0]?.outcome, 'refused');
  assert.ok(trials[0].outcome === 'refused' && trials[0].code === 'self-test-failed');
});

test('a kernel that cannot be used here is told with its reason, and the next one serves', async () => {
  const clock = { nowMs: 0 };
  const { kernel, trials } = await choose(clock, [refusing('machine'), source(clock, 'right', 1000)]);
  assert.equal(kernel, 'right');
  assert.deepEqual(trials[0], {
    kernel: 'machine',
    outcome: 'refused',
    code: 'processor-unsupported',
    reason: 'it lacks what it takes',
  });
});

test('a fallback is tried only where nothing else works, or where all are asked for', async () => {
  const clock = { nowMs: 0 };
  const right = source(clock, 'right', 1000);
  const fallback = source(clock, 'fallback', 10, { isFallback: true });
  assert.deepEqual((await choose(clock, [right, fallback])).outcomes, ['passed', 'skipped']);
  assert.deepEqual((await choose(clock, [right, fallback], { isThorough: true })).outcomes, ['passed', 'passed']);
  const alone = await choose(clock, [refusing('machine'), fallback]);
  assert.deepEqual(alone.outcomes, ['refused', 'passed']);
  assert.equal(alone.kernel, 'fallback');
});

test('what is demanded is the only one that is tried, and there is no choice if it cannot be used', async () => {
  const clock = { nowMs: 0 };
  const sources = [source(clock, 'fast', 9000), refusing('machine'), source(clock, 'slow', 1000)];
  const slow = await choose(clock, sources, { demanded: 'slow' });
  assert.equal(slow.kernel, 'slow');
  assert.deepEqual(slow.asked, ['slow']);
  const machine = await choose(clock, sources, { demanded: 'machine' });
  assert.equal(machine.kernel, undefined);
  assert.deepEqual(machine.outcomes, ['skipped', 'refused', 'skipped']);
});

test('what was refused before is not tried again, and its reason stays', async () => {
  const clock = { nowMs: 0 };
  const crashed: KernelTrial = { kernel: 'fast', outcome: 'refused', code: 'crashed', reason: 'it ended the process' };
  const sources = [source(clock, 'fast', 9000), source(clock, 'slow', 1000)];
  const { kernel, trials, asked } = await choose(clock, sources, { refused: [crashed] });
  assert.equal(kernel, 'slow');
  assert.deepEqual(asked, ['slow']);
  assert.deepEqual(trials[0], crashed);
});

test('a mistake in a kernel that is no refusal is not taken for one', async () => {
  const broken: KernelSource<string> = {
    name: 'broken',
    isFallback: false,
    load: () => {
      throw new TypeError('undefined is not a function');
    },
  };
  await assert.rejects(choose({ nowMs: 0 }, [broken]), TypeError);
});
