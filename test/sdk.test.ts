/** The library as programs use it, over sockets, with a real node and a real gateway. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type AuthorState,
  type Check,
  checkReceipt,
  connect,
  generateKey,
  signerFromSeed,
} from '../src/sdk/cairn-ledger.ts';
import { fetchThrough, SdkWorld } from './support/sdk-world.ts';

const ALL: readonly Check[] = ['id', 'rules', 'place', 'chain'];

test('an entry is handed in, awaited as deep as is wanted, and checked', async (t) => {
  const world = await SdkWorld.start(t);
  const ledger = await world.connect();
  assert.deepEqual([ledger.network, ledger.node, ledger.isPinned], ['test', world.node.node.port, false]);

  const value = { n: 1, ключ: ['\u0000', 1e21, -0.5], __proto__: { a: 1 }, when: new Date(0), none: undefined };
  const { id, status } = await ledger.append(value);
  assert.equal(status, 'pending');
  assert.deepEqual([(await ledger.entry(id)).status, (await ledger.entry(id)).checked], ['pending', ['id', 'rules']]);

  const waiting = ledger.wait(id, { depth: 2 });
  await world.node.mine('[{"n":1,"when":"1970-01-01T00:00:00.000Z","ключ":["\\u0000",1e21,-0.5]}]');
  for (const n of [2, 3]) await world.node.mine(`[${n}]`);
  const deep = await waiting;
  assert.deepEqual([deep.status, deep.place?.height, deep.depth, deep.checked], ['in-block', 1, 2, ALL]);
  assert.deepEqual(deep.data, { n: 1, when: '1970-01-01T00:00:00.000Z', ключ: ['\u0000', 1e21, -0.5] });
  assert.deepEqual([ledger.shownTip.height, ledger.shownTip.hash], [3, (await ledger.status()).tip.hash]);
});

test('an entry is as deep as is wanted with the very block that makes it so', async (t) => {
  const world = await SdkWorld.start(t);
  const looked = Promise.withResolvers<void>();
  let isFollowing = false;
  const ledger = await world.connect({
    fetch: fetchThrough((path, answer) => {
      if (isFollowing && path.includes('/entries/')) looked.resolve();
      isFollowing ||= answer.headers.get('content-type') === 'text/event-stream';
      return answer;
    }),
  });
  const { id } = await ledger.append(1);
  await world.node.mine('[1]');
  const waiting = ledger.wait(id, { depth: 1 });
  await looked.promise;
  await world.node.mine('[2]');
  assert.equal((await waiting).depth, 1);
});

test('an entry whose block comes before the first event is awaited, and no connection stays open', async (t) => {
  const world = await SdkWorld.start(t);
  let events: Response | undefined;
  const ledger = await world.connect({
    fetch: fetchThrough(async (_path, answer) => {
      if (events === undefined && answer.headers.get('content-type') === 'text/event-stream') {
        events = answer;
        await world.node.mine('[1]');
      }
      return answer;
    }),
  });
  const { id } = await ledger.append(1);
  assert.equal((await ledger.wait(id)).place?.height, 1);
  const body = events?.body?.getReader();
  await assert.rejects(async () => body?.read(), { name: 'AbortError' });
});

test('an entry that cannot be shown just then is shown in a moment, whether or not another block comes', async (t) => {
  const world = await SdkWorld.start(t);
  let refusals = 0;
  const ledger = await world.connect({
    fetch: fetchThrough((path, answer) => {
      if (!path.endsWith('/blocks/1/canonical') || refusals === 3) return answer;
      refusals++;
      return Response.json({ code: 'block-not-found', detail: 'This node has no such block.' }, { status: 404 });
    }),
  });
  const { id } = await ledger.append(1);
  await world.node.mine('[1]');
  assert.deepEqual([(await ledger.wait(id)).checked, refusals], [ALL, 3]);
});

test('an entry is recorded once, and again only where that is wanted', async (t) => {
  const world = await SdkWorld.start(t, { isMining: true });
  const ledger = await world.connect();
  const { id } = await ledger.appendAndWait({ n: 1 });
  const [again, other] = await ledger.appendAll([{ n: 1 }, { n: 2 }]);
  assert.deepEqual([again?.id, again?.status, again?.place?.height, other?.status], [id, 'in-block', 1, 'pending']);

  assert.equal((await ledger.append({ n: 1 }, { repeat: true })).status, 'pending');
  const second = Promise.withResolvers<number>();
  for await (const { record } of ledger.follow({ id }, { after: 'start' })) {
    if (record.height > 1) {
      second.resolve(record.height);
      assert.deepEqual(record.checked, ALL);
      break;
    }
  }
  const state = await ledger.entry(id);
  assert.deepEqual([state.place?.height, state.otherPlaces.map(({ height }) => height)], [1, [await second.promise]]);
});

test('a receipt proves the entry to who has nothing else', async (t) => {
  const world = await SdkWorld.start(t, { isMining: true });
  const ledger = await world.connect();
  const { id, place } = await ledger.appendAndWait({ n: 1 });
  const receipt = await ledger.receipt(id);
  const proven = checkReceipt(receipt.text, { genesis: ledger.genesis });
  assert.deepEqual([proven.id, proven.height, proven.hash, proven.data], [id, place?.height, place?.hash, { n: 1 }]);
  assert.ok(proven.steps.every(({ outcome }) => outcome === 'passed'));
  assert.deepEqual(checkReceipt(new TextEncoder().encode(receipt.text)), proven);
  assert.throws(() => checkReceipt(receipt.text.replace('"n":1', '"n":2')), { code: 'receipt-entry-other' });
  assert.throws(() => checkReceipt(receipt.text, { genesis: 'a'.repeat(64) }), { code: 'receipt-network-other' });
  assert.throws(() => checkReceipt('no receipt'), { code: 'receipt-not-json' });
  await assert.rejects(ledger.receipt('f'.repeat(64)), { code: 'entry-not-in-chain' });
});

test('records are found page by page, and each is checked, wherever in a block it stands', async (t) => {
  const world = await SdkWorld.start(t);
  const ledger = await world.connect();
  const numbers = Array.from({ length: 25 }, (_, n) => n);
  await world.node.mine(JSON.stringify(numbers.slice(0, 20).map((n) => ({ n }))));
  await world.node.mine(JSON.stringify([...numbers.slice(20), 3].map((n) => ({ n }))));
  await indexed(ledger, 2);

  const found: unknown[] = [];
  const options = { pageSize: 7, order: 'desc' } as const;
  for await (const { data, checked } of ledger.records({ where: [{ pointer: '/n', op: '>=', value: 2 }] }, options)) {
    assert.deepEqual(checked, ALL);
    found.push((data as { n: number }).n);
  }
  assert.deepEqual(
    found,
    [...numbers.slice(2), 3].toSorted((a, b) => b - a),
  );

  const places: string[] = [];
  for await (const { height, index } of ledger.records({ where: [{ pointer: '/n', op: '=', value: 3 }] })) {
    places.push(`${height}/${index}`);
  }
  assert.deepEqual(places, ['1/3', '2/5']);

  const [first] = await Array.fromAsync(take(ledger.records({}, { pageSize: 10 }).pages(), 1));
  assert.deepEqual([first?.records.length, first?.indexedTo, typeof first?.next], [10, 2, 'string']);
  const rest = await Array.fromAsync(ledger.records({}, { cursor: first?.next ?? undefined }));
  assert.equal(rest.length, 16);
  await assert.rejects(Array.fromAsync(ledger.records({}, { cursor: 'none' })), { code: 'cursor-invalid' });
  for (const query of [
    { author: 'me' },
    { from: -1 },
    { text: '-' },
    { where: [{ pointer: 'n', op: '=', value: 1 }] },
  ] as const) {
    assert.throws(() => ledger.records(query), { code: 'filter-invalid' });
  }

  await world.node.mine('[{"note":"Hex bolt"},{"note":"Hex nut"}]');
  await indexed(ledger, 3);
  const bolts = await Array.fromAsync(ledger.records({ text: 'BOLT, hex' }));
  assert.deepEqual(
    bolts.map(({ data }) => data),
    [{ note: 'Hex bolt' }],
  );
});

test('an author signs one after the other, and sends again what was on its way, with the number that it has', async (t) => {
  const world = await SdkWorld.start(t, { isMining: true, params: { signatures: 'required' } });
  let isCut = false;
  const ledger = await world.connect({
    fetch: fetchThrough((path, answer) => {
      if (isCut && path.endsWith('/entries')) throw new TypeError('the connection was lost before the answer');
      return answer;
    }),
  });
  await assert.rejects(ledger.append({ n: 0 }), { code: 'proof-missing' });

  const { signer } = generateKey();
  const saved: AuthorState[] = [];
  const start: AuthorState = { sequence: 0, previous: null, unsent: [] };
  const author = await ledger.author(signer, { state: start, save: (state) => void saved.push(state) });
  const first = await author.append({ n: 1 });
  isCut = true;
  await assert.rejects(author.append({ n: 2 }), { code: 'gateway-unreachable' });
  isCut = false;
  assert.deepEqual(
    saved.map(({ sequence, unsent }) => [sequence, unsent.length]),
    [
      [1, 1],
      [1, 0],
      [2, 1],
    ],
  );

  // Another program, with what the first one has kept.
  const successor = await ledger.author(signer, { state: assertState(saved.at(-1)) });
  const third = await successor.append({ n: 3 });
  await ledger.wait(first);
  assert.deepEqual(
    (await ledger.wait(third)).authors.map(({ author: did, sequence }) => [did, sequence]),
    [[signer.author, 2]],
  );
  await indexed(ledger, (await ledger.status()).tip.height);
  const all = await Array.fromAsync(ledger.records({ author: signer.author }));
  assert.deepEqual(
    all.map(({ data, authors }) => [(data as { n: number }).n, authors[0]?.sequence, authors[0]?.previous]),
    [
      [1, 0, undefined],
      [2, 1, all[0]?.id],
      [3, 2, all[1]?.id],
    ],
  );
  // And one that has kept nothing.
  assert.deepEqual((await ledger.author(signer)).state, { sequence: 3, previous: third, unsent: [] });
  assert.deepEqual((await ledger.author(generateKey().signer)).state, start);
});

test('where the network asks for stamps, they are made before the entry is sent', async (t) => {
  const world = await SdkWorld.start(t, { params: { stampBits: 8 } });
  const ledger = await world.connect();
  const { id } = await ledger.append({ n: 1 });
  assert.match(id, /^00/);
  const author = await ledger.author(signerFromSeed(new Uint8Array(32).fill(7)));
  assert.match(await author.append({ n: 2 }), /^00/);
  await assert.rejects(ledger.append('text has no room for one'), { code: 'stamp-not-object' });
});

test('what no network takes is refused before it is sent', async (t) => {
  const world = await SdkWorld.start(t);
  let requests = 0;
  const ledger = await world.connect({
    fetch: fetchThrough((_, answer) => {
      requests++;
      return answer;
    }),
  });
  requests = 0;
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  for (const value of [Number.NaN, [undefined], undefined, 1n, new Map(), new Uint8Array(1), { a: () => 1 }, cycle]) {
    await assert.rejects(ledger.append(value), { code: 'value-not-json' });
  }
  await assert.rejects(ledger.append(2 ** 53), { code: 'json-number-range' });
  await assert.rejects(ledger.append('\ud800'), { code: 'json-lone-surrogate' });
  await assert.rejects(ledger.append('x'.repeat(65_536)), {
    code: 'entry-too-large',
    facts: { sizeBytes: 65_538, limitBytes: 65_536 },
  });
  await assert.rejects(ledger.entry('7'), { code: 'entry-id-invalid' });
  assert.equal(requests, 0);
});

test('who asks for a network gets that one or none', async (t) => {
  const world = await SdkWorld.start(t);
  const { genesis } = await world.connect();
  assert.equal((await world.connect({ genesis })).isPinned, true);
  await assert.rejects(world.connect({ genesis: 'a'.repeat(64) }), { code: 'network-other' });
  await assert.rejects(world.connect({ genesis: 'A' }), { code: 'genesis-invalid' });
  await assert.rejects(world.connect({ node: 1 }), { code: 'node-unknown', status: 404 });
  await assert.rejects(connect('ftp://x'), { code: 'address-invalid' });
  await assert.rejects(connect('http://127.0.0.1:1'), { code: 'gateway-unreachable' });
});

test('a gateway that wants a token gets it', async (t) => {
  const token = 'open-sesame-please';
  const world = await SdkWorld.start(t, { token });
  await assert.rejects((await world.connect()).append(1), { code: 'token-missing', status: 401 });
  assert.equal((await (await world.connect({ token })).append(1)).status, 'pending');
});

test('without verification nothing is asked for but what was wanted', async (t) => {
  const world = await SdkWorld.start(t, { isMining: true });
  const paths: string[] = [];
  const ledger = await world.connect({
    verify: false,
    fetch: fetchThrough((path, answer) => {
      paths.push(path.replace(/^\/api\/v1\/nodes\/\d+/, ''));
      return answer;
    }),
  });
  const { id, checked, data } = await ledger.appendAndWait({ n: 1 });
  assert.deepEqual([checked, data], [[], { n: 1 }]);
  assert.ok(paths.every((path) => !path.includes('proof') && !path.includes('canonical')));
  paths.length = 0;
  assert.deepEqual((await ledger.entry(id)).checked, []);
  assert.deepEqual(paths, [`/entries/${id}`]);
});

test('whatever takes a while ends when its signal says so, with its reason', async (t) => {
  const world = await SdkWorld.start(t);
  const ledger = await world.connect();
  const { id } = await ledger.append({ n: 1 });
  const enough = new Error('enough');
  const ended = async (begin: (signal: AbortSignal) => Promise<unknown>) => {
    const controller = new AbortController();
    const running = assert.rejects(begin(controller.signal), (error) => error === enough);
    controller.abort(enough);
    await running;
    await assert.rejects(begin(AbortSignal.abort(enough)), (error) => error === enough);
  };
  await ended((signal) => world.connect({ signal }));
  await ended((signal) => ledger.wait(id, { signal }));
  await ended((signal) => ledger.append({ n: 2 }, { signal }));
  await ended((signal) => Array.fromAsync(ledger.follow({}, { signal })));
  await ended((signal) => Array.fromAsync(ledger.records({}, { signal })));

  // In the middle of a stream that has nothing to tell.
  const controller = new AbortController();
  const onPosition = () => controller.abort(enough);
  const followed = Array.fromAsync(ledger.follow({}, { signal: controller.signal, onPosition }));
  await assert.rejects(followed, (error) => error === enough);
});

test('what an author signs at once is numbered one after the other, and what is not kept is not sent', async (t) => {
  const world = await SdkWorld.start(t);
  const ledger = await world.connect();
  const { signer } = generateKey();
  const start: AuthorState = { sequence: 0, previous: null, unsent: [] };
  const author = await ledger.author(signer, { state: start });
  await Promise.all([1, 2, 3].map((n) => author.append({ n })));
  assert.deepEqual([author.state.sequence, author.state.unsent], [3, []]);
  await assert.rejects(author.append('no object'), { code: 'sign-not-object' });
  await assert.rejects(author.append({ proof: { type: 'DataIntegrityProof' } }), { code: 'sign-proof-taken' });
  assert.equal(author.state.sequence, 3);

  const full = new Error('no room on the disk');
  const forgetful = await ledger.author(signer, { state: author.state, save: () => Promise.reject(full) });
  await assert.rejects(forgetful.append({ n: 4 }), (error) => error === full);
  assert.deepEqual(forgetful.state, author.state);
  assert.equal((await ledger.status()).pending.count, 3);
});

test('a gateway may stand below a path of another server', async (t) => {
  const world = await SdkWorld.start(t, { isMining: true });
  const paths: string[] = [];
  const ledger = await connect('http://records.example/ledger/', {
    fetch: (input, init) => {
      const { pathname, search } = new URL(String(input));
      paths.push(pathname);
      return fetch(`${world.url}${pathname.replace('/ledger', '')}${search}`, init);
    },
  });
  await ledger.appendAndWait({ n: 1 });
  assert.ok(paths.every((path) => path.startsWith('/ledger/api/v1/nodes')));
});

test('who waits for an entry that is refused is told why', async (t) => {
  const world = await SdkWorld.start(t);
  const refused = {
    id: 'a'.repeat(64),
    status: 'refused',
    places: [],
    reason: 'pool-full',
    message: 'There was no room.',
  };
  const ledger = await world.connect({
    fetch: fetchThrough((path, answer) => (path.endsWith(refused.id) ? Response.json(refused) : answer)),
  });
  assert.deepEqual(
    [(await ledger.entry(refused.id)).status, (await ledger.entry(refused.id)).checked],
    ['refused', []],
  );
  await assert.rejects(ledger.wait(refused.id), { code: 'pool-full', message: 'There was no room.' });
  await assert.rejects(ledger.wait('b'.repeat(64)), { code: 'entry-not-found' });
});

/** Until the node's table of records has the block at `height`. */
async function indexed(ledger: Awaited<ReturnType<typeof connect>>, height: number): Promise<void> {
  for await (const page of endless(() => ledger.records({}, { pageSize: 1 }).pages())) {
    if (page.indexedTo >= height) return;
  }
}

async function* endless<Value>(begin: () => AsyncGenerator<Value>): AsyncGenerator<Value> {
  for (;;) yield* take(begin(), 1);
}

async function* take<Value>(values: AsyncIterable<Value>, count: number): AsyncGenerator<Value> {
  let taken = 0;
  for await (const value of values) {
    yield value;
    if (++taken === count) return;
  }
}

function assertState(state: AuthorState | undefined): AuthorState {
  assert.ok(state);
  return state;
}
