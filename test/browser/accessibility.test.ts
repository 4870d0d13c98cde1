/** That the explorer can be used by everybody: by what axe can tell, and by the keyboard alone. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import { breaches, breachesInAnyLight } from './axe.ts';
import { openPage, startBrowser } from './browser.ts';
import { noChromiumReason } from './chromium.ts';
import { everyPage, follow, visit } from './every-page.ts';
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

test('axe finds nothing on any page, in light and dark, and none is wider than a small screen', { skip }, async (t) => {
  const { page } = await openPage(t, browser, { colorScheme: 'light' });
  const found: string[] = [];
  await visit(page, `${world.url}/#/nowhere`);
  for (const { name, path } of await everyPage(world)) {
    await follow(page, path);
    found.push(...(await breachesInAnyLight(page)).map((breach) => `${name}: ${breach}`));
  }
  assert.deepEqual(found, []);
});

test('axe finds what is wrong', { skip }, async (t) => {
  const { page } = await openPage(t, browser);
  await visit(page, `${world.url}/#/about`);
  await page.evaluate(`document.querySelector('main').append(document.createElement('button'))`);
  assert.match((await breaches(page)).join(), /button-name/);
});

test('the keyboard alone is enough to look around, to search and to append', { skip }, async (t) => {
  const { page } = await openPage(t, browser);
  const heading = (name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor();
  await visit(page, world.url);
  await page.keyboard.press('Tab');
  await focused(page, 'link', 'To the content').waitFor();

  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keyboard' });
  await help.waitFor();
  await page.keyboard.press('Escape');
  await help.waitFor({ state: 'hidden' });

  await press(page, 'g', 'b');
  await heading('Blocks');
  await page.getByRole('table', { name: 'Blocks' }).getByRole('link').first().waitFor();
  await press(page, 'j', 'j', 'k', 'Enter');
  await heading(/^Block \d/);
  await press(page, '/');
  await page.keyboard.type('7');
  await page.keyboard.press('Enter');
  await heading('Block 7');

  await press(page, 'p');
  await page.getByRole('button', { name: 'Resume' }).waitFor();
  await press(page, 'p');
  await page.getByRole('button', { name: 'Pause' }).waitFor();

  await press(page, 'g', 'a');
  await heading('Append');
  await tabTo(page, 'textbox', 'Entry');
  await page.keyboard.type('{"by": "keys alone"}');
  await tabTo(page, 'button', 'Append');
  await page.keyboard.press('Enter');
  await page.getByText('waits to be mined').waitFor();
});

test('who wants no motion gets none, not even where a block arrives', { skip }, async (t) => {
  const { page } = await openPage(t, browser, { reducedMotion: 'reduce' });
  await visit(page, world.url);
  const { index } = await world.node(0).mine('"still"');
  await page
    .getByRole('list', { name: 'Latest blocks' })
    .getByRole('link', { name: new RegExp(`^Block ${index}\\b`) })
    .waitFor();
  const moving = await page.evaluate(`document.getAnimations()
    .map(({ effect }) => effect.getComputedTiming()).filter(({ duration }) => duration > 1).length`);
  assert.equal(moving, 0);
});

async function press(page: Page, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

/** Goes from field to field until the one of this role and name has the focus. */
async function tabTo(page: Page, role: 'button' | 'textbox', name: string): Promise<void> {
  for (let i = 0; i < TABS_MAX; i++) {
    await page.keyboard.press('Tab');
    if ((await focused(page, role, name).count()) > 0) return;
  }
  assert.fail(`the ${role} "${name}" is not reached by ${TABS_MAX} tabs`);
}

function focused(page: Page, role: 'button' | 'link' | 'textbox', name: string): Locator {
  return page.getByRole(role, { name, exact: true }).and(page.locator(':focus'));
}

const TABS_MAX = 60;
