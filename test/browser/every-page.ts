/** Every page of the explorer, by an address that leads to something. */
import type { Page } from 'playwright-core';
import { ALICE } from '../support/signers.ts';
import type { ExplorerWorld } from './world.ts';

export interface PageAddress {
  readonly name: string;
  /** Behind the `#`. */
  readonly path: string;
}

/** All pages, about things that are in the chain of `world`. */
export async function everyPage(world: ExplorerWorld): Promise<PageAddress[]> {
  const { port } = world.node(0).node;
  const { tip } = await world.node(0).status();
  const block = await fetchBlock(world, Math.max(1, tip.height - 12));
  const id = block.entry_ids[0] ?? '';
  const paths: Readonly<Record<string, string>> = {
    home: '',
    blocks: 'blocks',
    block: `block/${block.block.index}`,
    entry: `entry/${id}`,
    records: 'records?where=%2Fevent%3Dcupped',
    author: `author/${ALICE.author}`,
    nodes: 'nodes',
    node: `node/${port}`,
    network: 'network',
    pending: 'pending',
    mining: 'mining',
    charts: 'charts',
    forks: 'forks',
    append: 'append',
    search: 'search?text=harvest',
    verify: 'verify',
    about: 'about',
  };
  return Object.entries(paths).map(([name, path]) => ({ name, path: `#/${path}` }));
}

/** Opens an address from anew, as by a link from elsewhere, and waits for what is there. */
export async function visit(page: Page, url: string): Promise<void> {
  // Another place on the same page would be no visit, and what was there before might be taken for it.
  await page.goto('about:blank');
  await page.goto(url);
  await whenSettled(page);
}

/** Goes to another place of the page that is open, by a `path` behind its `#`, and waits for what is there. */
export async function follow(page: Page, path: string): Promise<void> {
  const title = await page.title();
  await page.evaluate(`location.hash = ${JSON.stringify(path)}`);
  await page.locator('head title').filter({ hasNotText: title }).waitFor({ state: 'attached' });
  await whenSettled(page);
}

/** Resolves when the page that was opened has said what it has to say, and nothing of it moves any more. */
export async function whenSettled(page: Page): Promise<void> {
  await page.getByRole('main').getByRole('heading', { level: 1 }).first().waitFor();
  // By then it says whether it waits for something.
  await whenDrawn(page);
  await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
  await page.evaluate(`Promise.allSettled(document.getAnimations()
    .filter(({ effect }) => effect.getComputedTiming().endTime < Infinity).map(({ finished }) => finished))`);
}

/** Resolves when what the page has to draw now is drawn, and what follows from how large that is, too. */
export async function whenDrawn(page: Page): Promise<void> {
  await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
}

interface BlockView {
  readonly block: { readonly index: number; readonly hash: string };
  readonly entry_ids: readonly string[];
}

async function fetchBlock(world: ExplorerWorld, height: number): Promise<BlockView> {
  return (await world.node(0).call('block', { height })) as BlockView;
}
