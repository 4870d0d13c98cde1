/** What the library makes of a gateway that lies: the truth goes through a `fetch` that changes it, and nothing comes of that. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { hashLeaf } from '../src/core/merkle.ts';
import type { Ledger } from '../src/sdk/ledger.ts';
import type { LedgerRecord } from '../src/sdk/ledger-record.ts';
import type { RecordEvent } from '../src/sdk/record-stream.ts';
import { fileLifetime } from './browser/lifetime.ts';
import { type Between, fetchThrough, reworded, SdkWorld } from './support/sdk-world.ts';

const lifetime = fileLifetime();

describe('a gateway that lies', () => {
  let world: SdkWorld;
  /** The true records: two blocks of two entries. */
  let records: readonly LedgerRecord[];
  const idOf = (n: number) => hashLeaf(Buffer.from(`{"n":${n}}`));
  before(async () => {
    world = await SdkWorld.start(lifetime);
    await world.node.mine('[{"n":1},{"n":2}]');
    await world.node.mine('[{"n":3},{"n":4}]');
    const ledger = await world.connect();
    do records = await Array.fromAsync(ledger.records());
    while (records.length < 4);
  });

  const connectThrough = (between: Between): Promise<Ledger> => world.connect({ fetch: fetchThrough(between) });
  /** Lies where the path matches, by other words. */
  const lying =
    (where: RegExp, change: (text: string) => string): Between =>
    (path, answer) =>
      where.test(path) && answer.ok ? reworded(answer, change) : answer;

  const readings: readonly (readonly [string, (ledger: Ledger) => Promise<unknown>])[] = [
    ['an entry', (ledger) => ledger.entry(idOf(1))],
    ['records', (ledger) => Array.fromAsync(ledger.records())],
    // It ends where a record of the second block is told: of the first block, of which there are lies, none may be before.
    ['a stream', (ledger) => nextOf(ledger.follow({}, { after: 'start' }))],
  ];
  const told = /\/entries\/[0-9a-f]+$|\/records[?/]|\/records$/;
  const firstHash = () => String(records[0]?.hash);

  for (const [name, read] of readings) {
    it(`other data in ${name}`, async () => {
      const ledger = await connectThrough(lying(told, (text) => text.replaceAll('"n":1', '"n":9')));
      await assert.rejects(read(ledger), { code: 'entry-other' });
    });

    it(`another place in ${name}`, async () => {
      const ledger = await connectThrough(lying(told, (text) => text.replaceAll('"index":0', '"index":1')));
      await assert.rejects(read(ledger), { code: 'entry-misplaced' });
    });

    it(`a block that is not there in ${name}`, async () => {
      const change = (text: string) => text.replaceAll(`"hash":"${firstHash()}"`, `"hash":"${'0'.repeat(64)}"`);
      const ledger = await connectThrough(lying(told, change));
      await assert.rejects(read(ledger), { code: 'block-not-found' });
    });

    it(`an invented entry in ${name}`, async () => {
      const change = (text: string) => text.replaceAll('"n":1', '"n":9').replaceAll(idOf(1), idOf(9));
      const ledger = await connectThrough(lying(told, change));
      // An entry is asked for by its id, so another one is none at all.
      await assert.rejects(read(ledger), { code: name === 'an entry' ? 'answer-unreadable' : 'entry-misplaced' });
    });

    it(`a height beyond all blocks in ${name}`, async () => {
      const ledger = await connectThrough(lying(told, (text) => text.replaceAll('"height":1,', '"height":1000,')));
      await assert.rejects(read(ledger), { code: 'block-not-found', status: 404 });
    });

    it(`what is no JSON for ${name}`, async () => {
      const ledger = await connectThrough(lying(told, (text) => text.replaceAll('"data":', '"data"')));
      await assert.rejects(read(ledger), { code: 'answer-unreadable' });
    });
  }

  it('a block with another entry in it', async () => {
    const ledger = await connectThrough(lying(/\/blocks\/1\/canonical$/, (text) => text.replace('{"n":2}', '{"n":9}')));
    await assert.rejects(ledger.entry(idOf(1)), { code: 'data-root-wrong' });
  });

  it('a chain with its work taken away', async () => {
    const ledger = await connectThrough(async (path, answer) => {
      if (!/\/blocks\/\d+\/canonical$/.test(path) || !answer.ok) return answer;
      // Another nonce: the hash in the block follows, and meets the target no more, or is of another chain.
      return reworded(answer, (text) => text.replace(/"nonce":\d+/, '"nonce":1'));
    });
    await assert.rejects(ledger.entry(idOf(1)), { code: 'block-hash-wrong' });
  });

  it('a chain proof with a byte changed', async () => {
    const ledger = await connectThrough(async (path, answer) => {
      if (path.endsWith('/blocks/1/canonical')) return reworded(answer, (text) => text.replace(/.*/, OTHER_BLOCK));
      if (!path.endsWith('/chain-proof')) return answer;
      const bytes = new Uint8Array(await answer.arrayBuffer());
      bytes[100] = Number(bytes[100]) ^ 1;
      return new Response(bytes);
    });
    await assert.rejects(
      ledger.entry(idOf(1)),
      ({ code }) => code.startsWith('block-') || code.startsWith('chain-proof-'),
    );
  });

  it('another id for what was handed in', async () => {
    const ledger = await connectThrough(lying(/\/entries$/, (text) => text.replace(idOf(5), idOf(6))));
    await assert.rejects(ledger.append({ n: 5 }), { code: 'entry-other' });
  });

  it('a receipt of another entry, and a false one', async () => {
    const other = await (await world.connect()).receipt(idOf(2));
    const swapped = await connectThrough(lying(/\/receipt$/, () => other.text));
    await assert.rejects(swapped.receipt(idOf(1)), { code: 'receipt-entry-other' });
    const forged = await connectThrough(lying(/\/receipt$/, (text) => text.replace('{"n":1}', '{"n":9}')));
    await assert.rejects(forged.receipt(idOf(1)), { code: 'receipt-entry-other' });
  });

  it('parameters of another network', async () => {
    const { genesis } = await world.connect();
    const fetch = fetchThrough(lying(/\/params$/, (text) => text.replace('"name":"test"', '"name":"best"')));
    await assert.rejects(world.connect({ genesis, fetch }), { code: 'network-other' });
    const misled = await world.connect({ fetch });
    assert.notEqual(misled.genesis, genesis);
    await assert.rejects(misled.entry(idOf(1)), ({ code }) => code.startsWith('chain-proof-'));
  });

  it('an answer that is none of a gateway', async () => {
    const cases: readonly (readonly [Response, object])[] = [
      [new Response('<html>', { status: 502 }), { code: 'answer-unreadable', status: 502 }],
      [new Response('{"code":"made-up","detail":"Words."}', { status: 418 }), { code: 'made-up', message: 'Words.' }],
      [new Response('[]'), { code: 'answer-unreadable' }],
      [new Response(Uint8Array.of(0xff)), { code: 'answer-unreadable' }],
    ];
    for (const [response, expected] of cases) {
      const ledger = await connectThrough((path, answer) => (/\/entries\//.test(path) ? response : answer));
      await assert.rejects(ledger.entry(idOf(1)), expected);
    }
  });

  it('a position of a stream without a tip', async () => {
    for (const tip of ['null', '{}', '{"height":-1,"hash":"a"}']) {
      const change = (text: string) => text.replace(/"tip":\{[^}]*\}/, `"tip":${tip}`);
      const ledger = await connectThrough(lying(/\/records\/stream/, change));
      await assert.rejects(nextOf(ledger.follow()), { code: 'answer-unreadable' });
    }
  });

  it('an answer without end', async () => {
    let given = 0;
    const ledger = await connectThrough((path, answer) => {
      if (!path.endsWith('/status')) return answer;
      const part = new Uint8Array(8 * 1024 * 1024);
      const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
        given++;
        controller.enqueue(part);
      };
      return new Response(new ReadableStream({ pull }));
    });
    await assert.rejects(ledger.status(), { code: 'answer-unreadable' });
    assert.ok(given < 20);
  });
});

/** The first record that is told. */
async function nextOf(events: AsyncGenerator<RecordEvent>): Promise<RecordEvent> {
  for await (const event of events) return event;
  return assert.fail('a stream has no end');
}

const OTHER_BLOCK = '{}';
