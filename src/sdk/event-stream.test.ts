import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readEvents } from './event-stream.ts';

const TEXT =
  ': hello\n\nid: 1\nevent: added\ndata: {"a":"ключ 🪨"}\n\nid: 2\r\ndata: one\r\ndata: two\r\n\r\ndata: unfinished';
const TOLD = ['{"a":"ключ 🪨"}', 'one\ntwo'];

function answerOf(parts: readonly Uint8Array[], end: 'close' | 'error' = 'close'): Response {
  let at = 0;
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const part = parts[at++];
    if (part !== undefined) controller.enqueue(part);
    else if (end === 'close') controller.close();
    else controller.error(new Error('lost'));
  };
  return new Response(new ReadableStream({ pull }));
}

async function dataOf(answer: Response): Promise<string[]> {
  const data: string[] = [];
  for await (const events of readEvents(answer)) data.push(...events.map((event) => event.data));
  return data;
}

test('events are read wherever the parts are cut, in the middle of a character too', async () => {
  const bytes = new TextEncoder().encode(TEXT);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: bytes.length }), { maxLength: 8 }), async (places) => {
      const cuts = [0, ...places.toSorted((a, b) => a - b), bytes.length];
      const parts = cuts.slice(1).map((cut, i) => bytes.subarray(cuts[i], cut));
      assert.deepEqual(await dataOf(answerOf(parts.filter(({ length }) => length > 0))), TOLD);
    }),
    { seed: 20261122, numRuns: 200 },
  );
});

test('a connection that is lost ends the events, and what came before is told', async () => {
  assert.deepEqual(await dataOf(answerOf([new TextEncoder().encode(TEXT)], 'error')), TOLD);
});

test('who leaves the loop ends the request', async () => {
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new TextEncoder().encode('data: 1\n\n')),
    cancel: () => {
      isCancelled = true;
    },
  });
  for await (const events of readEvents(new Response(body))) {
    assert.deepEqual(
      events.map(({ data }) => data),
      ['1'],
    );
    break;
  }
  assert.ok(isCancelled);
});

test('nothing is read ahead of whoever takes the events', async () => {
  let pulled = 0;
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    pulled++;
    controller.enqueue(new TextEncoder().encode(`data: ${pulled}\n\n`));
  };
  const events = readEvents(new Response(new ReadableStream({ pull }, { highWaterMark: 0 })));
  for (let i = 0; i < 3; i++) await events.next();
  assert.equal(pulled, 3);
  await events.return(undefined);
});

test('an event without end is refused before it fills the memory', async () => {
  const line = new TextEncoder().encode('x'.repeat(600_000));
  const first = new TextEncoder().encode('data: ');
  await assert.rejects(dataOf(answerOf([first, line, line])), { code: 'answer-unreadable' });
});
