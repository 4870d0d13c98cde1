/** A list of a million blocks: as quick to go through as a short one. How smooth that is, `npm run bench -- explorer` measures. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { openPage, startBrowser } from './browser.ts';
import { noChromiumReason } from './chromium.ts';
import { visit } from './every-page.ts';
import { inventChain } from './invented-chain.ts';
import { fileLifetime } from './lifetime.ts';
import { startLyingGateway } from './lying-gateway.ts';
import { ExplorerWorld } from './world.ts';

const skip = noChromiumReason();
const lifetime = fileLifetime();
const TIP_HEIGHT = 1_000_000;
const ROWS_MAX = 200;
let browser: Browser;
let url: string;

before(async () => {
  if (skip !== false) return;
  browser = await startBrowser(lifetime);
  const world = await ExplorerWorld.start(lifetime, { nodes: 1 });
  url = await startLyingGateway(lifetime, world.url, inventChain(TIP_HEIGHT));
});

test('of a million blocks only those in sight are laid out, wherever one looks', { skip }, async (t) => {
  const { page } = await openPage(t, browser);
  await visit(page, `${url}/#/blocks`);
  await blockLink(page, TIP_HEIGHT).waitFor();
  assert.ok((await rows(page)) <= ROWS_MAX);
  await page.getByRole('main').hover();
  for (let i = 0; i < 5; i++) await page.mouse.wheel(0, 20_000);
  await blockLink(page, TIP_HEIGHT).waitFor({ state: 'detached' });
  assert.ok((await rows(page)) <= ROWS_MAX);
});

test('any height is reached by typing it', { skip }, async (t) => {
  const { page } = await openPage(t, browser);
  await visit(page, `${url}/#/blocks`);
  for (const height of [0, 543_210, TIP_HEIGHT - 1]) {
    const field = page.getByLabel(/go to height/i);
    await field.fill(String(height));
    await field.press('Enter');
    await blockLink(page, height).waitFor();
    assert.ok((await rows(page)) <= ROWS_MAX);
  }
});

function blockLink(page: Page, height: number) {
  return page
    .getByRole('main')
    .getByRole('link', { name: new RegExp(`^Block ${height.toLocaleString('en').replaceAll(',', '[\\s,\u202f]?')}$`) });
}

function rows(page: Page): Promise<number> {
  return page.getByRole('main').getByRole('row').count();
}
