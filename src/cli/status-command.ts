/** `cairn status`: an overview of one node. */
import { describeDemands } from '../api/network-demands.ts';
import type { NodeStatus, RecordsStatus } from '../api/shapes.ts';
import { counted } from '../core/check-step.ts';
import { type CommandContext, parseAnswer, withNode } from './command-context.ts';
import { EXIT_CODES, type ExitCode } from './command-error.ts';
import { kernelLines } from './kernel-text.ts';
import { formatTimeLeft } from './progress.ts';
import { formatBytes, formatCount, formatExpected, formatRate, formatSeconds } from './table.ts';
import type { Terminal } from './terminal.ts';

export async function runStatus(
  context: CommandContext,
  port: number,
  flags: { readonly json?: boolean },
): Promise<ExitCode> {
  const { terminal } = context;
  const text = await withNode(context, port, (client) => client.call('status'));
  if (flags.json === true) {
    await terminal.print(text);
    return EXIT_CODES.done;
  }
  const status = parseAnswer<NodeStatus>(text);
  for (const [name, value] of statusRows(status, terminal)) {
    await terminal.print(`${terminal.style('dim', name.padEnd(NAME_WIDTH))}${value}`);
  }
  return EXIT_CODES.done;
}

function statusRows(status: NodeStatus, terminal: Terminal): [string, string][] {
  const { tip, network, pending, mining, sync } = status;
  const rows: [string, string][] = [
    ['node', `${status.port} (process ${status.pid}, version ${status.version}, up ${formatSeconds(status.uptime_s)})`],
    ['network', `${network.name} (genesis ${network.genesis})`],
    ['asks for', describeDemands(network)],
    ['tip', `${tip.hash} at height ${formatCount(tip.height)}, ${tip.time}`],
    [
      'chain',
      `${formatCount(status.length)} ${status.length === 1 ? 'block' : 'blocks'}, about ${tip.work} hashes of work`,
    ],
    ['sync', describeSync(sync)],
    ['peers', formatCount(status.peers)],
    ['pending', `${counted(pending.count, 'entry', 'entries')}, ${formatBytes(pending.size_bytes)}`],
    ...named('records', recordLines(status)),
    ['mining', describeMining(mining)],
    ...named('kernel', kernelLines(mining)),
    ['to rewrite', describeRewriteCost(status.rewrite_cost)],
    ['answers', describeDelay(status.event_loop)],
    ['peer id', status.peer_id],
    ...named('addresses', status.addresses),
  ];
  if (status.disk_full_s !== null) {
    const since = formatSeconds(status.disk_full_s);
    rows.push(['DISK FULL', terminal.style('red', `for ${since}: nothing is recorded or mined until there is room`)]);
  }
  if (status.alarm !== null) rows.push(['ALARM', terminal.style('red', status.alarm)]);
  return rows;
}

/** Rows of which the first alone has the name. */
function named(name: string, values: readonly string[]): [string, string][] {
  return values.map((value, i) => [i === 0 ? name : '', value]);
}

function describeMining(mining: NodeStatus['mining']): string {
  const work = mining.searching ? 'searching for a block' : 'idle';
  const rate = mining.hashes_per_second === 0 ? [] : [formatRate(mining.hashes_per_second)];
  const expected = mining.expected_s === null ? [] : [`a block takes ${formatExpected(mining.expected_s)}`];
  const found = `${formatCount(mining.blocks_found)} found, ${formatCount(mining.queued)} waiting`;
  return [`${MODES[mining.mode]}; ${work}`, ...rate, ...expected, found].join(', ');
}

/** Nothing for a node that keeps no table of records. */
function recordLines({ records, tip }: NodeStatus): string[] {
  if (records === null) return [];
  const { indexes, full_text: hasFullText } = records;
  const indexed = [...indexes, ...(hasFullText ? ['words'] : [])];
  const fields = indexed.length === 0 ? 'no fields indexed' : `indexes ${indexed.join(', ')}`;
  return [`${describeReach(records, tip.height)}; ${fields}`];
}

function describeReach({ indexed_to: height, trouble }: RecordsStatus, tipHeight: number): string {
  const reach = `up to block ${formatCount(Math.max(0, height))}`;
  if (trouble !== undefined) {
    return `${height < 0 ? 'holds nothing' : reach} (${trouble}): the node's log says more, and it tries again`;
  }
  return height >= tipHeight ? 'up to the tip' : `${reach}, still being written`;
}

function describeSync(sync: NodeStatus['sync']): string {
  if (sync.phase === 'idle') return 'up to date';
  const rate = sync.per_second === null ? [] : [`${formatCount(sync.per_second)} ${sync.phase}/s`];
  if (sync.phase === 'headers') {
    return [`checking the headers of a longer chain: ${formatCount(sync.headers_checked)} so far`, ...rate].join(', ');
  }
  const left = sync.seconds_left === null ? [] : [`${formatTimeLeft(sync.seconds_left)} left`];
  return [`behind by ${formatCount(sync.behind)} of ${formatCount(sync.target_height)} blocks`, ...rate, ...left].join(
    ', ',
  );
}

function describeDelay({ p99_s, max_s, window_s }: NodeStatus['event_loop']): string {
  return `kept waiting ${formatSeconds(p99_s)} at most in 99 of 100 cases, ${formatSeconds(max_s)} at the longest (last ${formatSeconds(window_s)})`;
}

/** What the proof of work above a block is worth, by what mining it again would cost on this machine. */
function describeRewriteCost(costs: NodeStatus['rewrite_cost']): string {
  if (costs.length === 0) return 'nothing to rewrite yet';
  if (costs.every(({ seconds }) => seconds === null)) return 'unknown until the miner has chosen how to search';
  return costs
    .map(({ blocks, seconds }) => {
      const time = seconds === null ? 'unknown' : formatSeconds(seconds);
      return `the last ${blocks === 1 ? 'block' : `${formatCount(blocks)} blocks`}: ${time}`;
    })
    .join(', ')
    .concat(" of this machine's mining");
}

const NAME_WIDTH = 12;
const MODES: Readonly<Record<NodeStatus['mining']['mode'], string>> = {
  demand: 'when asked to',
  entries: 'when entries wait',
  always: 'always',
};
