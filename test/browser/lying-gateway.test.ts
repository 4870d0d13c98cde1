/** Gateways that lie, and a node that does: the page finds each of them out, and goes on with who is honest. */
import { before, type TestContext, test } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import type { BlocksPage, NetworkEvent, Overview } from '../../src/api/http-shapes.ts';
import type { NodeStatus } from '../../src/api/shapes.ts';
import { EASY_PARAMS } from '../support/test-node.ts';
import { openPage, startBrowser } from './browser.ts';
import { noChromiumReason } from './chromium.ts';
import { visit } from './every-page.ts';
import { fileLifetime } from './lifetime.ts';
import { type Lies, startLyingGateway } from './lying-gateway.ts';
import { startLyingNode } from './lying-node.ts';
import { ExplorerWorld } from './world.ts';

const skip = noChromiumReason();
const lifetime = fileLifetime();
const TIP_HEIGHT = 6;
let browser: Browser;
let world: ExplorerWorld;

before(async () => {
  if (skip !== false) return;
  [browser, world] = await Promise.all([startBrowser(lifetime), ExplorerWorld.start(lifetime, { nodes: 2 })]);
  for (let i = 1; i <= TIP_HEIGHT; i++) await world.node(0).mine(`[{"from":"alice","amount":${100 + i}},"and more"]`);
  await world.agreed();
});

test('what an honest gateway shows is verified: blocks, entries and the tip', { skip }, async (t) => {
  const { page, show } = await openLied(t, {});
  await show('block/3');
  await verdict(page, 'Verified by this page').waitFor();
  await show(`entry/${await entryIn(3)}`);
  await verdict(page, 'Verified by this page').waitFor();
  await badge(page, /^Verified/).waitFor();
});

test('a changed entry is refuted, where it stands alone and in its block', { skip }, async (t) => {
  const { page, show } = await openLied(t, {
    answer: (path, text) =>
      path.startsWith('/api/v1/nodes/') ? text.replaceAll('"amount":103', '"amount":999') : text,
  });
  await show(`entry/${await entryIn(3)}`);
  await page.getByText('999').first().waitFor();
  await verdict(page, /^Refuted/).waitFor();
  await show('block/3');
  await verdict(page, /^Refuted/).waitFor();
});

test('an invented block on top is refuted, and the gateway named as who shows it', { skip }, async (t) => {
  const tip = { height: TIP_HEIGHT + 1, hash: 'f'.repeat(64) };
  const { page, show } = await openLied(t, withTip(tip));
  await show('');
  await badge(page, /^Refuted.*gateway/).waitFor();
  await show('verify');
  await page
    .getByText(/gateway shows a last block/)
    .first()
    .waitFor();
});

test('a hidden block is missed: what is shown in its place is refuted', { skip }, async (t) => {
  const [two, three, four] = await Promise.all([2, 3, 4].map(blockText));
  const moved = (four ?? '').replace('"index":4', '"index":3').replaceAll(hashOf(three), hashOf(two));
  const { page, show } = await openLied(t, {
    answer: (path, text) => (/\/blocks\/3(?:\?|$)/.test(path) ? moved : text),
  });
  await show('block/3');
  await verdict(page, /^Refuted/).waitFor();
});

test('a true block and a true entry are refuted where others were asked for', { skip }, async (t) => {
  const [asked, other] = [await entryIn(3), await entryIn(4)];
  const { port } = world.node(0).node;
  const [block, entry] = await Promise.all(['blocks/4', `entries/${other}`].map((path) => textAt(port, path)));
  const { page, show } = await openLied(t, {
    answer(path, text) {
      if (/\/blocks\/3(?:\?|$)/.test(path)) return block ?? text;
      return path.endsWith(`/entries/${asked}`) ? (entry ?? text) : text;
    },
  });
  await show('block/3');
  await verdict(page, /^Refuted/).waitFor();
  await show(`entry/${asked}`);
  await verdict(page, /^Refuted/).waitFor();
});

test('a list that leaves a block out is refuted from there on', { skip }, async (t) => {
  const { page, show } = await openLied(t, {
    answer(path, text) {
      if (!/\/blocks(?:\?|$)/.test(path)) return text;
      const { blocks, next }: BlocksPage = JSON.parse(text);
      // Those above the third move down by one, and the last makes room for one that is not there.
      const above = new Map(blocks.map((block) => [block.height - 1, block]));
      const told = blocks.map((block) => {
        if (block.height < 3) return block;
        return { ...(above.get(block.height) ?? { ...block, hash: 'f'.repeat(64) }), height: block.height };
      });
      return JSON.stringify({ blocks: told, next });
    },
  });
  await show('');
  const shown = (height: number) =>
    page.getByRole('list', { name: 'Latest blocks' }).getByRole('link', { name: new RegExp(`^Block ${height}\\b`) });
  await shown(3).getByText('Refuted').waitFor();
  await shown(2).getByText('verified').waitFor();
});

test('a chain that is shown shorter than it is, is seen to be cut off', { skip }, async (t) => {
  const tip = { height: 2, hash: hashOf(await blockText(2)) };
  const lies = withTip(tip);
  const { page, show } = await openLied(t, {
    ...lies,
    answer(path, text) {
      if (!/\/blocks(?:\?|$)/.test(path)) return lies.answer?.(path, text) ?? text;
      const { blocks, next }: BlocksPage = JSON.parse(text);
      return JSON.stringify({ blocks: blocks.filter(({ height }) => height <= tip.height), next });
    },
  });
  await show('');
  await badge(page, /^Hidden/).waitFor();
  await show('verify');
  await page
    .getByText(/hides the end of the chain/)
    .first()
    .waitFor();
});

test('a node that shows what nobody has worked for is named, and the chain verified with the honest one', {
  skip,
}, async (t) => {
  const [honest, other] = [world.node(0), world.node(1)];
  const answer = await fetch(`${world.url}/api/v1/nodes/${honest.node.port}/chain-proof`);
  const liar = await startLyingNode(lifetime, {
    params: EASY_PARAMS,
    proof: await answer.bytes(),
  });
  const { page, show } = await openLied(t, { peer: (port) => (port === String(other.node.port) ? liar : undefined) });
  await show('verify');
  const row = page
    .getByRole('row')
    .or(page.getByRole('listitem'))
    .filter({ hasText: `${other.node.port}` });
  await row
    .filter({ hasText: /lie|false|convicted|refuted/i })
    .first()
    .waitFor();
  await show(`entry/${await entryIn(3)}`);
  await verdict(page, 'Verified by this page').waitFor();
});

/** A page of a gateway that tells `lies`, and how to go somewhere in it. */
async function openLied(t: TestContext, lies: Lies): Promise<{ page: Page; show(path: string): Promise<void> }> {
  const url = await startLyingGateway(lifetime, world.url, lies);
  const { page } = await openPage(t, browser);
  return { page, show: (path) => visit(page, `${url}/#/${path}`) };
}

/** Has every node say that `tip` is its tip. */
function withTip(tip: { readonly height: number; readonly hash: string }): Lies {
  const altered = (status: NodeStatus): NodeStatus => ({
    ...status,
    tip: { ...status.tip, ...tip },
    length: tip.height + 1,
  });
  return {
    answer(path, text) {
      if (path === '/api/v1/overview') {
        const { nodes }: Overview = JSON.parse(text);
        return JSON.stringify({
          nodes: nodes.map((node) => ({ ...node, status: node.status && altered(node.status) })),
        });
      }
      return path.endsWith('/status') ? JSON.stringify(altered(JSON.parse(text))) : text;
    },
    event(_type, data) {
      const event: NetworkEvent = JSON.parse(data);
      return 'status' in event ? JSON.stringify({ ...event, status: altered(event.status) }) : data;
    },
  };
}

function verdict(page: Page, text: string | RegExp): Locator {
  return page.getByRole('group', { name: 'Verification' }).getByText(text).first();
}

function badge(page: Page, name: RegExp): Locator {
  return page.getByRole('banner').getByRole('link', { name });
}

/** What the honest gateway tells of the block at `height`. */
function blockText(height: number): Promise<string> {
  return textAt(world.node(0).node.port, `blocks/${height}`);
}

async function textAt(port: number, path: string): Promise<string> {
  return (await fetch(`${world.url}/api/v1/nodes/${port}/${path}`)).text();
}

function hashOf(text: string | undefined): string {
  return JSON.parse(text ?? '').block.hash;
}

async function entryIn(height: number): Promise<string> {
  return JSON.parse(await blockText(height)).entry_ids[0];
}
