/**
 * Pages in a real browser, each held to what holds for every page: nothing is loaded from elsewhere, nothing is thrown, and
 * nothing breaks the policy of the gateway.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { atEnd, type Lifetime } from '../support/lifetime.ts';
import { findChromium } from './chromium.ts';

/** A name that leads to this machine and that is no secure context: as a machine in the local network is seen, without WebCrypto. */
export const PLAIN_HOST = 'cairn.test';

/** A page and what came of it so far. */
export interface WatchedPage {
  readonly page: Page;
  /** Every address that it and its workers asked for, in order. */
  readonly requests: readonly string[];
  /** What it said on its console as an error, or threw. */
  readonly complaints: readonly string[];
}

export interface PageOptions extends BrowserContextOptions {
  /** What may be said on the console: where a test has the gateway refuse something, Chromium reports the status. */
  readonly expectedComplaints?: RegExp;
}

/** A browser for the tests of one file. Names lead nowhere in it, but for this machine. */
export async function startBrowser(lifetime: Lifetime, options: { systemFonts?: boolean } = {}): Promise<Browser> {
  const { executable, env } = await findChromium(options);
  const browser = await chromium.launch({
    executablePath: executable,
    env: { ...process.env, ...env },
    timeout: PATIENCE_MS,
    args: [
      '--headless=shell',
      '--disable-gpu',
      '--no-zygote',
      '--font-render-hinting=none',
      `--host-resolver-rules=MAP ${PLAIN_HOST} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`,
    ],
  });
  atEnd(lifetime, () => browser.close());
  return browser;
}

/** A page with storage of its own, closed after the test, which fails if the page did what no page may. */
export async function openPage(t: TestContext, browser: Browser, options: PageOptions = {}): Promise<WatchedPage> {
  const { expectedComplaints, ...context } = options;
  const owned = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    reducedMotion: 'reduce',
    ...context,
  });
  const page = await owned.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const requests: string[] = [];
  const complaints: string[] = [];
  owned.on('request', (request) => requests.push(request.url()));
  page.on('websocket', (socket) => requests.push(socket.url()));
  owned.on('weberror', (error) => complaints.push(`thrown: ${error.error().stack ?? error.error().message}`));
  owned.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()} (${message.location().url})`);
  });
  atEnd(t, async () => {
    const origin = originOf(page.url());
    // Node's own types do not know of it yet.
    if (Reflect.get(t, 'passed') !== true) t.diagnostic(`${page.url()} says: ${await textOf(page)}`);
    await owned.close();
    assert.deepEqual(requests.filter((url) => originOf(url) !== origin).map(String), [], 'nothing from elsewhere');
    assert.deepEqual(
      complaints.filter((text) => expectedComplaints?.test(text) !== true),
      [],
      'no complaint of the browser',
    );
  });
  return { page, requests, complaints };
}

/** What stands on the page, for whoever wants to know why a test failed. */
async function textOf(page: Page): Promise<string> {
  const text = await page.locator('body').innerText().catch(String);
  return text.slice(0, 3_000);
}

/** The host and port: `data:` and `blob:` addresses are of no host, and so of no page. */
function originOf(url: string): string {
  const { protocol, host } = new URL(url);
  return protocol === 'data:' || protocol === 'blob:' ? protocol : host;
}

/** For a browser that starts, and for what has to come about in it, on a machine that has much to do. */
export const PATIENCE_MS = 120_000;
