import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Deque } from './deque.ts';

test('an empty deque has nothing at either end', () => {
  const deque = new Deque<number>();
  assert.equal(deque.length, 0);
  assert.equal(deque.popBack(), undefined);
  assert.equal(deque.popFront(), undefined);
  assert.equal(deque.at(0), undefined);
  assert.equal(deque.at(-1), undefined);
  assert.deepEqual([...deque], []);
  assert.equal(deque.length, 0);
});

test('a window slides: pushed at the back, falling off at the front', () => {
  const deque = new Deque<number>();
  for (let height = 0; height < 1000; height++) {
    deque.pushBack(height);
    if (deque.length > 100) assert.equal(deque.popFront(), height - 100);
    assert.equal(deque.at(-1), height);
  }
  assert.deepEqual(
    [...deque],
    Array.from({ length: 100 }, (_, i) => 900 + i),
  );
});

test('a reorganisation pops at the back what was pushed last', () => {
  const deque = new Deque(['genesis', 'a', 'b']);
  assert.equal(deque.popBack(), 'b');
  assert.equal(deque.popBack(), 'a');
  deque.pushBack('c');
  assert.deepEqual([...deque], ['genesis', 'c']);
});

test('beyond either end there is nothing, however many items there are', () => {
  const deque = new Deque<number>();
  for (let length = 1; length <= 70; length++) {
    deque.pushBack(length);
    assert.equal(deque.at(length), undefined);
    assert.equal(deque.at(-length - 1), undefined);
    assert.deepEqual([deque.at(0), deque.at(-length), deque.at(length - 1)], [1, 1, length]);
  }
});

test('an item may be undefined', () => {
  const deque = new Deque<number | undefined>([undefined, 1, undefined]);
  assert.equal(deque.length, 3);
  assert.deepEqual([...deque], [undefined, 1, undefined]);
});

test('items keep their order when the ring grows while it is wrapped around its end', () => {
  const deque = new Deque<number>();
  for (let i = 0; i < 10; i++) deque.pushBack(i);
  for (let i = 0; i < 10; i++) deque.popFront();
  for (let i = 0; i < 40; i++) deque.pushBack(i);
  assert.deepEqual(
    [...deque],
    Array.from({ length: 40 }, (_, i) => i),
  );
});

test('any sequence of operations does what it does to an array', () => {
  const operations = [
    fc.integer().map((value) => pushBack(value)),
    fc.integer().map((value) => pushBack(value)),
    fc.integer().map((value) => pushFront(value)),
    fc.constant(new Operation('popBack()', (real, twin) => assert.equal(real.popBack(), twin.pop()))),
    fc.constant(new Operation('popFront()', (real, twin) => assert.equal(real.popFront(), twin.shift()))),
    fc.constant(new Operation('iterate', (real, twin) => assert.deepEqual([...real], twin))),
    fc.integer({ min: -70, max: 70 }).map((index) => at(index)),
  ];
  fc.assert(
    fc.property(fc.commands(operations, { maxCommands: 200, size: 'max' }), (commands) => {
      fc.modelRun(() => ({ model: [], real: new Deque<number>() }), commands);
    }),
    { seed: 20261122, numRuns: 300 },
  );
});

/** Does one thing to a deque and to its twin, an array, and compares. */
class Operation implements fc.Command<number[], Deque<number>> {
  readonly #text: string;
  readonly #apply: (real: Deque<number>, twin: number[]) => void;

  constructor(text: string, apply: (real: Deque<number>, twin: number[]) => void) {
    this.#text = text;
    this.#apply = apply;
  }

  check(): boolean {
    return true;
  }

  run(twin: number[], real: Deque<number>): void {
    this.#apply(real, twin);
    assert.equal(real.length, twin.length);
  }

  toString(): string {
    return this.#text;
  }
}

function pushBack(value: number): Operation {
  return new Operation(`pushBack(${value})`, (real, twin) => {
    real.pushBack(value);
    twin.push(value);
  });
}

function pushFront(value: number): Operation {
  return new Operation(`pushFront(${value})`, (real, twin) => {
    real.pushFront(value);
    twin.unshift(value);
  });
}

function at(index: number): Operation {
  return new Operation(`at(${index})`, (real, twin) => assert.equal(real.at(index), twin.at(index)));
}
