/** That a damaged store finds it out, or is right, and that examinations would notice if not. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertPresent } from '../src/core/assert.ts';
import { examine } from './disk-images/examination.ts';
import { makeSpecimens } from './disk-images/specimens.ts';
import { examineAll } from './disk-images.ts';

const TRIALS = 80;

test(`${TRIALS} damaged stores find it out, or are right`, async () => {
  const seeds = Array.from({ length: TRIALS }, (_, i) => `fixed/${i}`);
  const outcomes = { refused: 0, found: 0, whole: 0 };
  for await (const { seed, story, outcome, wrong } of examineAll(seeds)) {
    assert.deepEqual(wrong, [], `${seed}: ${story}`);
    outcomes[outcome]++;
  }
  assert.ok(outcomes.refused > 5 && outcomes.found > 5 && outcomes.whole > 5, JSON.stringify(outcomes));
});

test('what once was a trap is none any more', async () => {
  const traps = new Map([
    ['1/9', 'an index to which no question can be put kept the store from opening'],
    ['1/16', 'a tree of blocks that led round and round kept fsck busy for ever'],
    ['1/36', 'and so did a page that stands in the place of another'],
    ['20261123/601', 'and a tree of heights in which the highest one was not to be reached'],
    ['1/475', 'of a tip that is not found by its hash, the chain as JSON was empty'],
  ]);
  for await (const { seed, story, wrong } of examineAll([...traps.keys()])) {
    assert.deepEqual(wrong, [], `${traps.get(seed)}: ${story}`);
  }
});

test('an examination finds what is not so', async (t) => {
  const { subjects, truth } = await makeSpecimens();
  const folder = mkdtempSync(join(tmpdir(), 'cairn-images-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, bytes] of assertPresent(subjects.get('closed'), 'there is one'))
    writeFileSync(join(folder, name), bytes);
  const [known] = truth.blocks.keys();
  const blocks = new Map([
    [assertPresent(known, 'the genesis'), assertPresent([...truth.blocks.values()].at(-1), 'a block')],
  ]);
  const { wrong } = await examine(folder, { ...truth, blocks, states: new Set() });
  for (const sign of [
    /the window: .* never was/,
    /another body at height 0/,
    /headersAfter: .* never was/,
    /there never was/,
  ]) {
    assert.ok(
      wrong.some((line) => sign.test(line)),
      `${sign}: ${wrong.join('; ')}`,
    );
  }
});
