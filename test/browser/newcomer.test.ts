/** What somebody does who opens the explorer for the first time, and what happens while the page is open. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, test } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import { parseReceipt, verifyReceipt } from '../../src/core/receipt.ts';
import { openPage, startBrowser } from './browser.ts';
import { noChromiumReason } from './chromium.ts';
import { visit, whenSettled } from './every-page.ts';
import { fileLifetime } from './lifetime.ts';
import { ExplorerWorld } from './world.ts';

const skip = noChromiumReason();
const lifetime = fileLifetime();
let browser: Browser;
let world: ExplorerWorld;

before(async () => {
  if (skip !== false) return;
  [browser, world] = await Promise.all([
    startBrowser(lifetime),
    ExplorerWorld.start(lifetime, { firstMode: 'entries' }),
  ]);
});

test('a newcomer sees three nodes, appends, mines, watches it arrive on all, and sees the entry verified', {
  skip,
}, async (t) => {
  // As from another machine in the house, where a browser has no WebCrypto.
  const { page } = await openPage(t, browser, { reducedMotion: 'no-preference' });
  await page.goto(world.plainUrl);
  assert.equal(await page.evaluate('crypto.subtle'), undefined);
  const nodes = page.getByRole('table', { name: 'Nodes' });
  for (const { node } of world.nodes) await rowOf(nodes, node.port).waitFor();
  await page
    .getByText(/all 3 nodes agree/i)
    .first()
    .waitFor();

  await page.getByRole('link', { name: 'Append' }).first().click();
  await page.getByRole('textbox', { name: 'Entry' }).fill('{"hello": "world", "by": "a newcomer"}');
  await page.getByRole('button', { name: /^Append/ }).click();
  await page.getByRole('main').getByText('in block 1', { exact: true }).waitFor();

  await link(page, 'Mining').click();
  await page.getByRole('button', { name: 'Mine', exact: true }).click();
  await page.getByRole('main').getByRole('link', { name: 'block 2', exact: true }).waitFor();

  await link(page, 'Home').click();
  for (const { node } of world.nodes) await rowOf(nodes, node.port).getByText('2', { exact: true }).first().waitFor();
  await page
    .getByText(/all 3 nodes agree/i)
    .first()
    .waitFor();
  await page
    .getByRole('list', { name: 'Latest blocks' })
    .getByRole('link', { name: /^Block 1\b/ })
    .click();
  await page.getByRole('heading', { level: 1, name: 'Block 1' }).waitFor();
  await page.getByRole('listitem').filter({ hasText: 'newcomer' }).getByRole('link').first().click();
  await page.getByRole('heading', { level: 1, name: /^Entry/ }).waitFor();
  await page.getByRole('group', { name: 'Verification' }).getByText('Verified by this page').waitFor();
  await page.getByRole('link', { name: /^Verified/ }).waitFor();
});

test('a block that is found is there at once, on every page that shows it, until the page is paused', {
  skip,
}, async (t) => {
  const { page } = await openPage(t, browser);
  await page.goto(world.url);
  const latest = page.getByRole('list', { name: 'Latest blocks' });
  const next = await mineNext();
  await latest.getByRole('link', { name: new RegExp(`^Block ${next}\\b`) }).waitFor();

  await page.getByRole('button', { name: 'Pause' }).click();
  const unseen = await mineNext();
  // What comes after a question that was asked later has been left out, and is not only late.
  await page.evaluate(`fetch('/api/v1/overview').then((answer) => answer.text())`);
  assert.equal(await latest.getByRole('link', { name: new RegExp(`^Block ${unseen}\\b`) }).count(), 0);

  await page.getByRole('button', { name: 'Resume' }).click();
  await latest.getByRole('link', { name: new RegExp(`^Block ${unseen}\\b`) }).waitFor();
});

test('the one search box finds heights, hashes, ids, nodes and text', { skip }, async (t) => {
  // A hash may name a block or an entry, and is asked for as both.
  const { page } = await openPage(t, browser, { expectedComplaints: /status of 404/ });
  await world.node(0).call('mine', { data: { lot: 'needle 77' } });
  await world.agreed();
  const { tip } = await world.node(0).status();
  const block = (await world.node(0).call('block', { hash: tip.hash })) as { readonly entry_ids: readonly string[] };
  await visit(page, world.url);
  const { port } = world.node(1).node;
  // Each leads to a page with another heading than the one before, by which it is seen to be there.
  const finds: readonly (readonly [text: string, option: RegExp, heading: RegExp])[] = [
    [String(tip.height), /^Block/, new RegExp(`^Block ${tip.height}`)],
    [block.entry_ids[0] ?? '', /^Entry/, /^Entry/],
    [tip.hash, /^Block/, new RegExp(`^Block ${tip.height}`)],
    [String(port), /^Node/, new RegExp(`^Node ${port}`)],
  ];
  for (const [text, option, heading] of finds) {
    await page.keyboard.press('/');
    await page.getByRole('searchbox', { name: 'Search' }).fill(text);
    await page.getByRole('option', { name: option }).click();
    await page.getByRole('heading', { level: 1, name: heading }).waitFor();
  }
  await page.keyboard.press('/');
  await page.getByRole('searchbox', { name: 'Search' }).fill('NEEDLE');
  await page.keyboard.press('Enter');
  await page.getByRole('main').getByText('needle 77').first().waitFor();
});

test('the receipt of an entry is saved from its page and holds, and so is the page that checks it', {
  skip,
}, async (t) => {
  const { page } = await openPage(t, browser, { acceptDownloads: true });
  const { tip } = await world.node(0).status();
  const block = (await world.node(0).call('block', { hash: tip.hash })) as { readonly entry_ids: readonly string[] };
  const [id = ''] = block.entry_ids;
  await visit(page, `${world.url}/#/entry/${id}`);
  const save = async (name: RegExp) => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name }).click()]);
    return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
  };
  const saved = await save(/^Download the receipt/);
  assert.equal(saved.name, `${id.slice(0, 16)}.receipt.json`);
  const receipt = parseReceipt(saved.bytes);
  assert.ok(receipt.ok);
  const verified = verifyReceipt(receipt.value);
  assert.ok(verified.ok);
  assert.equal(verified.value.id, id);
  const verifier = await save(/^Download the page/);
  assert.equal(verifier.name, 'cairn-verifier.html');
  assert.match(verifier.bytes.toString(), /^<!doctype html>/);
});

test('an address leads to the same thing again, and its title names it', { skip }, async (t) => {
  const { page } = await openPage(t, browser);
  const { tip } = await world.node(0).status();
  const { port } = world.node(2).node;
  for (const [path, title] of [
    [`block/${tip.hash}`, new RegExp(`^Block ${tip.height}\\b.*Cairn`)],
    [`block/0?node=${port}`, /^Block 0\b.*Cairn/],
    [`node/${port}`, new RegExp(`^Node ${port}\\b.*Cairn`)],
  ] as const) {
    await visit(page, `${world.url}/#/${path}`);
    const heading = await page.getByRole('heading', { level: 1 }).innerText();
    await page.reload();
    await whenSettled(page);
    assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), heading);
    assert.match(await page.title(), title);
  }
  await page.goto(`${world.url}/#/no/such/page`);
  await page.getByRole('heading', { level: 1, name: /no such page/i }).waitFor();
});

/** Mines a block on the second node and answers its height. */
async function mineNext(): Promise<number> {
  const block = await world.node(1).mine('{"mined":"while watching"}');
  await world.agreed(world.node(1));
  return block.index;
}

function rowOf(table: Locator, port: number): Locator {
  return table
    .getByRole('row')
    .filter({ hasText: String(port) })
    .first();
}

function link(page: Page, name: string): Locator {
  return page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name });
}
