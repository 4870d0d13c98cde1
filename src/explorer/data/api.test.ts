import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Api } from './api.ts';

/** An interface that answers every request with `response`, and the requests that it got. */
function answering(response: () => Response | Promise<Response>): { api: Api; requests: Request[] } {
  const requests: Request[] = [];
  const api = new Api(async (input, init) => {
    requests.push(new Request(new URL(String(input), 'http://gateway.example'), init));
    return await response();
  });
  return { api, requests };
}

describe('an answer', () => {
  it('is what was asked for', async () => {
    const { api, requests } = answering(() => Response.json({ blocks: [], next: null }));
    assert.deepEqual(await api.blocks(5001, { from: 99, limit: 100 }), { ok: true, value: { blocks: [], next: null } });
    assert.equal(requests[0]?.url, 'http://gateway.example/api/v1/nodes/5001/blocks?from=99&limit=100');
  });

  it('is the text itself where it holds ledger JSON', async () => {
    const { api } = answering(() => new Response('{"b":1.0,"__proto__":{}}'));
    assert.deepEqual(await api.entryText(5001, 'ab'), { ok: true, value: '{"b":1.0,"__proto__":{}}' });
  });

  it('is what the problem says, where there is one', async () => {
    const body = {
      type: '/problems/node-unknown',
      title: 'No such node',
      status: 404,
      detail: 'Look.',
      code: 'node-unknown',
    };
    const headers = { 'content-type': 'application/problem+json; charset=utf-8' };
    const { api } = answering(() => new Response(JSON.stringify(body), { status: 404, headers }));
    const { title, detail, code, status } = body;
    assert.deepEqual(await api.status(5009), { ok: false, fault: { code, status, title, detail } });
  });

  it('is trouble where an error is no problem document, or one of strange members', async () => {
    const plain = await answering(() => new Response('<h1>oh</h1>', { status: 502 })).api.status(5001);
    assert.equal(plain.ok ? '' : plain.fault.code, 'answer-unreadable');
    const headers = { 'content-type': 'application/problem+json' };
    const strange = await answering(() => new Response('{"code":7}', { status: 500, headers })).api.status(5001);
    assert.equal(strange.ok ? '' : strange.fault.code, 'answer-unreadable');
  });

  it('is trouble where nobody answers', async () => {
    const { api } = answering(() => Promise.reject(new TypeError('fetch failed')));
    const answer = await api.overview();
    assert.equal(answer.ok ? '' : answer.fault.code, 'gateway-unreachable');
  });

  it('is cancelled where it is not needed any more', async () => {
    const { api } = answering(() => Promise.reject(new DOMException('gone', 'AbortError')));
    const answer = await api.overview(AbortSignal.abort());
    assert.equal(answer.ok ? '' : answer.fault.code, 'cancelled');
  });
});

describe('a validation', () => {
  const stream = (...parts: string[]) =>
    new Response(
      new ReadableStream({
        start(controller) {
          for (const part of parts) controller.enqueue(new TextEncoder().encode(part));
          controller.close();
        },
      }),
    );

  it('tells how far it is, then the verdict, however the stream is cut', async () => {
    const { api, requests } = answering(() =>
      stream(
        'event: prog',
        'ress\r\ndata: {"blocks":1,"of":2}\r',
        '\n\r\n: idle\n\nevent: verdict\ndata: {"valid":true}\n',
        '\n',
      ),
    );
    const progress: object[] = [];
    const answer = await api.validate(5001, (step) => progress.push(step));
    assert.deepEqual(progress, [{ blocks: 1, of: 2 }]);
    assert.deepEqual(answer, { ok: true, value: { valid: true } });
    assert.equal(requests[0]?.method, 'POST');
    assert.equal(requests[0]?.headers.get('accept'), 'text/event-stream');
  });

  it('that ends with a problem says so', async () => {
    const { api } = answering(() =>
      stream('event: problem\ndata: {"code":"node-failed","title":"t","detail":"d"}\n\n'),
    );
    const answer = await api.validate(5001, () => {});
    assert.equal(answer.ok ? '' : answer.fault.code, 'node-failed');
  });

  it('that ends without a verdict is none', async () => {
    const { api } = answering(() => stream('event: progress\ndata: {"blocks":1,"of":2}\n\n'));
    const answer = await api.validate(5001, () => {});
    assert.equal(answer.ok ? '' : answer.fault.code, 'answer-cut-short');
  });
});

it('a token goes along once there is one', async () => {
  const { api, requests } = answering(() => new Response(null, { status: 204 }));
  await api.shutdown(5001);
  api.token = 'secret';
  await api.shutdown(5001);
  assert.deepEqual(
    requests.map(({ headers }) => headers.get('authorization')),
    [null, 'Bearer secret'],
  );
});
