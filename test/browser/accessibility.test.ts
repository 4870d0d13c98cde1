/** That the explorer can be used by everybody: by what axe can tell, and by the keyboard alone. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { before, test } from 'node:test';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { openPage, startBrowser } from './browser.ts';
import { noChromiumReason } from './chromium.ts';
import { everyPage, visit } from './every-page.ts';
import { fileLifetime } from './lifetime.ts';
import { startTrade } from './trade.ts';
import type { ExplorerWorld } from './world.ts';

const skip = noChromiumReason();
const lifetime = fileLifetime();
let browser: Browser;
let world: ExplorerWorld;

before(async () => {
  if (skip !== false) return;
  [browser, world] = await Promise.all([startBrowser(lifetime), startTrade(lifetime, { blocks: 40 })]);
});

test('axe finds nothing on any page, in light and dark', { skip }, async (t) => {
  const { page } = await openPage(t, browser, { colorScheme: 'light' });
  const found: string[] = [];
  for (const { name, path } of await everyPage(world)) {
    await page.emulateMedia({ colorScheme: 'light' });
    await visit(page, `${world.url}${path}`);
    found.push(...(await breaches(page)).map((breach) => `${name}: ${breach}`));
    await page.emulateMedia({ colorScheme: 'dark' });
    // Only colours are others.
    const dark = await breaches(page, { runOnly: { type: 'rule', values: ['color-contrast'] } });
    found.push(...dark.map((breach) => `${name}, dark: ${breach}`));
  }
  assert.deepEqual(found, []);
});

test('axe finds what is wrong', { skip }, async (t) => {
  const { page } = await openPage(t, browser);
  await visit(page, `${world.url}/#/about`);
  await page.evaluate(`document.querySelector('main').append(document.createElement('button'))`);
  assert.match((await breaches(page)).join(), /button-name/);
});

/** What axe has against the page, a line for each place. */
async function breaches(page: Page, options: RunOptions = {}): Promise<string[]> {
  if (!(await page.evaluate(`'axe' in window`))) await page.evaluate(AXE);
  const { violations } = (await page.evaluate(
    `axe.run(document, ${JSON.stringify({ resultTypes: ['violations'], ...options })})`,
  )) as AxeResults;
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, any }) => `${id}: ${help}: ${html.slice(0, 160)} ${any[0]?.message ?? ''}`),
  );
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
