import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chanceOf, expectedTries } from './mining-odds.ts';

describe('the odds of a search', () => {
  it('follow from the target', () => {
    assert.equal(expectedTries('1f00ffff'), 65_537);
    assert.equal(expectedTries('00000000'), undefined);
  });

  it('begin at nothing and come near to certainty', () => {
    assert.equal(chanceOf(0, 65_537), 0);
    assert.ok(Math.abs(chanceOf(65_537, 65_537) - (1 - 1 / Math.E)) < 1e-5);
    assert.ok(chanceOf(1_000_000, 65_537) > 0.999_99);
    assert.equal(chanceOf(1, 1), 1);
  });
});
