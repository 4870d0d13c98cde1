/** The scale report: what was measured, as a page. */
import type { BlockSpread, NetworkSpread } from './block-spread.ts';
import type { Division } from './division.ts';
import type { Measurements } from './measurements.ts';
import { FIRST_WORK, MINERS } from './scale-world.ts';
import { expectedStaleShare, type StaleRate } from './stale-blocks.ts';

export function formatReport(measurements: Measurements): string {
  const { spreads, staleRates, divisions } = measurements;
  return `${[
    '# Networks of a hundred, a thousand and ten thousand nodes',
    '',
    `${INTRODUCTION} Seed ${measurements.seed}${madeFrom(measurements)}`,
    '',
    ...section('How fast a block spreads', 'spread', SPREAD_TEXT, spreadTable(spreads)),
    ...section('What is sent', 'traffic', TRAFFIC_TEXT, trafficTable(spreads)),
    ...section('Blocks found in vain', 'stale', STALE_TEXT, staleTable(staleRates)),
    ...section('Halves that were apart', 'division', DIVISION_TEXT, divisionTable(divisions)),
    ASSUMPTIONS,
  ].join('\n')}\n`;
}

const INTRODUCTION = `What happens in networks that nobody has built yet, measured by simulating them whole: every node is the real machine
of \`src/protocol\` that a real node runs, with its own header tree, pool, peers and book of addresses, and dials until it has eight
peers of its own choosing. \`npm run scale\` measures everything anew and writes this page; \`npm run scale -- --draw\` only writes it.`;

const SPREAD_TEXT = `One block at a time is found by some node of a network that is otherwise at rest. Its way begins when the nonce is found, and
it has reached a node when it is stored there and part of its chain. The times of half, nine tenths and 99 % of the nodes are medians
over the blocks. Half of all nodes stand in Europe, so the first half takes a long or a short time according to where the finder is.

Ten times as many nodes are a step or two further away, since each step reaches many times as many: for a small block that is a
tenth of a second or two. A block whose entries wait in all pools travels as a list of their ids; one that is new to all waits for every
uplink on its way, and the more so the larger it is. Some rows have no ten thousand nodes: so many
pools do not fit into memory, and judging a megabyte ten thousand times takes too long.`;

const TRAFFIC_TEXT = `What each node sends on average because of one block: announcements (each header is told to all peers that have not told it
themselves), questions, ids and bodies. The bar is the size of the block, which every node but one has to be sent. Where the dots are right of
it, some nodes were sent it twice: a peer that was asked and has not delivered within two seconds, as happens where many ask at once
for a megabyte, loses the question to another peer.`;

const STALE_TEXT = `All miners search without a pause, and now and then one finds a block before it has heard of another's. How often that is follows
from how long a block is on its way: the dashed lines are what the mean of that time lets expect, if a miner loses no more than that
time. Where blocks come so fast that branches compete for longer, it is more. The blocks are empty; larger ones that are new to
all take longer, and more of them are found in vain accordingly.`;

const DIVISION_TEXT = `Every other node is cut off from the rest for four minutes, with half of the miners on each side, and a block every ten seconds
aimed at by both together. Then every node can be reached by every other again, but nobody is told so: the halves find each other
because nodes with peers enough have one more as a guest, another one each minute.`;

const ASSUMPTIONS = `## What is simulated, and what is not

- **The machines are real**: all of \`src/protocol\` and \`src/core\`, proof of work and difficulty with it. A block takes some ${FIRST_WORK} hashes,
  and the time until they are made is drawn; at most ${MINERS} nodes mine, all with the same power.
- **Lines** have the latencies and uplinks that [SimBlock](https://github.com/dsg-titech/simblock) gives for the regions of Bitcoin's nodes in 2019:
  6 to 21 Mbit/s, 11 to 325 ms one way, a fifth less to half more by chance. A node's messages leave one after the other, and each
  takes as long as its bytes and 50 more for encryption do. Downlinks are not bounded.
- **Bytes** are those of the frames, before encryption and TCP.
- **A disk** takes 1 to 20 ms for a commit. **A processor** takes no time: on this machine a block of a megabyte is judged in about 10 ms.
- **To be light**, all nodes share one copy of each block, and messages travel as they are instead of being written and read; that
  codec and messages agree is tested elsewhere. Each machine hears of time once a second instead of four times. A node is told of 16 others at first.
- **Nothing is lost and nobody lies** here. That is what \`npm run sim\` is for.
`;

function madeFrom({ origin }: Measurements): string {
  if (origin === undefined) return '.';
  return `, commit ${origin.commit?.slice(0, 12) ?? 'unknown'}, ${origin.date.slice(0, 10)}.`;
}

function section(title: string, plot: string, text: string, table: readonly string[]): string[] {
  const picture = [
    '<picture>',
    `  <source media="(prefers-color-scheme: dark)" srcset="plots/${plot}-dark.svg">`,
    `  <img alt="${title}: the figures are in the table below" src="plots/${plot}-light.svg">`,
    '</picture>',
  ];
  return [`## ${title}`, '', text, '', ...picture, '', ...table, ''];
}

function spreadTable(spreads: readonly NetworkSpread[]): string[] {
  return table(
    ['nodes', 'block', 'blocks', '50 %', '90 %', '99 %', 'mean'],
    spreads.flatMap(({ nodes, blocks }) =>
      blocks.map(({ kind, halfMs, nineTenthsMs, nearlyAllMs, meanMs }) => [
        count(nodes),
        kind.name,
        count(kind.blocks),
        ...[halfMs, nineTenthsMs, nearlyAllMs, meanMs].map(seconds),
      ]),
    ),
  );
}

function trafficTable(spreads: readonly NetworkSpread[]): string[] {
  const perBlock = table(
    ['nodes', 'block', 'size', 'sent by each node', 'headers', 'ids', 'bodies', 'questions'],
    spreads.flatMap(({ nodes, blocks }) =>
      blocks.map((block) => [
        count(nodes),
        block.kind.name,
        bytes(block.bodyBytes),
        bytes(sentFor(block)),
        ...MESSAGE_KINDS.map((types) => bytes(sentFor(block, types))),
      ]),
    ),
  );
  const perEntry = table(
    [
      'nodes',
      'peers of a node, mean',
      'sent by each node for an entry of 280 bytes',
      'by each node at rest, in an hour',
    ],
    spreads.map(({ nodes, peersPerNode, entryBytesPerNode, idleBytesPerHour }) => [
      count(nodes),
      peersPerNode.toFixed(1),
      bytes(entryBytesPerNode),
      bytes(idleBytesPerHour),
    ]),
  );
  return [...perBlock, '', ...perEntry];
}

function staleTable(rates: readonly StaleRate[]): string[] {
  return table(
    ['nodes', 'block interval', 'as it was', 'found', 'in vain', 'share', 'expected', 'deepest fork'],
    rates.map((rate) => [
      count(rate.nodes),
      `${rate.blockInterval} s`,
      `${rate.intervalSeconds.toFixed(1)} s`,
      count(rate.found),
      count(rate.stale),
      percent(rate.stale / rate.found),
      percent(expectedStaleShare(rate)),
      blocksText(rate.deepest),
    ]),
  );
}

function divisionTable(divisions: readonly Division[]): string[] {
  return table(
    ['nodes', 'apart for', 'blocks of each half', 'nine tenths agree', 'all agree', 'undone at once, at most'],
    divisions.map(({ nodes, apartMs, heights, course, agreedMs, deepest }) => [
      count(nodes),
      `${apartMs / 1000} s`,
      heights.join(' and '),
      seconds(course.find((step) => step.percent >= 90)?.ms),
      seconds(agreedMs),
      blocksText(deepest),
    ]),
  );
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)];
}

function sentFor({ bytesPerNode }: BlockSpread, types?: readonly string[]): number {
  return bytesPerNode.reduce((sum, one) => (types?.includes(one.type) === false ? sum : sum + one.bytes), 0);
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? 'never' : `${(ms / 1000).toFixed(2)} s`;
}

function count(number: number): string {
  return number.toLocaleString('en');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function blocksText(number: number): string {
  return number === 1 ? '1 block' : `${number} blocks`;
}

function bytes(number: number): string {
  if (number >= 1_000_000) return `${(number / 1_000_000).toFixed(2)} MB`;
  return number >= 1_000 ? `${(number / 1_000).toFixed(1)} kB` : `${Math.round(number)} B`;
}

/** What the columns of the table add up. */
const MESSAGE_KINDS = [
  ['headers'],
  ['block-ids'],
  ['block', 'block-entries'],
  ['get-headers', 'get-blocks', 'get-block-ids', 'get-block-entries', 'not-found'],
] as const;
