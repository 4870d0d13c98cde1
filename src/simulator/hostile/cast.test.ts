/** What each hostile character comes to: the honest go on, agree, lose nothing and blame nobody else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHARACTERS } from './cast.ts';
import { Stage } from './stage.ts';

/** By which fault a character is found out; the others do nothing that can be proved. */
const FOUND_OUT: Readonly<Record<string, readonly string[]>> = {
  'wide-flooder': [],
  'bad-header-work': ['work-too-low'],
  'bad-header-bits': ['bits-wrong'],
  'bad-header-time': ['timestamp-before-parent'],
  'bad-header-height': ['height-wrong'],
  'bad-header-history': ['history-root-wrong'],
  'bad-header-version': ['header-version-unknown'],
  'bad-header-nonce': ['header-nonce-too-large'],
  'withholder-silent': ['blocks-stalled'],
  'mutator-doubled': ['data-root-wrong'],
  'mutator-swapped': ['data-root-wrong'],
  'mutator-flipped': ['data-root-wrong'],
  'mutator-unwrapped': ['data-root-wrong'],
  'mutator-empty': ['data-root-wrong'],
  'mutator-spaced': ['json-not-canonical'],
  'mutator-ids': ['data-root-wrong'],
  'mutator-entries': ['block-entries-wrong'],
  'spammer-spaced': ['json-not-canonical'],
  'spammer-deep': ['json-depth'],
  'spammer-long': ['entry-too-large'],
  'spammer-number': ['json-number-range'],
  'spammer-broken': ['json-syntax'],
};

for (const { name, about, create } of CHARACTERS) {
  test(`${name}: a peer that ${about} harms nobody`, async () => {
    const stage = new Stage({ seed: 21, nodes: 3 });
    await stage.world.startAll();
    await stage.work(0.5);
    const strangers = [0, 1].map((i) => {
      return stage.admit(create(stage.props(i), stage.hashesPerSecond / 4), { isDialled: i === 1 });
    });
    await stage.work(3);
    const faults = stage.faultsOf(...strangers);
    for (const code of FOUND_OUT[name] ?? []) assert.ok(faults.includes(code), `found out by ${code}, not ${faults}`);
    await stage.end();
  });
}
