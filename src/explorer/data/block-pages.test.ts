import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import type { BlockSummary } from '../../api/shapes.ts';
import { BlockPages, type FetchBlocks } from './block-pages.ts';

interface Asking {
  readonly from: number;
  readonly limit: number;
  readonly signal: AbortSignal;
  answer(branch?: string): Promise<void>;
  fail(): Promise<void>;
}

/** Pages of a chain up to `tip`, whose requests are answered by hand, with time that stands still. */
function pagesTo(tip: number) {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
  const asked: Asking[] = [];
  let changes = 0;
  const fetchBlocks: FetchBlocks = ({ from, limit, signal }) => {
    const { promise, resolve } = Promise.withResolvers<Awaited<ReturnType<FetchBlocks>>>();
    const trouble = { code: signal.aborted ? 'cancelled' : 'node-failed', status: 0, title: '', detail: '' };
    signal.addEventListener('abort', () => resolve({ ok: false, fault: { ...trouble, code: 'cancelled' } }));
    const settled = async () => {
      await promise;
      await Promise.resolve();
    };
    asked.push({
      from,
      limit,
      signal,
      async answer(branch = 'a') {
        const blocks = Array.from(
          { length: limit },
          (_, index) => ({ height: from - index, hash: `${branch}${from - index}` }) as BlockSummary,
        );
        resolve({ ok: true, value: { blocks } });
        await settled();
      },
      async fail() {
        resolve({ ok: false, fault: trouble });
        await settled();
      },
    });
    return promise;
  };
  const pages = new BlockPages(fetchBlocks, () => {
    changes += 1;
  });
  pages.setTip(tip);
  return { pages, asked, changes: () => changes, pass: () => mock.timers.tick(60) };
}

const spans = (asked: readonly Asking[]) => asked.map(({ from, limit }) => [from, limit]);

describe('pages of blocks', () => {
  it('are fetched where they are looked at, the highest first, and no block above the tip', async () => {
    const { pages, asked, changes, pass } = pagesTo(1_050);
    pages.want(980, 1_010);
    pass();
    assert.deepEqual(spans(asked), [
      [1_050, 51],
      [999, 100],
    ]);
    await asked[0]?.answer();
    assert.equal(pages.at(1_003)?.hash, 'a1003');
    assert.equal(pages.at(999), undefined);
    assert.equal(changes(), 1);
  });

  it('are not fetched where they are flown past', () => {
    const { pages, asked, pass } = pagesTo(100_000);
    for (let height = 90_000; height > 50_000; height -= 500) {
      pages.want(height, height + 20);
      mock.timers.tick(16);
    }
    assert.equal(asked.length, 0);
    pass();
    assert.deepEqual(spans(asked), [[50_599, 100]]);
  });

  it('are given up when nobody looks any more, and fetched when somebody does again', async () => {
    const { pages, asked, pass } = pagesTo(1_000);
    pages.want(0, 20);
    pass();
    pages.want(500, 520);
    assert.equal(asked[0]?.signal.aborted, true);
    pages.want(0, 20);
    await Promise.resolve();
    await Promise.resolve();
    pass();
    assert.deepEqual(spans(asked), [
      [99, 100],
      [99, 100],
    ]);
  });

  it('are not fetched twice', async () => {
    const { pages, asked, pass } = pagesTo(1_000);
    pages.want(0, 20);
    pass();
    await asked[0]?.answer();
    pages.want(5, 25);
    pass();
    assert.equal(asked.length, 1);
  });

  it('are shown as they were until those of another branch have come', async () => {
    const { pages, asked, pass } = pagesTo(150);
    pages.want(90, 120);
    pass();
    for (const asking of asked) await asking.answer();
    pages.changedFrom(110);
    assert.equal(pages.at(110)?.hash, 'a110');
    pass();
    assert.deepEqual(spans(asked.slice(2)), [[150, 51]]);
    await asked[2]?.answer('b');
    assert.equal(pages.at(110)?.hash, 'b110');
    assert.equal(pages.at(99)?.hash, 'a99');
  });

  it('have the new tip fetched', async () => {
    const { pages, asked, pass } = pagesTo(150);
    pages.want(140, 150);
    pass();
    await asked[0]?.answer();
    pages.setTip(151);
    pages.want(140, 151);
    pass();
    assert.deepEqual(spans(asked), [
      [150, 51],
      [151, 52],
    ]);
  });

  it('say why they do not come, and are asked for again when they are wanted next', async () => {
    const { pages, asked, pass } = pagesTo(150);
    pages.want(0, 10);
    pass();
    await asked[0]?.fail();
    assert.equal(pages.trouble?.code, 'node-failed');
    pages.want(0, 10);
    pass();
    await asked[1]?.answer();
    assert.equal(pages.trouble, undefined);
  });

  it('are dropped where too many are kept, those first that were fetched first', async () => {
    const { pages, asked, pass } = pagesTo(100_000);
    for (let page = 0; page <= 64; page++) {
      pages.want(page * 100, page * 100 + 10);
      pass();
      await asked.at(-1)?.answer();
    }
    assert.equal(pages.at(5), undefined);
    assert.equal(pages.at(105)?.hash, 'a105');
  });
});
