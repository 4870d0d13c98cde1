/** What a machine would do as a miner: its rate, what blocks take, and what the last hour of a chain costs to rewrite. */
import { bitsToHex, bitsToTarget } from '../core/target.ts';
import { shareOfMachine } from '../mining/machine-share.ts';
import type { KernelTrial } from '../mining/miner.ts';
import { expectedSeconds } from '../mining/mining-rate.ts';
import type { ChainHour } from './chain-hour.ts';
import { CommandError, EXIT_CODES } from './command-error.ts';
import { type Column, formatCount, formatExpected, formatRate, formatSeconds, tableLines } from './table.ts';

/** A chain to be measured against. */
export interface ReportedChain {
  /** Of the node that has it. */
  readonly port: number;
  /** The compact target of its next block. */
  readonly nextBits: number;
  readonly lastHour: ChainHour | undefined;
}

/** As `cairn bench mining --json` prints it. Times are expected values, in seconds. */
export interface MiningReport {
  readonly kernels: readonly ReportedKernel[];
  /** The fastest, which a node chooses. */
  readonly kernel: string;
  readonly cores: number;
  /** Of the machine, in percent. */
  readonly mining_share: number;
  readonly threads: number;
  /** Of the machine: `threads` times the rate of one, for as much of the time as the share allows. */
  readonly hashes_per_second: number;
  readonly easiest_block: ExpectedBlock;
  readonly chain: {
    readonly port: number;
    readonly next_block: ExpectedBlock;
    /** Null while there is only the genesis. */
    readonly last_hour: LastHour | null;
  } | null;
}

type ReportedKernel =
  | { readonly kernel: string; readonly outcome: 'passed'; readonly hashes_per_second: number }
  | { readonly kernel: string; readonly outcome: 'refused'; readonly code: string; readonly reason: string };

interface ExpectedBlock {
  /** The compact target. */
  readonly bits: string;
  readonly expected_s: number;
}

interface LastHour {
  readonly from_height: number;
  readonly to_height: number;
  readonly tip_time: string;
  /** In which these blocks came: less than an hour on a younger chain. */
  readonly seconds: number;
  readonly work: string;
  /** That the network must have had to do this work in that time. */
  readonly network_hashes_per_second: number;
  /** For this machine to do the same work, if nobody added to the chain meanwhile. */
  readonly rewrite_s: number;
  /** The same while the network goes on as in the hour; null where this machine never catches up. */
  readonly rewrite_while_mining_s: number | null;
}

/** Throws a `CommandError` where no kernel can be used. */
export function miningReport(options: {
  readonly trials: readonly KernelTrial[];
  readonly cores: number;
  /** In percent. */
  readonly miningShare: number;
  /** The easiest compact target that the network allows. */
  readonly limitBits: number;
  readonly chain: ReportedChain | undefined;
}): MiningReport {
  const { trials, cores, miningShare, limitBits, chain } = options;
  const kernels = reportedKernels(trials);
  const best = kernels[0];
  if (best?.outcome !== 'passed') {
    const reasons = kernels.flatMap((trial) =>
      trial.outcome === 'refused' ? [`${trial.kernel}: ${trial.reason}`] : [],
    );
    throw new CommandError(
      EXIT_CODES.failed,
      'mining-failed',
      `No kernel can be used on this machine (${reasons.join('; ')}): a node here cannot mine.`,
    );
  }
  const { threads, dutyCycle } = shareOfMachine(miningShare / 100, cores);
  const rate = best.hashes_per_second * threads * dutyCycle;
  return {
    kernels,
    kernel: best.kernel,
    cores,
    mining_share: miningShare,
    threads,
    hashes_per_second: Math.round(rate),
    easiest_block: expectedBlock(limitBits, rate),
    chain:
      chain === undefined
        ? null
        : {
            port: chain.port,
            next_block: expectedBlock(chain.nextBits, rate),
            last_hour: chain.lastHour === undefined ? null : lastHour(chain.lastHour, rate),
          },
  };
}

/** The report for people. */
export function reportLines(report: MiningReport): string[] {
  const { kernel, threads, hashes_per_second: rate, easiest_block: easiest, chain } = report;
  const machine = `${formatRate(rate)} on ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  const rows: [string, string][] = [
    ['chosen', `${kernel}, ${machine}: ${report.mining_share} % of this machine`],
    ['easiest', `a block takes ${formatExpected(easiest.expected_s)} (target ${easiest.bits})`],
  ];
  if (chain !== null) {
    const { port, next_block: next, last_hour: hour } = chain;
    rows.push(['next', `a block on node ${port} takes ${formatExpected(next.expected_s)} (target ${next.bits})`]);
    if (hour === null) rows.push(['last hour', `node ${port} has the genesis alone, and nothing to rewrite`]);
    else rows.push(['last hour', describeHour(hour, port)], ['to rewrite', describeRewrite(hour)]);
  }
  return [...kernelTable(report), '', ...rows.map(([name, text]) => `${name.padEnd(NAME_WIDTH)}${text}`)];
}

/** The fastest first, then those that cannot be used. */
function reportedKernels(trials: readonly KernelTrial[]): ReportedKernel[] {
  const kernels = trials.flatMap((trial): ReportedKernel[] => {
    const { kernel, outcome } = trial;
    if (outcome === 'skipped') return [];
    if (outcome === 'refused') return [{ kernel, outcome, code: trial.code, reason: trial.reason }];
    return [{ kernel, outcome, hashes_per_second: Math.round(trial.hashesPerSecond) }];
  });
  return kernels.toSorted((a, b) => rateOf(b) - rateOf(a));
}

function rateOf(kernel: ReportedKernel | undefined): number {
  return kernel?.outcome === 'passed' ? kernel.hashes_per_second : 0;
}

function expectedBlock(bits: number, hashesPerSecond: number): ExpectedBlock {
  const target = bitsToTarget(bits);
  if (target === undefined) {
    const message = `The node names the target ${bitsToHex(bits)}, which is none: check that it is of this version.`;
    throw new CommandError(EXIT_CODES.unreachable, 'probe-protocol', message);
  }
  return { bits: bitsToHex(bits), expected_s: expectedSeconds(target, hashesPerSecond) };
}

function lastHour({ fromHeight, toHeight, time, seconds, work }: ChainHour, rate: number): LastHour {
  const tries = Number(work);
  const networkRate = tries / seconds;
  return {
    from_height: fromHeight,
    to_height: toHeight,
    tip_time: time,
    seconds,
    work: String(work),
    network_hashes_per_second: networkRate,
    rewrite_s: tries / rate,
    // The branch has to have the work of the hour, and all that the network adds until then.
    rewrite_while_mining_s: rate > networkRate ? tries / (rate - networkRate) : null,
  };
}

function kernelTable({ kernels, mining_share: share, hashes_per_second: machineRate }: MiningReport): string[] {
  const ofThread = rateOf(kernels[0]);
  const plain = rateOf(kernels.find(({ kernel }) => kernel === PLAIN_KERNEL));
  const columns: Column[] = [
    { title: 'kernel' },
    { title: 'a thread', align: 'right' },
    { title: share === 100 ? 'this machine' : `${share} % of this machine`, align: 'right' },
    ...(plain === 0 ? [] : [{ title: `× ${PLAIN_KERNEL}`, align: 'right' } as const]),
  ];
  const rows = kernels
    .filter(({ outcome }) => outcome === 'passed')
    .map((kernel) => {
      const rate = rateOf(kernel);
      const multiple = plain === 0 ? [] : [(rate / plain).toFixed(1)];
      return [kernel.kernel, formatRate(rate), formatRate((rate * machineRate) / ofThread), ...multiple];
    });
  const refusals = kernels.flatMap((trial) =>
    trial.outcome === 'refused' ? [`${trial.kernel} cannot be used: ${trial.reason} (${trial.code})`] : [],
  );
  return [...tableLines(columns, rows), ...refusals];
}

function describeHour({ from_height: from, to_height: to, tip_time, seconds, work }: LastHour, port: number): string {
  const blocks = from === to ? `block ${formatCount(to)}` : `blocks ${formatCount(from)} to ${formatCount(to)}`;
  const span = `the ${seconds === 3_600 ? 'hour' : formatSeconds(seconds)} up to ${tip_time}`;
  return `${blocks} of node ${port}, ${span}: about ${formatCount(Number(work))} hashes of work`;
}

function describeRewrite({ rewrite_s: alone, rewrite_while_mining_s: meanwhile }: LastHour): string {
  const cost = `${formatSeconds(alone)} of this machine's mining if nobody else mined`;
  if (meanwhile === null) return `${cost}; against a network as fast as that it would never catch up`;
  const isSame = formatSeconds(meanwhile) === formatSeconds(alone);
  return `${cost}, ${isSame ? 'hardly longer' : formatSeconds(meanwhile)} while the network goes on as it did`;
}

/** What Node's own cryptography gives. */
const PLAIN_KERNEL = 'node-crypto';
const NAME_WIDTH = 12;
