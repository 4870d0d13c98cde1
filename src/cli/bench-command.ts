/** `cairn bench mining`: what this machine would do as a miner, and what that says of the last hour of a chain. */
import { availableParallelism } from 'node:os';
import type { NodeStatus } from '../api/shapes.ts';
import { trialKernels } from '../mining/kernel-trials.ts';
import type { KernelTrial } from '../mining/miner.ts';
import { listRunning } from '../probe/running-nodes.ts';
import { readLastHour } from './chain-hour.ts';
import { type CommandContext, parseAnswer, withNode } from './command-context.ts';
import { EXIT_CODES, type ExitCode } from './command-error.ts';
import { miningReport, type ReportedChain, reportLines } from './mining-report.ts';
import { loadNetworkParams } from './network-file.ts';

export interface BenchFlags {
  /** The port of the node whose chain is asked about; the first of those that run unless told. */
  readonly node?: number;
  /** In percent. */
  readonly miningShare?: number;
  readonly json?: boolean;
}

/** `tryKernels` is what tries and times them. */
export async function runBenchMining(
  context: CommandContext,
  flags: BenchFlags,
  tryKernels: () => Promise<readonly KernelTrial[]> = trialKernels,
): Promise<ExitCode> {
  const { terminal, home, settings } = context;
  const port = flags.node ?? (await listRunning(home)).map((node) => node.port).toSorted((a, b) => a - b)[0];
  const asked = port === undefined ? undefined : await askNode(context, port);
  const limitBits = asked?.limitBits ?? (await loadNetworkParams(settings.network)).targetLimit;
  if (flags.json !== true) terminal.progress('trying every kernel, which takes a few seconds');
  const report = miningReport({
    trials: await tryKernels(),
    cores: availableParallelism(),
    miningShare: flags.miningShare ?? settings.miningShare ?? 100,
    limitBits,
    chain: asked?.chain,
  });
  if (flags.json === true) {
    await terminal.print(JSON.stringify(report));
    return EXIT_CODES.done;
  }
  for (const line of reportLines(report)) await terminal.print(line);
  await terminal.print('');
  for (const line of CAVEATS) await terminal.print(line);
  if (asked === undefined) {
    terminal.talk(
      'No node runs here, so nothing is said of a chain: start one with `cairn node 5001`, or name one with --node.',
    );
  } else if (asked.isSearching) {
    terminal.talk(`Node ${asked.chain.port} searches for a block meanwhile: alone, this machine may do more.`);
  }
  return EXIT_CODES.done;
}

interface AskedNode {
  readonly limitBits: number;
  readonly isSearching: boolean;
  readonly chain: ReportedChain;
}

function askNode(context: CommandContext, port: number): Promise<AskedNode> {
  return withNode(context, port, async (client) => {
    const status = parseAnswer<NodeStatus>(await client.call('status'));
    return {
      limitBits: Number.parseInt(status.limit_bits, 16),
      isSearching: status.mining.searching,
      chain: { port, nextBits: Number.parseInt(status.next_bits, 16), lastHour: await readLastHour(client) },
    };
  });
}

/** Times to a block are exponentially distributed: e^-3 of them are over three times the mean, 1-e^-0.05 under a twentieth. */
const CAVEATS = [
  'Times are means: one block in twenty takes over three times as long, and one in twenty under a twentieth of it.',
  'Whoever has a faster machine, or many, needs less: what a rewrite costs here is no promise of what it costs others.',
];
