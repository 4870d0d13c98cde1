/**
 * The explorer's page: the nodes side by side, the last blocks of one of them, and what a block holds. Everything that
 * comes from a ledger is put in as text, never as markup.
 */
import { elements, members, pretty } from './json-text.js';

const state = {
  /** Statuses by port; null where a node does not answer. */
  statuses: new Map(),
  port: undefined,
  /** Summaries, highest first. */
  blocks: [],
  next: null,
  openHash: undefined,
  events: undefined,
};

const LIVE = 'Live: blocks appear as the node takes them.';
const REFRESH_MS = 2_000;
const BLOCKS_PER_PAGE = 12;
const BLOCKS_SHOWN_MAX = 120;

byId('older').addEventListener('click', () => run(showOlder));
byId('mine').addEventListener('submit', (event) => {
  event.preventDefault();
  run(mine);
});
run(refresh);
setInterval(() => document.hidden || run(refresh), REFRESH_MS);

/** Asks every node how it stands. */
async function refresh() {
  const { nodes } = JSON.parse(await ask('/api/v1/nodes'));
  const statuses = await Promise.all(
    nodes.map(async ({ port }) => [port, await ask(`${nodePath(port)}/status`).then(JSON.parse, () => null)]),
  );
  state.statuses = new Map(statuses);
  const answering = statuses.filter(([, status]) => status !== null).map(([port]) => port);
  showNodes();
  if (!answering.includes(state.port) && answering.length > 0) await choose(answering[0]);
}

/** Shows the chain of the node at `port` from now on. */
async function choose(port) {
  state.port = port;
  byId('blocks-heading').textContent = `Blocks of node ${port}`;
  byId('block').hidden = true;
  state.openHash = undefined;
  await showNewest();
  follow(port);
  showNodes();
}

async function showNewest() {
  const port = state.port;
  const page = JSON.parse(await ask(`${nodePath(port)}/blocks?limit=${BLOCKS_PER_PAGE}`));
  if (port !== state.port) return;
  state.blocks = page.blocks;
  state.next = page.next;
  showBlocks();
}

async function showOlder() {
  const port = state.port;
  const page = JSON.parse(await ask(`${nodePath(port)}/blocks?limit=${BLOCKS_PER_PAGE}&cursor=${state.next}`));
  if (port !== state.port) return;
  state.blocks.push(...page.blocks);
  state.next = page.next;
  showBlocks();
}

/** Listens to what happens at the node, from what is shown on. The browser itself reconnects where it left off. */
function follow(port) {
  state.events?.close();
  const events = new EventSource(`${nodePath(port)}/events`);
  state.events = events;
  events.addEventListener('open', () => {
    setLive(LIVE);
    run(showNewest);
  });
  events.addEventListener('error', () => {
    setLive('Not live: the node does not answer. Trying again.', true);
    if (events.readyState === EventSource.CLOSED && state.events === events) {
      setTimeout(() => state.events === events && follow(port), REFRESH_MS);
    }
  });
  events.addEventListener('block-added', ({ data }) => {
    const block = JSON.parse(data);
    if (state.blocks[0]?.hash !== block.prev_hash) return run(showNewest);
    setLive(LIVE);
    state.blocks.unshift(block);
    if (state.blocks.length > BLOCKS_SHOWN_MAX) {
      const [dropped] = state.blocks.splice(BLOCKS_SHOWN_MAX);
      state.next = `${dropped.height}-${dropped.hash}`;
    }
    showBlocks(block.hash);
    run(refresh);
  });
  events.addEventListener('block-removed', ({ data }) => {
    const { height } = JSON.parse(data);
    state.blocks = state.blocks.filter((block) => block.height < height);
    setLive(`A branch with more work has replaced the block at height ${height}.`);
    showBlocks();
  });
  events.addEventListener('mining-progress', ({ data }) => {
    const { height, hashes_per_second: rate } = JSON.parse(data);
    setLive(`The node searches for block ${height}, with ${Math.round(rate).toLocaleString('en')} hashes a second.`);
  });
}

async function openBlock(hash) {
  const view = members(await ask(`${nodePath(state.port)}/blocks/${hash}`));
  const block = members(view.get('block'));
  const data = block.get('data');
  const height = block.get('index');
  state.openHash = hash;
  byId('block-heading').textContent = `Block ${height}`;
  const names = ['hash', 'prev_hash', 'timestamp', 'nonce', 'bits', 'data_root', 'history_root'];
  const fields = names.map((name) => [name, JSON.parse(block.get(name))]);
  fields.push([
    'on the active chain',
    view.get('active') === 'true' ? 'yes' : 'no: replaced by a branch with more work',
  ]);
  byId('block-fields').replaceChildren(
    ...fields.flatMap(([name, value]) => [element('dt', {}, name), element('dd', { class: 'hash' }, String(value))]),
  );
  const ids = JSON.parse(view.get('entry_ids'));
  const entries = ids.length === 0 ? [] : data.startsWith('[') ? elements(data) : [data];
  byId('entries-heading').textContent = `Entries: ${entries.length}`;
  byId('entries').replaceChildren(
    ...entries.map((entry, index) =>
      element('li', {}, element('span', { class: 'hash detail' }, ids[index]), element('pre', {}, pretty(entry))),
    ),
  );
  byId('block').hidden = false;
  byId('block').focus();
  showBlocks();
}

async function mine() {
  const button = byId('mine-button');
  button.disabled = true;
  say('Searching for a nonce…');
  try {
    const answer = await ask(`${nodePath(state.port)}/blocks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: byId('data').value,
    });
    const block = members(answer);
    say(`Mined block ${block.get('index')} with nonce ${block.get('nonce')}.`);
  } catch (error) {
    say(error.message, true);
  } finally {
    button.disabled = false;
  }
}

function showNodes() {
  const tips = new Set();
  const cards = [...state.statuses].map(([port, status]) => {
    if (status === null) return element('li', {}, element('p', { class: 'bad' }, `Node ${port} does not answer.`));
    tips.add(status.tip.hash);
    const peers = `${status.peers} ${status.peers === 1 ? 'peer' : 'peers'}, ${status.pending.count} pending`;
    return element(
      'li',
      {},
      choice(state.port === port, () => choose(port), `node ${port}`, [
        element('span', { class: 'name' }, `Node ${port}`),
        element('span', {}, `height ${status.tip.height}`),
        element('span', { class: 'hash' }, short(status.tip.hash)),
        element('span', { class: 'detail' }, peers),
        element('span', { class: 'detail' }, status.mining.searching ? 'mining' : `mines on ${status.mining.mode}`),
        ...(status.disk_full_s === null ? [] : [element('span', { class: 'bad' }, 'its disk is full')]),
        ...(status.alarm === null ? [] : [element('span', { class: 'bad' }, status.alarm)]),
      ]),
    );
  });
  replaceKeepingFocus(byId('nodes'), cards);
  const agreement =
    tips.size === 0
      ? 'No node runs. Start one: cairn node 5001'
      : tips.size === 1
        ? `All nodes that answer have the same tip, ${short([...tips][0])}.`
        : `The nodes have ${tips.size} different tips: they are about to settle on the one with the most work.`;
  if (byId('agreement').textContent !== agreement) byId('agreement').textContent = agreement;
}

function showBlocks(newHash) {
  const items = state.blocks.map((block) =>
    element(
      'li',
      block.hash === newHash ? { class: 'new' } : {},
      choice(block.hash === state.openHash, () => openBlock(block.hash), `block ${block.hash}`, [
        element('span', { class: 'name' }, `Block ${block.height}`),
        element('span', { class: 'hash' }, short(block.hash)),
        element('span', { class: 'detail' }, `${block.entries} ${block.entries === 1 ? 'entry' : 'entries'}`),
        element('time', { class: 'detail', datetime: block.time }, new Date(block.time).toLocaleTimeString()),
      ]),
    ),
  );
  replaceKeepingFocus(byId('blocks'), items);
  byId('older').hidden = state.next === null;
}

function choice(isChosen, act, key, children) {
  const button = element('button', { type: 'button', 'aria-pressed': String(isChosen), 'data-key': key }, ...children);
  button.addEventListener('click', () => run(act));
  return button;
}

/** The button that had the focus has it again, if it is still there. */
function replaceKeepingFocus(list, items) {
  const key = list.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  list.replaceChildren(...items);
  if (key !== undefined) list.querySelector(`[data-key="${key}"]`)?.focus();
}

/** The text of the answer. Throws what the problem says when the answer is one. */
async function ask(path, options) {
  const response = await fetch(path, options);
  const text = await response.text();
  if (response.ok) return text;
  const type = response.headers.get('content-type') ?? '';
  throw new Error(type.startsWith('application/problem+json') ? JSON.parse(text).detail : `HTTP ${response.status}`);
}

function run(task) {
  task().catch((error) => setLive(error.message, true));
}

function setLive(text, isBad = false) {
  byId('live').textContent = text;
  byId('live').classList.toggle('bad', isBad);
}

function say(text, isBad = false) {
  byId('mined').textContent = text;
  byId('mined').classList.toggle('bad', isBad);
}

function element(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function nodePath(port) {
  return `/api/v1/nodes/${port}`;
}

function short(hash) {
  return `${hash.slice(0, 10)}…${hash.slice(-6)}`;
}

function byId(id) {
  return document.getElementById(id);
}
