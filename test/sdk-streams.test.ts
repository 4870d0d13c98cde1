/** Streams of records through the library: across lost connections, programs that come back, and reorganisations. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { RecordEvent } from '../src/sdk/cairn-ledger.ts';
import { fetchThrough, SdkWorld } from './support/sdk-world.ts';
import { makeHome, TestNode } from './support/test-node.ts';

test('a program that goes away after every event misses nothing, and nothing comes twice', async (t) => {
  const { world, reorganise } = await startForked(t);
  const ledger = await world.connect();
  const model: unknown[] = [];
  let cursor: string | undefined = 'start';
  const takeOne = async () => {
    for await (const event of ledger.follow({}, { after: cursor })) {
      apply(model, event);
      cursor = event.cursor;
      return;
    }
  };
  for (let i = 0; i < 3; i++) await takeOne();
  assert.deepEqual(model, [1, 2, 3]);
  await reorganise();
  for (let i = 0; i < 6; i++) await takeOne();
  assert.deepEqual(model, [4, 5, 6]);
});

test('a connection that is lost again and again is taken up where it was', async (t) => {
  const world = await SdkWorld.start(t);
  for (let n = 0; n < 6; n++) await world.node.mine(`[${2 * n},${2 * n + 1}]`);
  let opened = 0;
  const ledger = await world.connect({
    fetch: fetchThrough((path, answer) => {
      if (!path.includes('/stream') || ++opened > 12) return answer;
      // Some whole events, and a part of one.
      return new Response(firstBytes(answer, 200 * opened), { headers: answer.headers });
    }),
  });
  const model: unknown[] = [];
  for await (const event of ledger.follow({}, { after: 'start' })) {
    apply(model, event);
    if (model.length === 12) break;
  }
  assert.deepEqual(
    model,
    Array.from({ length: 12 }, (_, n) => n),
  );
  assert.ok(opened > 1);
});

test('what has left the chain before it could be shown is not told at all', async (t) => {
  const { world, reorganise } = await startForked(t);
  const gate = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const ledger = await world.connect({
    fetch: async (input, init) => {
      if (/proof|\/canonical/.test(String(input))) {
        held.resolve();
        await gate.promise;
      }
      return fetch(input, init);
    },
  });
  const events: string[] = [];
  const following = (async () => {
    for await (const { type, record } of ledger.follow({}, { after: 'start' })) {
      events.push(`${type} ${record.data}`);
      if (events.length === 3) return;
    }
  })();
  await held.promise;
  await reorganise();
  gate.resolve();
  await following;
  assert.deepEqual(events, ['added 4', 'added 5', 'added 6']);
});

test('a stream tells where it stands, also where it has nothing to tell', async (t) => {
  const world = await SdkWorld.start(t);
  await world.node.mine('[1]');
  const ledger = await world.connect();
  const none = { id: 'a'.repeat(64) };
  const stop = new AbortController();
  const cursors: string[] = [];
  const onPosition = ({ cursor, caughtUp }: { readonly cursor: string; readonly caughtUp: boolean }) => {
    cursors.push(cursor);
    if (caughtUp) stop.abort(new Error('caught up'));
  };
  const options = { after: 'start', onPosition, signal: stop.signal };
  await assert.rejects(Array.fromAsync(ledger.follow(none, options)), { message: 'caught up' });
  assert.match(String(cursors.at(-1)), new RegExp(`^1-${(await ledger.status()).tip.hash}-1$`));
});

test('a cursor of another chain is refused', async (t) => {
  const world = await SdkWorld.start(t);
  const ledger = await world.connect();
  const follow = (after: string) => Array.fromAsync(ledger.follow({}, { after }));
  await assert.rejects(follow(`7-${'a'.repeat(64)}-0`), { code: 'cursor-stale', status: 410 });
  await assert.rejects(follow('yesterday'), { code: 'cursor-invalid', status: 400 });
});

/** A node with records 1, 2 and 3 in two blocks, and what makes it follow a better branch with 4, 5 and 6 in three. */
async function startForked(
  t: TestContext,
): Promise<{ readonly world: SdkWorld; readonly reorganise: () => Promise<void> }> {
  const world = await SdkWorld.start(t);
  await world.node.mine('[1,2]');
  await world.node.mine('[3]');
  const { params } = world;
  const other = await TestNode.start(t, { home: await makeHome(t), params, name: 'other' });
  for (const n of [4, 5, 6]) await other.mine(`[${n}]`);
  const { addresses, tip } = await other.status();
  return {
    world,
    reorganise: async () => {
      await world.node.call('connect', { address: String(addresses[0]) });
      await world.node.statusWhen((status) => status.tip.hash === tip.hash);
    },
  };
}

/** What is removed was added last. */
function apply(model: unknown[], { type, record }: RecordEvent): void {
  if (type === 'added') model.push(record.data);
  else assert.equal(model.pop(), record.data);
}

function firstBytes(answer: Response, count: number): ReadableStream<Uint8Array> {
  assert.ok(answer.body);
  let left = count;
  const transform = (part: Uint8Array, controller: TransformStreamDefaultController<Uint8Array>) => {
    controller.enqueue(part.subarray(0, left));
    left -= part.length;
    if (left <= 0) controller.terminate();
  };
  return answer.body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>({ transform }));
}
