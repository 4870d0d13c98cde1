import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { hashLeaf } from '../core/merkle.ts';
import { createParams } from '../core/params.ts';
import { appendDrafts } from './append.ts';
import { draftEntry, type EntryDraft } from './entry-draft.ts';
import { HttpClient } from './http-client.ts';

const PARAMS = createParams({ name: 'test' });

const ID_OF_1 = hashLeaf(Buffer.from('1'));

/** A gateway that answers with `say`, and what it was sent. */
function gatewayThat(say: (entries: readonly unknown[]) => Response) {
  const sent: (readonly unknown[])[] = [];
  const fetch = async (_: unknown, init?: RequestInit) => {
    const entries = JSON.parse(String(init?.body));
    sent.push(entries);
    return say(entries);
  };
  return { sent, http: new HttpClient({ address: new URL('http://gateway'), fetch, token: undefined }) };
}

async function draftsOf(values: readonly unknown[], params = PARAMS): Promise<EntryDraft[]> {
  return Promise.all(values.map((value) => draftEntry(value, params, undefined)));
}

for (const [name, overrides, count, sizeBytes] of [
  ['the most that are sent at once', {}, 2_500, 10],
  ['the bytes that a gateway reads', {}, 40, 60_000],
  ["the network's bound for entries", { entriesMax: 3 }, 10, 10],
  ["the network's bound for bytes", { bodyBytesMax: 65_600 }, 5, 20_000],
] as const) {
  test(`many entries go in several requests, in order, by ${name}`, async () => {
    const params = createParams({ name: 'test', ...overrides });
    const values = Array.from({ length: count }, (_, n) => String(n).padStart(sizeBytes - 2, '0'));
    const drafts = await draftsOf(values, params);
    let at = 0;
    const { sent, http } = gatewayThat((entries) =>
      Response.json({ entries: entries.map(() => ({ id: drafts[at++]?.id, status: 'pending' })) }),
    );
    const submissions = await appendDrafts({ http, path: '', params }, drafts, {});
    assert.deepEqual(sent.flat(), values);
    assert.equal(submissions.length, count);
    assert.ok(sent.length > 1);
    for (const entries of sent) {
      assert.ok(entries.length <= Math.min(params.entriesMax, 1_000));
      assert.ok(JSON.stringify(entries).length <= Math.min(params.bodyBytesMax, 1_000_000));
    }
  });
}

test('where there is no room the same request is made again, and in the end given up', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const drafts = await draftsOf([1]);
  const full = () => Response.json({ code: 'pool-full', detail: 'Full.' }, { status: 503 });
  let refusals = 3;
  const patient = gatewayThat(() =>
    refusals-- > 0 ? full() : Response.json({ entries: [{ id: drafts[0]?.id, status: 'pending' }] }),
  );
  const [submission] = await passingTime(appendDrafts({ http: patient.http, path: '', params: PARAMS }, drafts, {}));
  assert.equal(submission?.status, 'pending');
  assert.equal(patient.sent.length, 4);

  const never = gatewayThat(full);
  const given = appendDrafts({ http: never.http, path: '', params: PARAMS }, drafts, {});
  await assert.rejects(passingTime(given), { code: 'pool-full', status: 503 });
  assert.equal(never.sent.length, 9);
});

test('what is refused for good is not asked again', async () => {
  const { sent, http } = gatewayThat(() => Response.json({ code: 'writer-unknown', detail: 'No.' }, { status: 422 }));
  const appended = appendDrafts({ http, path: '', params: PARAMS }, await draftsOf([1]), {});
  await assert.rejects(appended, { code: 'writer-unknown', message: 'No.' });
  assert.equal(sent.length, 1);
});

for (const [name, answer, code] of [
  ['fewer entries', { entries: [] }, 'answer-unreadable'],
  ['no list', { entries: 1 }, 'answer-unreadable'],
  ['no object', 7, 'answer-unreadable'],
  ['nothing in its list', { entries: [null] }, 'answer-unreadable'],
  ['another id', { entries: [{ id: '1', status: 'pending' }] }, 'entry-other'],
  ['no status', { entries: [{ id: ID_OF_1 }] }, 'answer-unreadable'],
  ['no place', { entries: [{ id: ID_OF_1, status: 'in-block', place: null }] }, 'answer-unreadable'],
  [
    'half a place',
    { entries: [{ id: ID_OF_1, status: 'in-block', place: { height: 1, hash: 'a' } }] },
    'answer-unreadable',
  ],
] as const) {
  test(`an answer with ${name} is refused`, async () => {
    const { http } = gatewayThat(() => Response.json(answer));
    await assert.rejects(appendDrafts({ http, path: '', params: PARAMS }, await draftsOf([1]), {}), { code });
  });
}

test('an entry that the network refuses is not sent, and it is said in sentences why', async () => {
  const params = createParams({ name: 'test', signatures: 'required' });
  await assert.rejects(draftsOf([{ a: 1 }], params), ({ code, message }) => {
    assert.equal(code, 'proof-missing');
    assert.match(message, /^The entry was not sent\. [^.]+\.$/);
    return true;
  });
});

/** The same, with time that passes as fast as it is waited for. */
async function passingTime<Value>(promise: Promise<Value>): Promise<Value> {
  let isDone = false;
  const done = promise.finally(() => {
    isDone = true;
  });
  done.catch(() => undefined);
  while (!isDone) {
    await new Promise((resolve) => setImmediate(resolve));
    mock.timers.tick(15_000);
  }
  return done;
}
