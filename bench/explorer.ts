/** `explorer`: what a visitor waits for, in a real browser: the first view, a list of a million blocks, and the check of a chain. */
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { withLifetime } from '../reliability/lifetime.ts';
import { assert, assertPresent } from '../src/core/assert.ts';
import { proveChain } from '../src/core/chain-prover.ts';
import { createParams, encodeParams } from '../src/core/params.ts';
import { PATIENCE_MS, startBrowser } from '../test/browser/browser.ts';
import { whenSettled } from '../test/browser/every-page.ts';
import { inventChain } from '../test/browser/invented-chain.ts';
import { watchLoading } from '../test/browser/loading.ts';
import { startLyingGateway } from '../test/browser/lying-gateway.ts';
import { ExplorerWorld } from '../test/browser/world.ts';
import { unevenTimes, WrittenChain } from '../test/support/written-chain.ts';
import type { Measurement } from './measurement.ts';

/** In the order in which they run. */
const PARTS: ReadonlyMap<string, (browser: Browser, isQuick: boolean) => Promise<Measurement>> = new Map([
  ['view', firstView],
  ['scroll', scrolling],
  ['proof', checking],
]);

export const EXPLORER_PARTS: readonly string[] = [...PARTS.keys()];

/** Measures the parts named, all if none is. */
export async function* explorer(options: {
  readonly isQuick: boolean;
  readonly parts: readonly string[];
}): AsyncGenerator<Measurement> {
  for (const [name, measure] of PARTS) {
    if (options.parts.length > 0 && !options.parts.includes(name)) continue;
    yield await withLifetime(async (lifetime) => measure(await startBrowser(lifetime), options.isQuick));
  }
}

/** Three nodes, a browser that has never been there. */
async function firstView(browser: Browser, isQuick: boolean): Promise<Measurement> {
  return await withLifetime(async (lifetime) => {
    const world = await ExplorerWorld.start(lifetime);
    await world.node(0).mine('"something to see"');
    const shownMs: number[] = [];
    const verifiedMs: number[] = [];
    let sizes = { view: 0, all: 0 };
    for (let round = 0; round < (isQuick ? 1 : 7); round++) {
      const context = await browser.newContext();
      const page = await context.newPage();
      page.setDefaultTimeout(PATIENCE_MS);
      const loading = watchLoading(page);
      await page.goto(world.url, { waitUntil: 'commit' });
      await page
        .getByRole('list', { name: 'Latest blocks' })
        .getByRole('link', { name: /^Block 1\b/ })
        .waitFor();
      shownMs.push(await sinceStart(page));
      await page.getByRole('link', { name: /^Verified/ }).waitFor();
      verifiedMs.push(await sinceStart(page));
      await page.waitForLoadState('load');
      sizes = await loading.sizes();
      await context.close();
    }
    return {
      name: 'the first view of three nodes',
      figures: [
        {
          name: 'loaded, without the peer',
          value: sizes.view / 1000,
          unit: 'kB',
          aim: 100,
          better: 'less',
          expected: 60,
        },
        { name: 'loaded, with the peer', value: sizes.all / 1000, unit: 'kB', aim: 250, better: 'less', expected: 180 },
        {
          name: 'until blocks are there and can be opened',
          value: median(shownMs),
          unit: 'ms',
          aim: 1000,
          better: 'less',
          expected: 400,
        },
        { name: 'until the chain is verified', value: median(verifiedMs), unit: 'ms', expected: 1200 },
      ],
    };
  });
}

/** A wheel that turns for seconds, then the scroll bar dragged through all of it. */
async function scrolling(browser: Browser, isQuick: boolean): Promise<Measurement> {
  return await withLifetime(async (lifetime) => {
    const world = await ExplorerWorld.start(lifetime, { nodes: 1 });
    const url = await startLyingGateway(lifetime, world.url, inventChain(1_000_000));
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(PATIENCE_MS);
    await page.goto(`${url}/#/blocks`);
    await whenSettled(page);
    await page.getByRole('main').getByRole('row').nth(5).waitFor();
    const durationMs = isQuick ? 500 : 5_000;
    const wheel = await framesWhile(page, durationMs, 'at + 120');
    const drag = await framesWhile(page, durationMs, '((1 + Math.sin(now / 700)) / 2) * height');
    await page.close();
    return {
      name: 'scroll through 1000000 blocks',
      figures: [
        {
          name: 'frames a second, by the wheel',
          value: wheel.rate,
          unit: 'frames/s',
          aim: 58,
          better: 'more',
          expected: 60,
        },
        {
          name: 'the longest gap of 99 in 100 frames',
          value: wheel.gapMs,
          unit: 'ms',
          aim: 34,
          better: 'less',
          expected: 17,
        },
        {
          name: 'frames a second, by the scroll bar',
          value: drag.rate,
          unit: 'frames/s',
          aim: 58,
          better: 'more',
          expected: 60,
        },
        {
          name: 'the longest gap of 99 in 100 frames',
          value: drag.gapMs,
          unit: 'ms',
          aim: 34,
          better: 'less',
          expected: 17,
        },
      ],
    };
  });
}

/** Frames while what scrolls is set, in each of them, to where `next` says: of the time, the place and the height. */
async function framesWhile(page: Page, durationMs: number, next: string): Promise<{ rate: number; gapMs: number }> {
  const gaps = (await page.evaluate(`new Promise((resolve) => {
    const scroller = [...document.querySelectorAll('main, main *')].find((element) =>
      element.scrollHeight > 2 * element.clientHeight && getComputedStyle(element).overflowY !== 'visible');
    const gaps = [];
    let start, last;
    requestAnimationFrame(function frame(now) {
      // From the first frame, which a busy machine draws late: there are always two, and a gap between them.
      start ??= now;
      if (last !== undefined) gaps.push(now - last);
      last = now;
      const at = scroller.scrollTop;
      const height = scroller.scrollHeight;
      scroller.scrollTop = ${next};
      if (now - start < ${durationMs}) requestAnimationFrame(frame);
      else resolve(gaps);
    });
  })`)) as number[];
  const sorted = gaps.toSorted((a, b) => a - b);
  const sum = sorted.reduce((total, gap) => total + gap, 0);
  return { rate: (1000 * sorted.length) / sum, gapMs: sorted[Math.floor(0.99 * sorted.length)] ?? 0 };
}

/** What a browser takes for a proof of a chain, beside all of its headers. */
async function checking(browser: Browser, isQuick: boolean): Promise<Measurement> {
  const params = createParams({ name: 'bench', targetLimit: 0x207fffff });
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.evaluate(await proofCheckScript());
  const chain = new WrittenChain(params);
  const figures: Measurement['figures'][number][] = [];
  for (const height of isQuick ? [1_000] : [1_000, 100_000, 1_000_000]) {
    const proof = assertPresent(proveChain(chain.growTo(height, unevenTimes)), 'a chain of honest work has a proof');
    const question = [Buffer.from(proof).toString('hex'), encodeParams(params), isQuick ? 1 : 9];
    const times = await page.evaluate<number[]>(`proofCheck.timeCheck(...${JSON.stringify(question)})`);
    const at = `${height.toLocaleString('en')} blocks`;
    figures.push(
      { name: `proof of ${at}`, value: proof.length / 1000, unit: 'kB', aim: 500, better: 'less' },
      { name: `all headers of ${at}`, value: (118 * height) / 1000, unit: 'kB' },
      { name: `first check of ${at}`, value: times[0] ?? 0, unit: 'ms', aim: 1000, better: 'less', expected: 400 },
      { name: `check of ${at}, warm`, value: median(times), unit: 'ms', expected: 150 },
    );
  }
  await page.close();
  return { name: 'check a chain proof in the browser', figures };
}

/** The code of `proof-check.ts` for a browser, which leaves `proofCheck`. */
async function proofCheckScript(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    root: fileURLToPath(new URL('../', import.meta.url)),
    build: {
      write: false,
      target: 'es2023',
      lib: {
        entry: fileURLToPath(new URL('explorer/proof-check.ts', import.meta.url)),
        formats: ['iife'],
        name: 'proofCheck',
      },
    },
  });
  const [output] = [built].flat();
  assert(output !== undefined && 'output' in output, 'it is built once');
  return `${output.output[0].code}; globalThis.proofCheck = proofCheck;`;
}

function sinceStart(page: Page): Promise<number> {
  return page.evaluate<number>('performance.now()');
}

function median(values: readonly number[]): number {
  return assertPresent(values.toSorted((a, b) => a - b)[values.length >> 1], 'something was measured');
}
