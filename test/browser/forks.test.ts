/** Two nodes that do not hear of each other, and then do: what a fork looks like while it lasts and when it is over. */
import { before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { assertPresent } from '../../src/core/assert.ts';
import { openPage, startBrowser } from './browser.ts';
import { noChromiumReason } from './chromium.ts';
import { fileLifetime } from './lifetime.ts';
import { ExplorerWorld } from './world.ts';

const skip = noChromiumReason();
const lifetime = fileLifetime();
let browser: Browser;

before(async () => {
  if (skip === false) browser = await startBrowser(lifetime);
});

test('a fork is seen at a glance while it lasts, and its loser is told as stale once it is over', {
  skip,
}, async (t) => {
  const world = await ExplorerWorld.startApart(lifetime);
  const [loser, winner] = [world.node(0), world.node(1)];
  const { page } = await openPage(t, browser);
  await page.goto(world.url);
  await page
    .getByText(/all 2 nodes agree|both nodes agree/i)
    .first()
    .waitFor();
  await loser.mine('"on one side"');
  for (const data of ['"on the other"', '"once more"', '"and again"']) await winner.mine(data);
  await page
    .getByText(/disagree|do not agree/i)
    .first()
    .waitFor();

  const address = assertPresent((await winner.status()).addresses[0], 'it can be reached');
  await loser.call('connect', { address });
  await world.agreed(winner);
  await page
    .getByText(/all 2 nodes agree|both nodes agree/i)
    .first()
    .waitFor();
  await page.goto(`${world.url}/#/forks?node=${loser.node.port}`);
  await page.getByRole('heading', { level: 1, name: /forks/i }).waitFor();
  await page.getByRole('main').getByText(/stale/i).first().waitFor();
  await page
    .getByRole('main')
    .getByText(/winning/i)
    .first()
    .waitFor();
  await page
    .getByRole('main')
    .getByText(/reorgani[sz]ation|switched|took the place|gave up/i)
    .first()
    .waitFor();
});
