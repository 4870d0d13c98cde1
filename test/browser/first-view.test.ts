/** What a visitor waits for before the page says something. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { openPage, startBrowser } from './browser.ts';
import { noChromiumReason } from './chromium.ts';
import { fileLifetime } from './lifetime.ts';
import { ExplorerWorld } from './world.ts';

const skip = noChromiumReason();
const lifetime = fileLifetime();

test('the first view is at most 100 kB over the wire, and 250 kB with the code of the peer', { skip }, async (t) => {
  const world = await ExplorerWorld.start(lifetime);
  const { page } = await openPage(t, await startBrowser(lifetime));
  const loaded = watchSizes(page);
  await page.goto(world.url);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForLoadState('networkidle');
  const sizes = [...(await loaded())].filter(([path]) => !path.startsWith('/api/'));
  const sum = sizes.reduce((bytes, [, size]) => bytes + size, 0);
  assert.ok(sum > 0 && sum <= 250_000, `${sum} bytes: ${sizes.join(' ')}`);
});

/** The bytes of every answer so far, compressed as they came, by their path. */
function watchSizes(page: Page): () => Promise<ReadonlyMap<string, number>> {
  const finished: Promise<readonly [string, number]>[] = [];
  page.context().on('requestfinished', (request) => {
    finished.push(request.sizes().then(({ responseBodySize }) => [new URL(request.url()).pathname, responseBodySize]));
  });
  return async () => new Map(await Promise.all(finished));
}
