import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { LoopTurns } from './loop-turns.ts';

describe('the turns of the event loop', () => {
  test('a turn is over when its time is used up, and the next one has its own', async () => {
    const turns = new LoopTurns(globalThis.setImmediate);
    assert.equal(turns.isOver, false);
    useUp(turns);
    await nextTurn();
    assert.equal(turns.isOver, false);
  });

  test('after a turn that was used up the event loop goes round without anybody, so that others come in between', async () => {
    const turns = new LoopTurns(globalThis.setImmediate);
    useUp(turns);
    let rounds = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    turns.waitForNext(resolve);
    const count = () => {
      rounds++;
      counting = globalThis.setImmediate(count);
    };
    let counting = globalThis.setImmediate(count);
    await promise;
    clearImmediate(counting);
    assert.ok(rounds >= 4, `${rounds} rounds`);
  });

  test('a turn that was not used up is followed by the next at once', async () => {
    const turns = new LoopTurns(globalThis.setImmediate);
    void turns.isOver;
    await setImmediate();
    useUp(turns);
    await nextTurn();
    assert.equal(turns.isOver, false);
  });

  test('those who wait go on in a later turn, in the order in which they came, as many as it has time for', async () => {
    const turns = new LoopTurns(globalThis.setImmediate);
    const went: string[] = [];
    useUp(turns);
    turns.waitForNext(() => {
      went.push('first');
      useUp(turns);
      turns.waitForNext(() => went.push('first, again'));
    });
    turns.waitForNext(() => went.push('second'));
    assert.deepEqual(went, []);
    await nextTurn();
    assert.deepEqual(went, ['first']);
    await nextTurn();
    assert.deepEqual(went, ['first', 'second', 'first, again']);
  });

  test('nothing runs while nobody asks', async () => {
    const turns = new LoopTurns(globalThis.setImmediate);
    void turns.isOver;
    await setImmediate();
    assert(!process.getActiveResourcesInfo().includes('Immediate'));
  });
});

function useUp(turns: LoopTurns): void {
  while (!turns.isOver);
}

/** A turn that was used up is over, and so are the rounds after it. */
async function nextTurn(): Promise<void> {
  for (let round = 0; round < 5; round++) await setImmediate();
}
