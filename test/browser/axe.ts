/** What axe finds on a page, as it looks. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';
import { whenDrawn } from './every-page.ts';

/** What axe has against the page, a line for each place. */
export async function breaches(page: Page, options: RunOptions = {}): Promise<string[]> {
  if (!(await page.evaluate(`'axe' in window`))) await page.evaluate(AXE);
  const { violations } = (await page.evaluate(
    `axe.run(document, ${JSON.stringify({ resultTypes: ['violations'], ...options })})`,
  )) as AxeResults;
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, any }) => `${id}: ${help}: ${html.slice(0, 160)} ${any[0]?.message ?? ''}`),
  );
}

/** The same in light and in dark, and whether it fits a small screen. It ends in light, on a large one. */
export async function breachesInAnyLight(page: Page): Promise<string[]> {
  await page.emulateMedia({ colorScheme: 'light' });
  const found = await breaches(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  // Only colours are others.
  const dark = await breaches(page, { runOnly: { type: 'rule', values: ['color-contrast'] } });
  found.push(...dark.map((breach) => `dark: ${breach}`));
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(SMALL);
  // Charts take their width from what is around them once that has been laid out.
  await whenDrawn(page);
  const width = Number(await page.evaluate('document.documentElement.scrollWidth'));
  if (width > SMALL.width) found.push(`${width} pixels wide on a screen of ${SMALL.width}`);
  await page.setViewportSize(LARGE);
  return found;
}

const LARGE = { width: 1280, height: 800 };
const SMALL = { width: 390, height: 800 };
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
