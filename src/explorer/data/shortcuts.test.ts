import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Shortcuts } from './shortcuts.ts';

describe('a key', () => {
  it('asks for what it stands for', () => {
    const keys = new Shortcuts();
    assert.deepEqual(keys.press('/', 0), { type: 'search' });
    assert.deepEqual(keys.press('?', 1), { type: 'help' });
    assert.deepEqual(keys.press('p', 2), { type: 'pause' });
    assert.equal(keys.press('x', 3), undefined);
  });

  it('after g goes to a page, once', () => {
    const keys = new Shortcuts();
    assert.equal(keys.press('g', 0), undefined);
    assert.deepEqual(keys.press('p', 500), { type: 'go', page: 'pending' });
    assert.deepEqual(keys.press('p', 600), { type: 'pause' });
  });

  it('long after g is a key of its own', () => {
    const keys = new Shortcuts();
    keys.press('g', 0);
    assert.deepEqual(keys.press('p', 5_000), { type: 'pause' });
  });

  it('that leads nowhere after g asks for nothing', () => {
    const keys = new Shortcuts();
    keys.press('g', 0);
    assert.equal(keys.press('x', 10), undefined);
    assert.equal(keys.press('b', 20), undefined);
  });
});
