/** What a visitor waits for before the page says something. How long that is, `npm run bench -- explorer` measures. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPage, startBrowser } from './browser.ts';
import { noChromiumReason } from './chromium.ts';
import { fileLifetime } from './lifetime.ts';
import { watchLoading } from './loading.ts';
import { ExplorerWorld } from './world.ts';

const skip = noChromiumReason();
const lifetime = fileLifetime();

test('the first view is at most 100 kB over the wire, and 250 kB with the code of the peer', { skip }, async (t) => {
  const world = await ExplorerWorld.start(lifetime);
  const { page, requests } = await openPage(t, await startBrowser(lifetime));
  const loading = watchLoading(page);
  await page.goto(world.url);
  await page
    .getByRole('banner')
    .getByRole('link', { name: /^Verified/ })
    .waitFor();
  const { view, all } = await loading.sizes();
  assert.equal(page.workers().length, 1, 'the peer is a worker');
  assert.ok(view > 0 && view <= 100_000, `${view} bytes: ${requests.join(' ')}`);
  assert.ok(all > view + 50_000 && all <= 250_000, `${all} bytes: ${requests.join(' ')}`);
});
