/** The verifier that is one file, opened from a disk with no server anywhere. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { EXPLORER_OUT } from '../../scripts/explorer-build.ts';
import { createSigner } from '../../src/core/ed25519.ts';
import { signEntry } from '../../src/core/entry-signing.ts';
import { encodeFileEntry } from '../../src/core/file-entry.ts';
import { hashBytes } from '../../src/core/hash.ts';
import { DEFAULT_PARAMS } from '../../src/core/params.ts';
import { encodeReceipt } from '../../src/core/receipt.ts';
import { genesisPoint } from '../../src/core/validation.ts';
import { bodyOf, buildChain, TEST_PARAMS } from '../support/chain-fixture.ts';
import { receiptOf } from '../support/receipt-fixture.ts';
import { openPage, startBrowser } from './browser.ts';
import { ensureExplorer } from './built-explorer.ts';
import { noChromiumReason } from './chromium.ts';
import { fileLifetime } from './lifetime.ts';

const skip = noChromiumReason();
const lifetime = fileLifetime();
let browser: Browser;

before(async () => {
  if (skip !== false) return;
  [browser] = await Promise.all([startBrowser(lifetime), ensureExplorer()]);
});

/** The page, with no network whatever. */
async function openVerifier(t: TestContext): Promise<{ readonly page: Page; readonly requests: readonly string[] }> {
  const { page, requests } = await openPage(t, browser, { offline: true });
  await page.goto(pathToFileURL(join(EXPLORER_OUT, 'cairn-verifier.html')).href);
  return { page, requests };
}

/** Of several pieces, as files are read. */
const CONTRACT = Buffer.alloc(3_000_000, 'we agree ');
const SIGNER = createSigner(new Uint8Array(32).fill(1));

function contractReceipt(): string {
  const file = { sha256: hashBytes(CONTRACT), sizeBytes: CONTRACT.length, name: 'contract.pdf' };
  const signed = signEntry(encodeFileEntry(file), {
    signer: SIGNER,
    sequence: 0,
    previous: undefined,
    params: TEST_PARAMS,
  });
  assert.ok(signed.ok);
  const entry = Buffer.from(signed.value.bytes).toString();
  const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 2, () => bodyOf(entry));
  return Buffer.from(encodeReceipt(receiptOf(TEST_PARAMS, chain, 1, 0))).toString();
}

function receiptFile(name: string, text: string) {
  return { name, mimeType: 'application/json', buffer: Buffer.from(text) };
}

const CHAIN = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 2_300, () => bodyOf('{"crate":17}', '"<b>two</b>"'));
const text = Buffer.from(encodeReceipt(receiptOf(TEST_PARAMS, CHAIN, 900, 0))).toString();

test('a receipt is checked with nothing but the file, and each step can be opened and read', { skip }, async (t) => {
  const { page, requests } = await openVerifier(t);
  await page.getByLabel(/Drop a receipt/).setInputFiles(receiptFile('crate.receipt.json', text));
  const verdict = page.getByRole('region', { name: 'Verdict' });
  await verdict.getByRole('heading', { name: 'On record' }).waitFor();
  assert.match(await verdict.innerText(), /block 900 of the network “test”.*1,400 blocks on top/s);
  assert.match(await verdict.innerText(), /which this page does not know/);
  for (const title of ['The entry', 'In the block', 'In the chain', 'The chain', 'Work on top']) {
    const step = verdict.locator('details', { has: page.getByText(title, { exact: true }) });
    await step.locator('summary').click();
    assert.ok((await step.innerText()).length > title.length + 40, title);
  }
  assert.equal(requests.length, 1, 'the page is all that was loaded');
});

test('an entry that was changed in the file is refused, and nothing of it is called proven', { skip }, async (t) => {
  const { page } = await openVerifier(t);
  const changed = text.replace('{"crate":17}', '{"crate":71}');
  assert.notEqual(changed, text);
  await page.getByLabel(/Drop a receipt/).setInputFiles(receiptFile('changed.receipt.json', changed));
  const refusal = page.getByRole('alert');
  await refusal.waitFor();
  assert.match(await refusal.innerText(), /proves nothing.*The entry in it was changed.*receipt-entry-other/s);
  assert.equal(await page.getByRole('heading', { name: 'On record' }).count(), 0);
});

test('a receipt of the network that it knows is told of without a warning', { skip }, async (t) => {
  const { page } = await openVerifier(t);
  const chain = buildChain(DEFAULT_PARAMS, genesisPoint(DEFAULT_PARAMS), 1, () => bodyOf('"known"'));
  const known = Buffer.from(encodeReceipt(receiptOf(DEFAULT_PARAMS, chain, 1, 0))).toString();
  await page.getByLabel(/Drop a receipt/).setInputFiles(receiptFile('known.receipt.json', known));
  await page.getByRole('heading', { name: 'On record' }).waitFor();
  assert.equal(await page.getByText('which this page does not know').count(), 0);
});

test('a receipt of a file tells whether the file that is dropped beside it is the one, and who signed for it', {
  skip,
}, async (t) => {
  const { page, requests } = await openVerifier(t);
  const receipt = receiptFile('contract.pdf.receipt.json', contractReceipt());
  const given = { name: 'contract.pdf', mimeType: 'application/pdf', buffer: CONTRACT };
  await page.getByLabel(/Drop a receipt/).setInputFiles([given, receipt]);
  const verdict = page.getByRole('region', { name: 'Verdict' });
  await verdict.getByText('contract.pdf is the file that was recorded').waitFor();
  assert.match(await verdict.innerText(), new RegExp(`It was signed by ${SIGNER.author}`));

  await page.getByLabel(/Choose the file/).setInputFiles({ ...given, buffer: Buffer.concat([CONTRACT, CONTRACT]) });
  const refusal = page.getByRole('alert');
  await refusal.waitFor();
  assert.match(await refusal.innerText(), /contract\.pdf is not the file that was recorded, or was changed since/);
  assert.equal(await verdict.getByText('is the file that was recorded,').count(), 0);
  assert.equal(requests.length, 1, 'the page is all that was loaded');
});
