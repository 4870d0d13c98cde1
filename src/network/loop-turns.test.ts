import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { LoopTurns } from './loop-turns.ts';

describe('the turns of the event loop', () => {
  test('a turn is over when its time is used up, and the next one has its own', async () => {
    const turns = new LoopTurns();
    assert.equal(turns.isOver, false);
    useUp(turns);
    await setImmediate();
    assert.equal(turns.isOver, false);
  });

  test('those who wait go on in a later turn, in the order in which they came, as many as it has time for', async () => {
    const turns = new LoopTurns();
    const went: string[] = [];
    useUp(turns);
    turns.waitForNext(() => {
      went.push('first');
      useUp(turns);
      turns.waitForNext(() => went.push('first, again'));
    });
    turns.waitForNext(() => went.push('second'));
    assert.deepEqual(went, []);
    await setImmediate();
    assert.deepEqual(went, ['first']);
    await setImmediate();
    assert.deepEqual(went, ['first', 'second', 'first, again']);
  });

  test('nothing runs while nobody asks', async () => {
    const turns = new LoopTurns();
    void turns.isOver;
    await setImmediate();
    assert(!process.getActiveResourcesInfo().includes('Immediate'));
  });
});

function useUp(turns: LoopTurns): void {
  while (!turns.isOver);
}
