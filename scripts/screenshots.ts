/**
 * `npm run screenshots [-- PAGE...]`: every page of the explorer in light and dark, or those that are named, into
 * `docs/images/explorer`, for docs/explorer.md: from three real nodes with the records of a trade that is made up.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLifetime } from '../reliability/lifetime.ts';
import { startBrowser } from '../test/browser/browser.ts';
import { everyPage, visit, whenSettled } from '../test/browser/every-page.ts';
import { startTrade } from '../test/browser/trade.ts';

const FOLDER = process.env['SCREENSHOTS'] ?? fileURLToPath(new URL('../docs/images/explorer/', import.meta.url));
const SIZE = { width: 1280, height: 800 };
const EXAMPLE = '{\n  "lot": "ET-2051",\n  "event": "harvested",\n  "farm": "Gedeb Halo",\n  "kg": 740\n}';
const named = process.argv.slice(2);

await withLifetime(async (lifetime) => {
  await mkdir(FOLDER, { recursive: true });
  const world = await startTrade(lifetime, { ports: [5001, 5002, 5003] });
  const browser = await startBrowser(lifetime, { systemFonts: true });
  const pages = (await everyPage(world)).filter(({ name }) => named.length === 0 || named.includes(name));
  for (const colorScheme of ['light', 'dark'] as const) {
    const context = await browser.newContext({ viewport: SIZE, colorScheme, locale: 'en-GB', reducedMotion: 'reduce' });
    const page = await context.newPage();
    for (const { name, path } of pages) {
      await visit(page, `${world.url}/${path}`);
      await page
        .getByRole('banner')
        .getByRole('link', { name: /^Verified/ })
        .waitFor();
      if (name === 'append') await page.getByRole('textbox', { name: 'Entry' }).fill(EXAMPLE);
      await whenSettled(page);
      const picture = await page.screenshot({ animations: 'disabled' });
      const file = join(FOLDER, `${name}-${colorScheme}.png`);
      await writeFile(file, picture);
      console.log(`${file}: ${picture.length} bytes`);
    }
    await context.close();
  }
});
