import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Hash, hashBytes } from '../core/hash.ts';
import { fail } from '../core/result.ts';
import type { StoredProof } from '../storage/chain-store.ts';
import { StoreError } from '../storage/store-error.ts';
import { ProofDesk } from './proof-desk.ts';

const tipAt = (height: number): Hash => hashBytes(Buffer.from(`${height}`));
const QUESTION = { tip: tipAt(0), heights: [], id: tipAt(0) };

/** A store that says when it makes a proof, and makes it when it is told to. */
class SlowStore {
  tip = tipAt(1);
  /** What is under way, in the order in which it was begun. */
  readonly begun: { readonly what: string; readonly finish: () => void; readonly fail: (error: Error) => void }[] = [];

  chainProof(): Promise<StoredProof> {
    const { tip } = this;
    return this.#make('chain', { tip, bytes: Buffer.from(tip) });
  }

  headerProof() {
    return this.#make('header', fail({ code: 'tip-not-active', tip: this.tip } as const));
  }

  entryProof() {
    return this.#make('entry', fail({ code: 'tip-not-active', tip: this.tip } as const));
  }

  /** Finishes what is begun, and what is begun then, in turn, until nothing more is. */
  async finishAll(): Promise<string[]> {
    const finished: string[] = [];
    for (;;) {
      for (let turns = 0; turns < 5; turns++) await nextTurn();
      assert.ok(this.begun.length <= 1, 'one at a time');
      const next = this.begun.shift();
      if (next === undefined) return finished;
      finished.push(next.what);
      next.finish();
    }
  }

  #make<Value>(what: string, value: Value): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.begun.push({ what, finish: () => resolve(value), fail: reject });
    });
  }
}

function startDesk(): { readonly store: SlowStore; readonly desk: ProofDesk } {
  const store = new SlowStore();
  return { store, desk: new ProofDesk({ store, tip: () => store.tip }) };
}

test('however many ask for the chain proof at one tip, it is made once', async () => {
  const { store, desk } = startDesk();
  const asked = Array.from({ length: 10 }, () => desk.chainProof());
  assert.deepEqual(await store.finishAll(), ['chain']);
  const proofs = await Promise.all([...asked, desk.chainProof()]);
  assert.equal(new Set(proofs).size, 1);
  assert.equal(proofs[0]?.tip, tipAt(1));
});

test('proofs are made one at a time, in the order in which they were asked for', async () => {
  const { store, desk } = startDesk();
  const asked = [
    desk.headerProof(QUESTION),
    desk.entryProof(QUESTION),
    desk.headerProof(QUESTION),
    desk.entryProof(QUESTION),
  ];
  assert.deepEqual(await store.finishAll(), ['header', 'entry', 'header', 'entry']);
  await Promise.all(asked);
});

test('after a chain proof the store has a rest before the next one, and makes other proofs meanwhile', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { store, desk } = startDesk();
  const first = desk.chainProof();
  assert.deepEqual(await store.finishAll(), ['chain']);
  await first;
  store.tip = tipAt(2);
  const second = desk.chainProof();
  const other = desk.headerProof(QUESTION);
  assert.deepEqual(await store.finishAll(), ['header']);
  t.mock.timers.tick(60_000);
  assert.deepEqual(await store.finishAll(), ['chain']);
  assert.equal((await second).tip, tipAt(2));
  await other;
});

test('the proof of the tip before is still there, and older ones are not', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { store, desk } = startDesk();
  const made = async (height: number): Promise<number> => {
    store.tip = tipAt(height);
    const proof = desk.chainProof();
    t.mock.timers.tick(60_000);
    const { length } = await store.finishAll();
    assert.equal((await proof).tip, tipAt(height));
    return length;
  };
  assert.deepEqual([await made(1), await made(2), await made(1), await made(2)], [1, 1, 0, 0]);
  assert.deepEqual([await made(3), await made(2), await made(1)], [1, 0, 1]);
});

test('a proof that could not be made fails for who asked, and is tried again for who asks next', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { store, desk } = startDesk();
  const first = desk.chainProof();
  await nextTurn();
  store.begun.shift()?.fail(new StoreError('store-damaged', 'a test'));
  await assert.rejects(first, { code: 'store-damaged' });
  const second = desk.chainProof();
  const other = desk.entryProof(QUESTION);
  t.mock.timers.tick(60_000);
  assert.deepEqual((await store.finishAll()).toSorted(), ['chain', 'entry']);
  assert.equal((await second).tip, tipAt(1));
  await other;
});
