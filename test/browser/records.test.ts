/** Who signed what, whether it is all of it, and records asked for and followed: by the explorer, which checks every signature itself. */
import assert from 'node:assert/strict';
import { before, type TestContext, test } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import { assertPresent } from '../../src/core/assert.ts';
import type { NewlySigned, SigningOptions } from '../../src/core/entry-signing.ts';
import { hashLeaf } from '../../src/core/merkle.ts';
import { createParams } from '../../src/core/params.ts';
import { ALICE, BOB, CAROL, signedEntry, signerOf } from '../support/signers.ts';
import { EASY_PARAMS } from '../support/test-node.ts';
import { breachesInAnyLight } from './axe.ts';
import { openPage, startBrowser } from './browser.ts';
import { noChromiumReason } from './chromium.ts';
import { visit } from './every-page.ts';
import { fileLifetime } from './lifetime.ts';
import { type Lies, startLyingGateway } from './lying-gateway.ts';
import { ExplorerWorld } from './world.ts';

const skip = noChromiumReason();
const lifetime = fileLifetime();
const DAVE = signerOf(4);
let browser: Browser;
let world: ExplorerWorld;

/** Of ALICE four statements one after the other, the last signed by BOB as well; of CAROL the one with number 1 is missing; DAVE signs twice as his first. */
const alice = statements(3, (i) => ({ created: `2026-11-23T05:12:0${i}Z` }));
const both = signed(decode(next(alice, '{"kind":"deed","total":7}')), { signer: BOB });
const carol = [
  signed('{"kind":"note","n":0}', { signer: CAROL }),
  signed('{"kind":"note","n":2}', { signer: CAROL, sequence: 2, previous: '5'.repeat(64) as NewlySigned['id'] }),
];
const dave = ['{"door":"open"}', '{"door":"shut"}'].map((text) => signed(text, { signer: DAVE }));
const unsigned = '{"kind":"order","total":1000}';

before(async () => {
  if (skip !== false) return;
  [browser, world] = await Promise.all([
    startBrowser(lifetime),
    ExplorerWorld.start(lifetime, { nodes: 2, indexes: ['/kind'], fullText: true }),
  ]);
  for (const entries of [[...alice], [both, ...carol], dave]) {
    const { index } = await world.node(0).mine(`[${entries.map(decode).join()},${unsigned}]`);
    await world.node(0).whenIndexed(index);
  }
  await world.agreed();
});

test('an entry says who signed it, and the page has checked that', { skip }, async (t) => {
  const { page, show } = await open(t);
  await show(`entry/${both.id}`);
  const card = page.getByRole('region', { name: 'Who signed it' });
  await card.getByText('This page has checked all 2 signatures').waitFor();
  for (const { author } of [ALICE, BOB]) await card.getByRole('link', { name: author }).waitFor();
  await card.getByText('number 3 of this author').waitFor();
  await page.getByRole('group', { name: 'Verification' }).getByText('Verified by this page').waitFor();
  assert.deepEqual(await breachesInAnyLight(page), []);
  await show(`entry/${alice[1]?.id}`);
  await card.getByText("23 Nov 2026, 05:12:01 by the author's own clock").waitFor();
  const plain = (await world.node(0).call('block', { height: 1 })) as { readonly entry_ids: readonly string[] };
  await show(`entry/${plain.entry_ids.at(-1)}`);
  await card.getByText('Nobody: it says nothing').waitFor();
});

test('a signed entry that waits is checked, too', { skip }, async (t) => {
  const { page, show } = await open(t);
  const waiting = signed('{"kind":"wish"}', { signer: signerOf(9) });
  await world.node(0).call('append', { entries: [JSON.parse(decode(waiting))] });
  await show(`entry/${waiting.id}`);
  await page.getByText('This page has checked the signature itself').waitFor();
});

test('a forged proof is refuted in place, where the gateway swaps the data', { skip }, async (t) => {
  const real = assertPresent(alice[1], 'there is one');
  // The total was changed after it was signed; its id is that of the changed entry, so that only the signature tells.
  const forged = forge(decode(real).replace('"total":11', '"total":99'));
  const lie = (text: string) =>
    text.replaceAll(decode(real), forged.text).replaceAll(`"id":"${real.id}"`, `"id":"${forged.id}"`);
  const { page, show } = await open(t, {
    answer: (path, text) => (path.includes('/entries/') || path.includes('/records') ? lie(text) : text),
    asks: (path) => path.replace(forged.id, real.id),
  });
  await show(`entry/${forged.id}`);
  const card = page.getByRole('region', { name: 'Who signed it' });
  await card.getByText('Refuted: nobody stands for this').waitFor();
  await card
    .getByText(/does not fit the entry/)
    .first()
    .waitFor();
  assert.deepEqual(await breachesInAnyLight(page), []);

  await show('records?where=%2Fkind%3Dorder');
  const row = page.getByRole('list', { name: 'Records' }).getByRole('listitem').filter({ hasText: '"total":99' });
  await row.getByText('Refuted').waitFor();
  assert.equal(await row.getByRole('link', { name: ALICE.author.slice(0, 16) }).count(), 0, 'it is nobody’s');

  await show(`author/${ALICE.author}`);
  await completeness(page).getByText('Refuted: not all of this is by the author').waitFor();
  await completeness(page)
    .getByText(/1 number below the highest has no statement: 1/)
    .waitFor();
});

test('a record that is another author’s is not taken for one of the author who was asked for', { skip }, async (t) => {
  const { page, show } = await open(t, {
    asks: (path) => path.replace(encodeURIComponent(DAVE.author), encodeURIComponent(CAROL.author)),
  });
  await show(`author/${DAVE.author}`);
  await completeness(page)
    .getByText(/2 records of these are shown as by this author, and are not/)
    .waitFor();
});

test("an author's record is complete, lacks something, or convicts the author", { skip }, async (t) => {
  const { page, show } = await open(t);
  await show(`author/${ALICE.author}`);
  await completeness(page).getByText('Complete from number 0 to 3').waitFor();
  const list = page.getByRole('list', { name: 'Records of the author' });
  await untilCount(list.getByRole('listitem'), 4);
  await list.getByText('signed with').waitFor();
  assert.deepEqual(await breachesInAnyLight(page), []);
  await show(`author/${CAROL.author}`);
  await completeness(page).getByText('Not complete').waitFor();
  await completeness(page)
    .getByText(/1 number below the highest has no statement: 1/)
    .waitFor();
  await show(`author/${DAVE.author}`);
  await completeness(page).getByText('Statements of this author are in conflict').waitFor();
  assert.deepEqual(await breachesInAnyLight(page), []);
  await show(`author/${signerOf(5).author}`);
  await completeness(page).getByText('Nothing on record').waitFor();
  await show('author/me');
  await page.getByText('This names no author').waitFor();
  await page.getByRole('searchbox', { name: 'Search' }).fill(ALICE.author);
  await page.keyboard.press('Enter');
  await completeness(page).getByText('Complete from number 0 to 3').waitFor();
});

test('records are found by author, time and field, and the address says what was asked', { skip }, async (t) => {
  const { page, show } = await open(t);
  await show('records');
  const rows = page.getByRole('list', { name: 'Records' }).getByRole('listitem');
  await page.getByText('Indexed up to block 3, the latest').waitFor();
  await untilCount(rows, 11);
  assert.match(await rows.first().innerText(), /block 3/);
  const filter = page.getByRole('form', { name: 'Filter' });
  await filter.getByLabel('Fields').fill('/kind=order\n/total>=11');
  await filter.getByLabel('Author').fill(ALICE.author);
  await filter.getByLabel('Author').press('Enter');
  await filter.getByText('Found at once by words, /kind.').waitFor();
  await page.getByText(/started without --index \/total, so it looks/).waitFor();
  await untilCount(rows, 2);
  assert.match(page.url(), /author=did%3Akey%3A.*&where=%2Fkind%3Dorder&where=%2Ftotal%3E%3D11/);
  await visit(page, page.url());
  await untilCount(rows, 2);
  await rows.first().getByTitle('Checked by this page').waitFor();
  assert.deepEqual(await breachesInAnyLight(page), []);
  await page.getByRole('link', { name: 'Oldest first' }).click();
  await rows.first().getByText('"total":11').waitFor();
  await filter.getByLabel('Before').fill('yesterday');
  await filter.getByText(/must be a time/).waitFor();
  assert.ok(await filter.getByRole('button', { name: 'Find' }).isDisabled());
  await show('records');
  await filter.getByLabel('Words').fill('NOTE');
  await filter.getByLabel('Words').press('Enter');
  await untilCount(rows, 2);
  assert.match(page.url(), /text=NOTE/);
  assert.equal(await page.getByText(/started without/).count(), 0);
  await filter.getByLabel('Words').fill('--');
  await filter.getByText(/must have a word/).waitFor();
  await show('records?from=2106-01-01');
  await page.getByText('No such record').waitFor();
  await show('records?where=what');
  await page.getByText('The address asks for something that there cannot be').waitFor();
});

test('where there are more records than a page holds, the next page has an address of its own', { skip }, async (t) => {
  const { page, show } = await open(t);
  const { index } = await world.node(0).mine(`[${Array.from({ length: 60 }, (_, n) => `{"kind":"many","n":${n}}`)}]`);
  await world.node(0).whenIndexed(index);
  await show('records?where=%2Fkind%3Dmany&order=asc');
  const rows = page.getByRole('list', { name: 'Records' }).getByRole('listitem');
  await rows.nth(49).waitFor();
  await untilCount(rows, 50);
  await page.getByRole('link', { name: 'Next page' }).click();
  await rows.filter({ hasText: '"n":59' }).waitFor();
  await untilCount(rows, 10);
  await visit(page, page.url());
  await untilCount(rows, 10);
  await page.getByRole('link', { name: 'First page' }).click();
  await rows.nth(49).waitFor();
});

test('a node that keeps no records says how to have it keep some, and who does', { skip }, async (t) => {
  const { page, show } = await open(t);
  const { port } = world.node(1).node;
  for (const path of ['records', `author/${ALICE.author}`]) {
    await show(`${path}?node=${port}`);
    await page.getByText(`npx cairn node ${port} --records`).waitFor();
    await page.getByRole('link', { name: `ask node ${world.node(0).node.port}` }).click();
    await page
      .getByRole('list', { name: /^Records/ })
      .first()
      .waitFor();
  }
  await show(`records?node=${port}`);
  assert.deepEqual(await breachesInAnyLight(page), []);
});

test('live, records show up as they join the chain, and those that leave it are told', { skip }, async (t) => {
  const apart = await ExplorerWorld.startApart(lifetime);
  const [loser, winner] = [apart.node(0), apart.node(1)];
  const { page } = await openPage(t, browser);
  await visit(page, `${apart.url}/#/records?live=yes&where=%2Fside%3Done&node=${loser.node.port}`);
  await page.getByText('told of everything up to block 0').waitFor();
  const rows = page.getByRole('list', { name: 'Records as they come' }).getByRole('listitem');
  const first = signed('{"side":"one"}');
  await loser.mine(`[${decode(first)},{"side":"none"}]`);
  await rows.first().getByText('Added').waitFor();
  await rows
    .first()
    .getByRole('link', { name: ALICE.author.slice(0, 16) })
    .waitFor();
  await untilCount(rows, 1);
  for (const data of ['1', '2', '3']) await winner.mine(data);
  await loser.call('connect', { address: assertPresent((await winner.status()).addresses[0], 'it can be reached') });
  await apart.agreed(winner);
  await rows.first().getByText('Removed').waitFor();
  await untilCount(rows, 2);
  assert.deepEqual(await breachesInAnyLight(page), []);
});

test('the rules of a network say where they depart from the usual: signed, by whom, with a stamp', {
  skip,
}, async (t) => {
  const writers = [ALICE.author, BOB.author].sort();
  const params = createParams({ name: 'club', targetLimit: 0x207fffff, signatures: 'required', writers, stampBits: 4 });
  const club = await ExplorerWorld.start(lifetime, { nodes: 1, params });
  const { page } = await openPage(t, browser);
  await visit(page, `${club.url}/#/about`);
  const rules = page.getByRole('region', { name: 'The rules of this network' });
  await rules.getByText('Every entry is signed').waitFor();
  for (const writer of writers)
    await rules
      .getByRole('link', { name: writer.slice(0, 16) })
      .first()
      .waitFor();
  await rules.getByText('begins with 4 zero bits').waitFor();
  assert.deepEqual(await breachesInAnyLight(page), []);
});

/** A page of the world, or of a gateway before it that tells `lies`, and how to go somewhere in it. */
async function open(t: TestContext, lies?: Lies): Promise<{ page: Page; show(path: string): Promise<void> }> {
  const url = lies === undefined ? world.url : await startLyingGateway(lifetime, world.url, lies);
  const { page } = await openPage(t, browser, { timezoneId: 'UTC' });
  const at = (path: string) =>
    `${path}${path.includes('?') ? (path.includes('node=') ? '' : '&') : '?'}${path.includes('node=') ? '' : `node=${world.node(0).node.port}`}`;
  return { page, show: (path) => visit(page, `${url}/#/${at(path)}`) };
}

/** Waits until there are `count` of `items`: until the answer comes, those of the question before are shown. */
async function untilCount(items: Locator, count: number): Promise<void> {
  await items.nth(count).waitFor({ state: 'detached' });
  await items.nth(count - 1).waitFor();
  assert.equal(await items.count(), count);
}

function completeness(page: Page): Locator {
  return page.getByRole('group', { name: 'Completeness' });
}

/** Statements of ALICE one after the other. */
function statements(count: number, options: (i: number) => Partial<SigningOptions>): NewlySigned[] {
  const made: NewlySigned[] = [];
  for (let i = 0; i < count; i++) made.push(next(made, `{"kind":"order","total":${10 + i}}`, options(i)));
  return made;
}

function next(before: readonly NewlySigned[], text: string, options: Partial<SigningOptions> = {}): NewlySigned {
  const previous = before.at(-1)?.authorship.statement;
  return signed(text, { sequence: before.length, previous, ...options });
}

function signed(text: string, options: Partial<SigningOptions> = {}): NewlySigned {
  return signedEntry(text, { params: EASY_PARAMS, ...options });
}

/** `text` as the entry that it is, whatever its proof says. */
function forge(text: string): { readonly text: string; readonly id: string } {
  return { text, id: hashLeaf(new TextEncoder().encode(text)) };
}

function decode({ bytes }: Pick<NewlySigned, 'bytes'>): string {
  return new TextDecoder().decode(bytes);
}
