import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { assertPresent } from '../core/assert.ts';
import { LoopTurns } from './loop-turns.ts';

describe('the turns of the event loop', () => {
  test('a turn is over when its time is used up, and the next one has its own', (t) => {
    const loop = startLoop(t);
    assert.equal(loop.turns.isOver, false);
    loop.pass(2.9);
    assert.equal(loop.turns.isOver, false);
    loop.pass(0.1);
    assert.equal(loop.turns.isOver, true);
    loop.goRound(5);
    assert.equal(loop.turns.isOver, false);
  });

  test('after a turn that was used up the event loop goes round without anybody, so that others come in between', (t) => {
    const loop = startLoop(t);
    let went = 0;
    loop.useUp();
    loop.turns.waitForNext(() => went++);
    loop.goRound(4);
    assert.equal(went, 0);
    loop.goRound(1);
    assert.equal(went, 1);
  });

  test('a turn that was not used up is followed by the next at once', (t) => {
    const loop = startLoop(t);
    void loop.turns.isOver;
    loop.pass(2.9);
    loop.goRound(1);
    assert.equal(loop.turns.isOver, false);
    loop.pass(2.9);
    assert.equal(loop.turns.isOver, false);
  });

  test('those who wait go on in a later turn, in the order in which they came, as many as it has time for', (t) => {
    const loop = startLoop(t);
    const went: string[] = [];
    loop.useUp();
    loop.turns.waitForNext(() => {
      went.push('first');
      loop.pass(3);
      loop.turns.waitForNext(() => went.push('first, again'));
    });
    loop.turns.waitForNext(() => went.push('second'));
    assert.deepEqual(went, []);
    loop.goRound(5);
    assert.deepEqual(went, ['first']);
    loop.goRound(5);
    assert.deepEqual(went, ['first', 'second', 'first, again']);
  });

  test('nothing runs while nobody asks', (t) => {
    const loop = startLoop(t);
    assert.equal(loop.awaited, 0);
    void loop.turns.isOver;
    assert.equal(loop.awaited, 1);
    loop.goRound(1);
    assert.equal(loop.awaited, 0);
    loop.useUp();
    loop.goRound(5);
    assert.equal(loop.awaited, 0);
  });
});

/** An event loop whose rounds come, and whose time passes, when a test says so. */
function startLoop(t: TestContext) {
  const rounds: (() => void)[] = [];
  const turns = new LoopTurns((round) => rounds.push(round));
  let nowMs = 0;
  t.mock.method(performance, 'now', () => nowMs);
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  return {
    turns,
    pass,
    get awaited() {
      return rounds.length;
    },
    goRound(times: number): void {
      for (let round = 0; round < times; round++) assertPresent(rounds.shift(), 'a round is awaited')();
    },
    useUp(): void {
      void turns.isOver;
      pass(3);
    },
  };
}
