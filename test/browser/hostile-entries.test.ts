/** Entries of people who mean ill: whatever the ledger takes is shown, and does nothing. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { PlainValue } from '../../src/core/json-text.ts';
import { openPage, startBrowser } from './browser.ts';
import { noChromiumReason } from './chromium.ts';
import { follow, visit } from './every-page.ts';
import { fileLifetime } from './lifetime.ts';
import { ExplorerWorld } from './world.ts';

const skip = noChromiumReason();
const lifetime = fileLifetime();
let browser: Browser;
let world: ExplorerWorld;
/** The ids of the entries below, in their order. */
let ids: readonly string[];

const SCRIPTS = [
  '<script>window.pwned=1</script>',
  '<img src=x onerror="window.pwned=1">',
  '</script></style><svg onload=window.pwned=1>',
  'javascript:window.pwned=1',
  '{@html "<b>"}{{constructor.constructor("window.pwned=1")()}}',
  'url(http://example.com/x)"><link rel=stylesheet href=http://example.com/x>',
];
const MARKS = 'invoice\u202egnp.exe \u2066\u200b\u0000end';
const LONG = 'long '.repeat(13_000);
const DEEP = JSON.parse(`${'[{"x":'.repeat(16)}1${'}]'.repeat(16)}`);
const KEYS = JSON.parse(
  `{"__proto__":{"polluted":"yes"},"constructor":1,"<b>":2,"${'k'.repeat(3000)}":3,"\\u202eyek":4}`,
);
const WIDE = Array.from({ length: 9_000 }, (_, i) => i);

before(async () => {
  if (skip !== false) return;
  [browser, world] = await Promise.all([startBrowser(lifetime), ExplorerWorld.start(lifetime, { nodes: 1 })]);
  const entries: readonly PlainValue[] = [...SCRIPTS, MARKS, LONG, DEEP, KEYS, WIDE];
  await world.node(0).call('mine', { data: entries });
  const block = (await world.node(0).call('block', { height: 1 })) as { readonly entry_ids: readonly string[] };
  ids = block.entry_ids;
});

test('scripts and markup in entries are text, wherever an entry is shown', { skip }, async (t) => {
  const { page } = await openPage(t, browser);
  const paths = ['block/1', 'search?text=pwned', ...SCRIPTS.map((_, i) => `entry/${ids[i]}`)];
  for (const [i, path] of paths.entries()) {
    await open(page, path);
    assert.equal(await page.evaluate('window.pwned'), undefined, path);
    assert.equal(await page.locator('main').locator('script, img, iframe, link, object').count(), 0, path);
    const script = SCRIPTS[i - 2];
    const shown = await page.getByRole('main').innerText();
    assert.ok(script === undefined || shown.includes(JSON.stringify(script)), `${shown} has ${script}`);
  }
});

test('marks that work unseen are shown by name', { skip }, async (t) => {
  const { page } = await openPage(t, browser);
  for (const path of ['block/1', `entry/${ids[SCRIPTS.length]}`, 'search?text=invoice']) {
    await open(page, path);
    await page.getByRole('main').getByText('U+202E').first().waitFor();
    const shown = await page.locator('body').innerText();
    assert.doesNotMatch(`${shown} ${await page.title()}`, /[\u202a-\u202e\u2066-\u2069\u200b\0]/, path);
  }
});

test('an entry of 64 KiB is cut, and shown whole when asked for', { skip }, async (t) => {
  const { page } = await openPage(t, browser);
  await open(page, `entry/${ids[SCRIPTS.length + 1]}`);
  const entry = page.getByRole('region', { name: 'JSON' }).first();
  assert.ok((await entry.innerText()).length < 5_000, 'it is cut at first');
  await entry.getByRole('button', { name: /show all/i }).click();
  assert.ok((await entry.innerText()).length > 60_000, 'all of it is there');
  assert.ok(await isWithin(page), 'and stays within the page');
});

test('deep, wide and strangely named entries stay within the page and leave it whole', { skip }, async (t) => {
  const { page } = await openPage(t, browser, { viewport: { width: 390, height: 800 } });
  for (const id of ids.slice(SCRIPTS.length + 2)) {
    await open(page, `entry/${id}`);
    const openAll = page.getByRole('button', { name: 'Open all' });
    if ((await openAll.count()) > 0) await openAll.click();
    assert.ok(await isWithin(page), `entry ${id} is no wider than the page`);
    assert.ok((await page.locator('*').count()) < 6_000, 'not all of a wide entry is laid out at once');
    assert.equal(await page.evaluate('({}).polluted'), undefined);
  }
  await open(page, 'block/1');
  assert.ok(await isWithin(page), 'nor is the block that holds them');
});

/** Shows what is at `path`, without loading all anew where the explorer is open already. */
async function open(page: Page, path: string): Promise<void> {
  if (page.url().startsWith(world.url)) await follow(page, `#/${path}`);
  else await visit(page, `${world.url}/#/${path}`);
}

/** Whether nothing has to be scrolled sideways. */
async function isWithin(page: Page): Promise<boolean> {
  return (await page.evaluate('document.documentElement.scrollWidth <= innerWidth')) === true;
}
