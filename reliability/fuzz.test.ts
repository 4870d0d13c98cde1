/** That whatever was once kept holds, that chance finds nothing else in a while, and that the fuzzer can find something. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { Random } from '../src/simulator/random.ts';
import { ByteChoices } from './fuzz/byte-choices.ts';
import { inputOf, lineOf, readCorpus } from './fuzz/corpus.ts';
import { CoverageMeter } from './fuzz/coverage.ts';
import { breaks, Fuzzer } from './fuzz/fuzzer.ts';
import { shrink } from './fuzz/shrink.ts';
import type { FuzzTarget } from './fuzz/target.ts';
import { FUZZ_TARGETS } from './fuzz/targets.ts';
import { runWatched } from './fuzz/watched-run.ts';

const SEED = 20_261_122;
/** For a target of weight 1. */
const INPUTS = 150;

for (const target of FUZZ_TARGETS) {
  test(`${target.name}: ${target.claim}`, async () => {
    const kept = [...(await readCorpus('cases', target.name)), ...(await readCorpus('grown', target.name))];
    const corpus = [...kept, ...target.seeds()];
    const fuzzer = new Fuzzer({ target, random: new Random(SEED).stream(target.name), corpus });
    try {
      const failure = await fuzzer.run(Math.ceil(INPUTS * target.weight));
      assert.equal(failure, undefined, failure && `${failure.message}\n${lineOf(failure.input)}`);
    } finally {
      target.close?.();
    }
  });
}

test('every kept input belongs to a target', () => {
  const names = FUZZ_TARGETS.map(({ name }) => `${name}.txt`);
  for (const kind of ['grown', 'cases']) {
    const files = readdirSync(new URL(`./fuzz/${kind}/`, import.meta.url)).filter((name) => name.endsWith('.txt'));
    for (const file of files) assert.ok(names.includes(file), `${kind}/${file}`);
  }
});

test('any bytes are kept as a line and read again as they were', () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  for (const input of [all, Uint8Array.from(Buffer.from('\\x41 \\\\ "')), new Uint8Array(0)]) {
    const line = lineOf(input);
    assert.match(line, /^"[\x20-\x7e]*$/);
    assert.deepEqual(inputOf(line), input);
  }
});

test('what is wrong with one word in a thousand is found, made small, and found alike from the same seed', async () => {
  const target = brokenBy((text) => text.includes('[[') && text.includes('"x'));
  const runs = await Promise.all(
    [1, 2].map(() => new Fuzzer({ target, random: new Random(7), corpus: [] }).run(20_000)),
  );
  assert.deepEqual(runs[0], runs[1]);
  const input = runs[0]?.input ?? new Uint8Array(0);
  assert.equal(input.length, 4);
});

test('an input that reaches new code is kept, and leads on to what no single change reaches', async () => {
  const coverage = new CoverageMeter(new URL('./fuzz/steps.fixture.ts', import.meta.url));
  const { STEPS } = await import('./fuzz/steps.fixture.ts');
  const options = { target: STEPS, random: new Random(3), corpus: [], coverage };
  try {
    const failure = await new Fuzzer(options).run(20_000);
    assert.ok(failure, 'by coverage it is found');
    assert.equal(Buffer.from(failure.input).toString(), 'step');
  } finally {
    coverage.close();
  }
});

test('nothing is left in the smallest input that is not needed', async () => {
  const needed = async (input: Uint8Array) => [9, 8, 7].every((byte) => input.includes(byte));
  const input = Uint8Array.from({ length: 300 }, (_, i) => i % 256);
  assert.deepEqual(await shrink(input, needed), Uint8Array.of(7, 8, 9));
});

test('choices end where the bytes do, and stay within their ranges', () => {
  const choices = new ByteChoices(Uint8Array.of(250, 1, 2, 3, 4, 5));
  assert.equal(choices.integer(9), 0);
  assert.equal(choices.integer(0), 0, 'where there is no choice, nothing is taken for it');
  assert.equal(choices.integer(65_535), 258);
  assert.deepEqual(choices.bytes(2), Uint8Array.of());
  assert.deepEqual(choices.rest(), Uint8Array.of(4, 5));
  assert.ok(choices.isOver);
  assert.equal(choices.pick(['first', 'second']), 'first');
});

test('a run in its thread tries what it is told to, and finds nothing wrong', async () => {
  const jobs = [
    { name: 'frame-header', inputs: 200 },
    { name: 'timestamp', inputs: 100 },
  ];
  const lines: string[] = [];
  const run = await runWatched(jobs, { seed: SEED, isGuided: false, tell: (line) => lines.push(line) });
  assert.deepEqual(run.failures, []);
  assert.ok(run.tried >= 300);
  assert.equal(lines.length, 2);
});

/** A reader of text that some of it breaks. */
function brokenBy(isBreaking: (text: string) => boolean): FuzzTarget {
  return {
    name: 'broken',
    claim: 'nothing breaks it',
    words: ['[', '"', 'x', '"x'],
    sizeMax: 100,
    weight: 1,
    seeds: () => [Buffer.from('{"key":[1,2,3]}')],
    check(input) {
      if (isBreaking(Buffer.from(input).toString('latin1'))) throw new Error('it broke');
    },
  };
}

test('what breaks a claim is told by its message', async () => {
  const target = brokenBy((text) => text === 'x');
  assert.equal(await breaks(target, Uint8Array.of(0x78)), 'Error: it broke');
  assert.equal(await breaks(target, Uint8Array.of(0x79)), undefined);
});
