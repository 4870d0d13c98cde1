import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { NONCE_MAX } from '../core/header.ts';
import { NONCE_COUNT, type NonceRing, type NonceRun } from './nonce-ring.ts';
import { SearchControl } from './search-control.ts';

const RING: NonceRing = { firstNonce: 10, nonceCount: 100 };

test('what one thread takes, no other gets', () => {
  const control = new SearchControl(RING);
  const other = new SearchControl(RING, control.memory);
  assert.deepEqual(control.take(30), { firstNonce: 10, count: 30 });
  assert.deepEqual(other.take(30), { firstNonce: 40, count: 30 });
  assert.deepEqual(control.take(60), { firstNonce: 70, count: 30 });
  assert.deepEqual(other.take(60), { firstNonce: 0, count: 10 });
  assert.equal(control.take(60), undefined);
  assert.equal(other.take(60), undefined);
});

test('of all calls that end a search one is told that it did, and nothing is taken from then on', () => {
  const control = new SearchControl(RING);
  const other = new SearchControl(RING, control.memory);
  assert.equal(other.end(), true);
  assert.equal(control.end(), false);
  assert.equal(other.end(), false);
  assert.equal(control.take(1), undefined);
});

test('the next search goes on after the last nonce that was taken, whatever is asked for after the end', () => {
  const control = new SearchControl(RING);
  control.take(30);
  control.end();
  control.take(30);
  assert.deepEqual(control.nextRing, { firstNonce: 40, nonceCount: 100 });
});

test('after a search of which nothing was taken the next one begins in the same place', () => {
  const control = new SearchControl({ firstNonce: NONCE_MAX, nonceCount: NONCE_COUNT });
  control.end();
  assert.deepEqual(control.nextRing, { firstNonce: NONCE_MAX, nonceCount: NONCE_COUNT });
});

test('tried nonces of all threads are counted together, also those that come in after the end', () => {
  const control = new SearchControl(RING);
  const other = new SearchControl(RING, control.memory);
  control.addTried(40);
  control.end();
  other.addTried(59);
  assert.equal(control.tried, 99);
  assert.equal(control.isExhausted, false);
  other.addTried(1);
  assert.equal(control.isExhausted, true);
});

test('once a search has ended there is no rest in it', () => {
  const control = new SearchControl(RING);
  control.end();
  control.rest(1_000_000_000);
});

test('threads that take nonces until the search is ended under them get each nonce once, with no gap', async () => {
  const threads = 3;
  for (const takes of [100, 1000, 10_000]) {
    const ring = { firstNonce: NONCE_MAX - 1000, nonceCount: NONCE_COUNT };
    const control = new SearchControl(ring);
    // A thread says when it has taken so many, and takes on; this one then ends the search in the middle of it.
    const workers = Array.from({ length: threads }, () => startTaker({ ring, memory: control.memory, takes }));
    await Promise.any(workers.map(({ isUnderWay }) => isUnderWay));
    assert.equal(control.end(), true);
    const runs = (await Promise.all(workers.map(({ runs }) => runs))).flat();
    const end = control.nextRing.firstNonce;
    let next = ring.firstNonce;
    // By their place in the ring: those before the leap to 0 come first.
    const place = ({ firstNonce }: NonceRun) => (firstNonce >= ring.firstNonce ? firstNonce - NONCE_COUNT : firstNonce);
    for (const run of runs.toSorted((a, b) => place(a) - place(b))) {
      assert.equal(run.firstNonce, next);
      next = run.firstNonce + run.count === NONCE_COUNT ? 0 : run.firstNonce + run.count;
    }
    assert.equal(next, end);
  }
});

/** Several times as many as there are before the search is ended, but where the machine keeps the thread waiting that ends it. */
const RUNS_MAX = 200_000;

/** A thread that takes nonces until it gets none, or has very many, then tells what it got and ends. */
function startTaker(workerData: {
  readonly ring: NonceRing;
  readonly memory: SharedArrayBuffer;
  readonly takes: number;
}) {
  const program = `import(${JSON.stringify(new URL('./search-control.ts', import.meta.url).href)}).then((module) => {
    const { parentPort, workerData } = require('node:worker_threads');
    const control = new module.SearchControl(workerData.ring, workerData.memory);
    const runs = [];
    for (let run = control.take(1); run !== undefined; ) {
      runs.push(run);
      if (runs.length === workerData.takes) parentPort.postMessage('under way');
      run = runs.length < ${RUNS_MAX} ? control.take(1 + runs.length % 7) : undefined;
    }
    parentPort.postMessage(runs);
  });`;
  const worker = new Worker(program, { eval: true, workerData });
  const isUnderWay = once(worker, 'message');
  const runs = new Promise<readonly NonceRun[]>((resolve, reject) => {
    worker.once('error', reject);
    worker.on('message', (message: 'under way' | readonly NonceRun[]) => {
      if (message !== 'under way') resolve(message);
    });
  });
  return { isUnderWay, runs };
}
