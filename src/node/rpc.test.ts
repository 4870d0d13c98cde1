import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALICE, BOB, CAROL, signedEntry } from '../../test/support/signers.ts';
import { EASY_PARAMS, makeHome, TestNode } from '../../test/support/test-node.ts';
import { RPC_ERROR_CODES, type RpcError, type RpcMethod } from '../api/rpc.ts';
import type { JsonText } from '../core/json-text.ts';
import { hashLeaf } from '../core/merkle.ts';
import { createParams } from '../core/params.ts';
import { RpcCallError } from '../probe/probe-client.ts';

const { invalidRequest, invalidParams, methodUnknown, application } = RPC_ERROR_CODES;
const KIB = 1024;
const NO_HASH = 'f'.repeat(64);

const call = (node: TestNode, method: RpcMethod, params: string) =>
  node.client.call(method, params as JsonText, { timeoutMs: 60_000 });

/** The error that `method` is answered with. */
async function refusal(node: TestNode, method: RpcMethod, params: string): Promise<RpcError> {
  const answer = await call(node, method, params).catch((error: unknown) => error);
  assert.ok(answer instanceof RpcCallError, `it is refused: ${String(answer).slice(0, 200)}`);
  return answer.rpc;
}

/** What must not move when something is refused. */
async function stateOf(node: TestNode): Promise<unknown> {
  const { tip, pending } = await node.status();
  return { tip, pending, chain: await node.client.send('GET CHAIN') };
}

const arrays = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const objects = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
const stringOf = (sizeBytes: number) => `"${'x'.repeat(sizeBytes - 2)}"`;
const entriesOf = (...entries: readonly string[]) => `{"entries":[${entries.join(',')}]}`;
const idOf = (canonical: string) => hashLeaf(Buffer.from(canonical));

type Refused = readonly [what: string, method: RpcMethod, params: string, code: number, dataCode: string];

const BAD_PARAMS: readonly Refused[] = (
  [
    ['a block by nothing', 'block', '{}'],
    ['a block by a height that is a text', 'block', '{"height":"1"}'],
    ['a block by a negative height', 'block', '{"height":-1}'],
    ['a block by half a height', 'block', '{"height":0.5}'],
    ['a block by a height with a point', 'block', '{"height":1.0}'],
    ['a block by a height beyond u32', 'block', '{"height":4294967296}'],
    ['a block by a height beyond 2^53', 'block', '{"height":9007199254740993}'],
    ['a block by a height of 30 digits', 'block', `{"height":1${'0'.repeat(29)}}`],
    ['a block by a height beyond a double', 'block', '{"height":1e400}'],
    ['a block by no height', 'block', '{"height":null}'],
    ['a block by a hash that is short', 'block', '{"hash":"ff"}'],
    ['a block by a hash in capitals', 'block', `{"hash":"${'F'.repeat(64)}"}`],
    ['a block by a hash that is a number', 'block', '{"hash":7}'],
    ['a block by a hash in an array', 'block', `{"hash":["${NO_HASH}"]}`],
    ['a block by __proto__', 'block', '{"__proto__":{"height":0}}'],
    ['blocks from a text', 'blocks', '{"from":"0"}'],
    ['blocks from below', 'blocks', '{"from":-1}'],
    ['more blocks than there are at a time', 'blocks', '{"limit":101}'],
    ['blocks without limit', 'blocks', '{"limit":null}'],
    ['blocks with no step', 'blocks', '{"step":0}'],
    ['an entry without id', 'entry', '{}'],
    ['an entry by no hash', 'entry', '{"id":"0000"}'],
    ['an entry by null', 'entry', '{"id":null}'],
    ['more pending entries than are told', 'pending', '{"limit":1001}'],
    ['pending entries up to a truth', 'pending', '{"limit":true}'],
    ['pending entries of nobody', 'pending', '{"author":"alice"}'],
    ['pending entries of a number', 'pending', '{"author":7}'],
    ['no entries at all', 'append', '{}'],
    ['entries that are an object', 'append', '{"entries":{"0":1}}'],
    ['entries that are a text', 'append', '{"entries":"[1]"}'],
    ['entries that are null', 'append', '{"entries":null}'],
    ['no data', 'mine', '{}'],
    ['data under another name', 'mine', '{"Data":1}'],
    ['no address', 'connect', '{}'],
    ['an address that is a number', 'connect', '{"address":7}'],
    ['an address of another kind', 'connect', '{"address":"192.0.2.1:4001"}'],
    ['an address that nobody can dial', 'connect', '{"address":"/ip4/127.0.0.1/tcp/99999"}'],
    ['an address without end', 'connect', `{"address":"/ip4/${'1'.repeat(300)}"}`],
    ['parameters that are an array', 'block', '[0]'],
    ['parameters that are null', 'status', 'null'],
    ['a parameter twice', 'block', '{"height":0,"height":1}'],
    ['a parameter twice, once escaped', 'mine', '{"data":1,"d\\u0061ta":2}'],
  ] as const
).map(([what, method, params]) => [what, method, params, invalidParams, 'params-invalid']);

/** What is no ledger JSON, as data of a block and as an entry. */
const BAD_JSON: readonly (readonly [what: string, json: string, dataCode: string])[] = [
  ['a key twice', '{"a":1,"a":2}', 'json-duplicate-key'],
  ['a key twice, once escaped, deep inside', '{"x":[{"a":1,"\\u0061":2}]}', 'json-duplicate-key'],
  ['__proto__ twice', '{"__proto__":1,"__proto__":2}', 'json-duplicate-key'],
  ['an integer beyond 2^53-1', '{"n":9007199254740992}', 'json-number-range'],
  ['an integer of 400 digits', '9'.repeat(400), 'json-number-range'],
  ['a number beyond a double', '-1e400', 'json-number-range'],
  ['the first half of a pair', '"\\ud800"', 'json-lone-surrogate'],
  ['the second half of a pair, in a key', '{"\\udc00x":1}', 'json-lone-surrogate'],
  ['33 objects inside each other', objects(33), 'json-depth'],
  ['a text over 64 KiB', stringOf(64 * KIB + 1), 'entry-too-large'],
  ['a text over 64 KiB when written as UTF-8', `"${'\\u20ac'.repeat(22_000)}"`, 'entry-too-large'],
];

const REFUSED: readonly Refused[] = [
  ...BAD_PARAMS,
  ...BAD_JSON.map(
    ([what, json, code]): Refused => [`data with ${what}`, 'mine', `{"data":${json}}`, application, code],
  ),
  ...BAD_JSON.map(
    ([what, json, code]): Refused => [`an entry with ${what}`, 'append', entriesOf('"good"', json), application, code],
  ),
  ['data of an array with an entry of 33 arrays', 'mine', `{"data":[${arrays(33)}]}`, application, 'json-depth'],
  ['an entry of 33 arrays', 'append', entriesOf(arrays(33)), application, 'json-depth'],
  ['data of 4,097 entries', 'mine', `{"data":[${'1,'.repeat(4096)}1]}`, application, 'body-too-many-entries'],
  ['4,097 entries', 'append', entriesOf(...Array<string>(4097).fill('1')), application, 'entries-too-many'],
  [
    'data over 1 MiB',
    'mine',
    `{"data":[${Array(17)
      .fill(stringOf(64 * KIB))
      .join(',')}]}`,
    application,
    'body-too-large',
  ],
  [
    'entries over 1 MiB',
    'append',
    entriesOf(...Array<string>(16).fill(stringOf(64 * KIB))),
    application,
    'entries-too-many',
  ],
  ['a block that is not there', 'block', '{"height":4294967295}', application, 'block-not-found'],
  ['a block of an unknown hash', 'block', `{"hash":"${NO_HASH}"}`, application, 'block-not-found'],
  ['an entry of an unknown id', 'entry', `{"id":"${NO_HASH}"}`, application, 'entry-not-found'],
];

test('a status tells what its network asks of entries', async (t) => {
  const writers = [ALICE.author, BOB.author].toSorted();
  const params = createParams({ ...EASY_PARAMS, signatures: 'required', writers, stampBits: 3 });
  const { network } = await (await TestNode.start(t, { home: await makeHome(t), params })).status();
  const { signatures, writers: count, stamp_bits } = network;
  assert.deepEqual({ signatures, count, stamp_bits }, { signatures: 'required', count: 2, stamp_bits: 3 });
});

test('what is wrong with a call is told by a code, and nothing moves', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t) });
  await node.mine('{"first":1}');
  await node.call('append', { entries: ['waiting'] });
  const before = await stateOf(node);
  for (const [what, method, params, code, dataCode] of REFUSED) {
    await t.test(`${method}: ${what} is ${dataCode}`, async () => {
      const error = await refusal(node, method, params);
      assert.deepEqual([error.code, error.data.code], [code, dataCode]);
      assert.match(error.message, /^[^\n]{10,400}$/);
      assert.deepEqual(await node.status().then(({ tip, pending }) => ({ tip, pending })), pick(before));
    });
  }
  assert.deepEqual(await stateOf(node), before);
});

const pick = (state: unknown) => {
  const { tip, pending } = state as { tip: unknown; pending: unknown };
  return { tip, pending };
};

test('of what waits, the entries of one author can be asked for', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t) });
  const signed = [ALICE, BOB, ALICE].map((signer, sequence) => {
    const previous = sequence === 0 ? undefined : hashLeaf(Buffer.of(sequence));
    const { bytes, id } = signedEntry(`{"n":${sequence}}`, { signer, sequence, previous, params: EASY_PARAMS });
    return { id, text: Buffer.from(bytes).toString() };
  });
  await node.client.call('append', entriesOf('1', ...signed.map(({ text }) => text)) as JsonText);
  const idsOf = async (author: string, limit = 100): Promise<readonly string[]> => {
    const { entries } = (await node.call('pending', { author, limit })) as { entries: readonly { id: string }[] };
    return entries.map(({ id }) => id);
  };
  assert.deepEqual(await idsOf(ALICE.author), [signed[0]?.id, signed[2]?.id]);
  assert.deepEqual(await idsOf(ALICE.author, 1), [signed[0]?.id]);
  assert.deepEqual(await idsOf(BOB.author), [signed[1]?.id]);
  assert.deepEqual(await idsOf(CAROL.author), []);
});

test('the fault of one entry among several names it, with facts, and none of them is taken', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t) });
  assert.deepEqual((await refusal(node, 'append', entriesOf('1', '2', '{"a":1, "a":2}'))).data, {
    code: 'json-duplicate-key',
    key: 'a',
    offset: 8,
    entry: 2,
  });
  assert.deepEqual((await refusal(node, 'append', entriesOf('1', arrays(33)))).data, {
    code: 'json-depth',
    offset: 32,
    limit: 32,
    entry: 1,
  });
  assert.deepEqual((await refusal(node, 'append', entriesOf(stringOf(64 * KIB + 1)))).data, {
    code: 'entry-too-large',
    entry: 0,
    sizeBytes: 64 * KIB + 1,
    limitBytes: 64 * KIB,
  });
  assert.equal((await node.status()).pending.count, 0);
});

test('of entries that are too large together it is told how many fit, and so many are taken', async (t) => {
  const params = createParams({ ...EASY_PARAMS, name: 'narrow', entryBytesMax: 100, bodyBytesMax: 300 });
  const node = await TestNode.start(t, { home: await makeHome(t), params });
  const entries = Array.from({ length: 5 }, (_, i) => `"${String(i).padEnd(88, 'x')}"`);
  const { data } = await refusal(node, 'append', entriesOf(...entries));
  assert.deepEqual(data, { code: 'entries-too-many', limit: 3, sizeBytes: 366, limitBytes: 300 });
  await call(node, 'append', entriesOf(...entries.slice(0, 3)));
  assert.equal((await node.status()).pending.count, 3);
});

test('what is no request is refused before it is a call', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t) });
  const before = await stateOf(node);
  const request = (rest: string) => `{"jsonrpc":"2.0","id":1,${rest}}`;
  const CASES: readonly (readonly [what: string, message: string | Uint8Array, answer: string | readonly unknown[]])[] =
    [
      [
        '100,000 brackets as parameters',
        request(`"method":"mine","params":{"data":${'['.repeat(100_000)}`),
        [invalidRequest, 'json-depth'],
      ],
      [
        '100,000 pairs of brackets',
        request(`"method":"mine","params":{"data":${arrays(100_000)}}`),
        [invalidRequest, 'json-depth'],
      ],
      [
        '100,000 objects',
        request(`"method":"append","params":{"entries":[${objects(100_000)}]}`),
        [invalidRequest, 'json-depth'],
      ],
      ['100,000 brackets alone', '['.repeat(100_000), 'INVALID JSON'],
      ['100,000 pairs of brackets alone', arrays(100_000), 'BLOCKCHAIN REJECTED'],
      ['a member twice', request('"method":"status","method":"chain"'), [invalidRequest, 'json-duplicate-key']],
      ['another version', '{"jsonrpc":"1.0","id":1,"method":"status"}', [invalidRequest, 'request-invalid']],
      ['an unknown method', request('"method":"mint"'), [methodUnknown, 'method-unknown']],
      ['a method of every object', request('"method":"__proto__"'), [methodUnknown, 'method-unknown']],
      ['the method toString', request('"method":"toString"'), [methodUnknown, 'method-unknown']],
      ['half of a request', '{"jsonrpc":"2.0","id":1,', 'INVALID JSON'],
      [
        'bytes that are no UTF-8',
        Buffer.concat([Buffer.from('{"a":"'), Buffer.of(0xff), Buffer.from('"}')]),
        'INVALID JSON',
      ],
      [
        'half of a pair in UTF-8',
        Buffer.concat([Buffer.from('{"a":"'), Buffer.of(0xed, 0xa0, 0x80), Buffer.from('"}')]),
        'INVALID JSON',
      ],
    ];
  for (const [what, message, expected] of CASES) {
    await t.test(what, async () => {
      const answer = await node.client.send(message);
      if (typeof expected === 'string') return assert.equal(answer, expected);
      const { error } = JSON.parse(answer) as { error: RpcError };
      assert.deepEqual([error.code, error.data.code], expected);
    });
  }
  assert.deepEqual(await stateOf(node), before);
});

/** Hostile and fine: as it is sent, and as it must come back. */
const FINE: readonly (readonly [what: string, sent: string, canonical: string])[] = [
  ['__proto__', '{"__proto__":{"admin":true}}', '{"__proto__":{"admin":true}}'],
  [
    'constructor and toString',
    '{"toString":1,"constructor":{"prototype":null}}',
    '{"constructor":{"prototype":null},"toString":1}',
  ],
  ['keys like integers', '{"10":1,"9":2,"a":3,"1":4}', '{"1":4,"10":1,"9":2,"a":3}'],
  ['marks that turn the writing round', '"\\u202eabc\\u202c\\u2066"', '"\u202eabc\u202c\u2066"'],
  ['a byte order mark, a zero and a line separator', '"\\ufeff\\u0000\\u2028"', '"\ufeff\\u0000\u2028"'],
  ['a pair spelt in halves', '"\\ud834\\udd1e"', '"\u{1d11e}"'],
  ['numbers in odd spellings', '[1.0,1e2,-0,1E-7,9007199254740991,0.1e1]', '[1,100,0,1e-7,9007199254740991,1]'],
  ['white space', ' {\t"b" :\n[ ] , "a":{ } }\r', '{"a":{},"b":[]}'],
  ['a text of 64 KiB', stringOf(64 * KIB), stringOf(64 * KIB)],
  ['32 objects', objects(32), objects(32)],
  ['null', 'null', 'null'],
  ['an empty object', '{}', '{}'],
];

test('hostile data that break no rule come back byte for byte, as an entry and as a block', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t), mode: 'entries' });
  const entries = [...FINE, ['32 arrays', arrays(32), arrays(32)] as const, ['an empty array', '[]', '[]'] as const];
  const { entries: appended } = JSON.parse(
    await call(node, 'append', entriesOf(...entries.map(([, sent]) => sent))),
  ) as { entries: { id: string; status: string }[] };
  assert.deepEqual(
    appended,
    entries.map(([, , canonical]) => ({ id: idOf(canonical), status: 'pending' })),
  );
  await node.statusWhen(({ pending }) => pending.count === 0);
  for (const [what, , canonical] of entries) {
    await t.test(`${what} as an entry`, async () => {
      const text = await call(node, 'entry', `{"id":"${idOf(canonical)}"}`);
      assert.ok(text.startsWith(`{"id":"${idOf(canonical)}","status":"in-block"`), text.slice(0, 200));
      assert.ok(text.endsWith(`"data":${canonical}}`), text.slice(-200));
    });
  }
  for (const [what, sent, canonical] of FINE) {
    await t.test(`${what} as data`, async () => {
      const text = await call(node, 'mine', `{"data":${sent}}`);
      assert.ok(text.includes(`,"data":${canonical},"data_root":`), text.slice(0, 300));
    });
  }
  await t.test('and the chain with all of it is valid', async () => {
    assert.deepEqual(await node.call('validate'), { valid: true, blocks: (await node.status()).length, fault: null });
  });
});

test('entries at every limit at once are taken, mined, and the blocks are valid', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t), mode: 'entries' });
  const many = Array.from({ length: 4096 }, (_, i) => String(i));
  // 15 of 64 KiB - 1 and one of 64 KiB - 2, with 15 commas and two brackets, are 1 MiB.
  const large = Array.from({ length: 16 }, (_, i) => `"${String(i).padEnd(64 * KIB - 3 - (i === 15 ? 1 : 0), 'x')}"`);
  for (const entries of [many, large]) {
    const answer = JSON.parse(await call(node, 'append', entriesOf(...entries))) as { entries: unknown[] };
    assert.equal(answer.entries.length, entries.length);
  }
  const { length } = await node.statusWhen(({ pending }) => pending.count === 0);
  assert.deepEqual(await node.call('validate'), { valid: true, blocks: length, fault: null });
  const one = `[${large.join(',')}]`;
  assert.equal(Buffer.byteLength(one), KIB * KIB);
  assert.equal((await node.mine(one)).index, length);
});

test('depth is counted in an entry as it is in its block, in networks of other limits too', async (t) => {
  for (const depthMax of [1, 2, 3]) {
    const params = createParams({ ...EASY_PARAMS, name: `depth-${depthMax}`, depthMax });
    const node = await TestNode.start(t, { home: await makeHome(t), params });
    for (const nest of [arrays, objects]) {
      await call(node, 'append', entriesOf(nest(depthMax)));
      await call(node, 'mine', `{"data":[${nest(depthMax)}]}`);
      for (const [method, over] of [
        ['append', entriesOf(nest(depthMax + 1))],
        ['mine', `{"data":[${nest(depthMax + 1)}]}`],
      ] as const) {
        const { data } = await refusal(node, method, over);
        assert.deepEqual([data.code, data['limit']], ['json-depth', depthMax]);
      }
    }
    assert.equal((await node.status()).pending.count, 0, 'the blocks hold the same entries');
    assert.deepEqual(await node.call('validate'), { valid: true, blocks: 3, fault: null });
  }
});

test('no entries are no change, and an entry that waits already is said to', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t) });
  assert.deepEqual(await node.call('append', { entries: [] }), { entries: [] });
  const twice = JSON.parse(await call(node, 'append', entriesOf('{"a":1,"b":2}', '{"b":2,"a":1.0}')));
  const id = idOf('{"a":1,"b":2}');
  assert.deepEqual(twice, {
    entries: [
      { id, status: 'pending' },
      { id, status: 'already-pending' },
    ],
  });
  const { hash } = (await node.status()).tip;
  const told = {
    count: 1,
    size_bytes: 13,
    tip: { height: 0, hash },
    entries: [{ id, data: { a: 1, b: 2 } }],
    more: false,
  };
  assert.deepEqual(await node.call('pending', { limit: 0 }), { ...told, entries: [], more: true });
  assert.deepEqual(await node.call('pending'), told);
});

test('lists of blocks are cut where the chain ends', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t) });
  await node.mine('1');
  const heights = async (params: Record<string, number>) => {
    const { blocks } = (await node.call('blocks', params)) as { blocks: { height: number }[] };
    return blocks.map(({ height }) => height);
  };
  assert.deepEqual(await heights({}), [1, 0]);
  assert.deepEqual(await heights({ from: 4_294_967_295 }), [1, 0]);
  assert.deepEqual(await heights({ from: 0 }), [0]);
  assert.deepEqual(await heights({ limit: 0 }), []);
  assert.deepEqual(await heights({ limit: 1 }), [1]);
  for (let i = 0; i < 9; i++) await node.mine('1');
  assert.deepEqual(await heights({ step: 3 }), [10, 7, 4, 1]);
  assert.deepEqual(await heights({ from: 9, step: 3 }), [9, 6, 3, 0]);
  assert.deepEqual(await heights({ step: 1, limit: 10 }), [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  assert.deepEqual(await heights({ step: 4_294_967_295 }), [10]);
});
