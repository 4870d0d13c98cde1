/** `cairn node`: runs a node in this process until it is asked to stop. */
import { resolve } from 'node:path';
import type { MiningMode } from '../api/shapes.ts';
import type { KernelName } from '../mining/kernel-name.ts';
import { type CairnNode, startNode } from '../node/node.ts';
import type { CommandContext } from './command-context.ts';
import { CommandError, EXIT_CODES, type ExitCode } from './command-error.ts';
import { startLog } from './log.ts';
import { loadNetworkParams } from './network-file.ts';
import { onStopAsked, STOP_DEADLINE_MS, startedInTime, withinDeadline } from './orderly-stop.ts';
import { migrationShown, syncLine } from './progress.ts';
import type { Terminal } from './terminal.ts';
import type { LogLevel } from './value-kind.ts';

export interface NodeFlags {
  readonly data?: string;
  readonly host?: string;
  readonly peer?: readonly string[];
  readonly listen?: readonly string[];
  readonly mine?: MiningMode;
  /** In percent. */
  readonly miningShare?: number;
  readonly miningKernel?: KernelName | 'auto';
  readonly network?: string;
  readonly records?: boolean;
  /** JSON Pointers to fields. */
  readonly index?: readonly string[];
  readonly fullText?: boolean;
  readonly log?: LogLevel;
  readonly json?: boolean;
}

export async function runNode(context: CommandContext, port: number, flags: NodeFlags): Promise<ExitCode> {
  const { terminal, home, settings } = context;
  const dataFolder = chooseDataFolder(context, port, flags.data);
  const host = flags.host ?? settings.host ?? '127.0.0.1';
  const listen = flags.listen ?? settings.listen;
  const logger = startLog(context, { flag: flags.log, otherwise: 'info' });
  const params = await loadNetworkParams(flags.network ?? settings.network);

  const { promise: stopAsked, resolve: askToStop } = Promise.withResolvers<'asked'>();
  onStopAsked(() => askToStop('asked'));
  const starting = startNode({
    home,
    port,
    host,
    dataFolder,
    params,
    peers: flags.peer ?? settings.peers,
    listen: listen.length > 0 ? listen : LISTEN_DEFAULT,
    indexes: chooseIndexes(context, flags),
    fullText: hasFullText(context, flags),
    miningMode: flags.mine ?? settings.mine ?? 'entries',
    miningShare: (flags.miningShare ?? settings.miningShare ?? 100) / 100,
    miningKernel: flags.miningKernel ?? settings.miningKernel ?? 'auto',
    logger,
    onMigration: migrationShown(terminal),
  });
  const node = await startedInTime(starting, stopAsked, STOP_DEADLINE_MS);
  if (node === undefined) throw stopOverdue('The node was asked to stop, did not come to the end of its start');
  if (flags.json === true) {
    await terminal.print(
      JSON.stringify({ port: node.port, host, pid: process.pid, network: params.name, data: dataFolder }),
    );
  } else {
    terminal.talk(`Node ${node.port} of the network "${params.name}" is running; its data is in ${dataFolder}.`);
    terminal.talk(`Ask it: cairn status ${node.port}. Stop it: Ctrl-C, or cairn shutdown ${node.port}.`);
  }

  const watching = watchSync(terminal, node);
  const ending = await Promise.race([stopAsked, node.stopped]).finally(() => watching.end());
  if (ending === 'asked') {
    // What it had to stop for is thrown by `stopped`, as when nobody asked.
    const inTime = await withinDeadline(Promise.all([node.stop(), node.stopped]), STOP_DEADLINE_MS);
    if (!inTime) throw stopOverdue(`Node ${node.port} was not closed`);
  }
  return EXIT_CODES.done;
}

/** Draws how far the node is behind, for as long as it is and somebody watches. */
function watchSync(terminal: Terminal, node: CairnNode): { end(): void } {
  if (!terminal.hasProgress) return { end: () => undefined };
  let isShown = false;
  const drawing = setInterval(() => {
    const line = syncLine(node.sync);
    if (line !== undefined) terminal.progress(line);
    else if (isShown) terminal.endProgress();
    isShown = line !== undefined;
  }, DRAW_INTERVAL_MS);
  return {
    end: () => {
      clearInterval(drawing);
      terminal.endProgress();
    },
  };
}

function stopOverdue(what: string): CommandError {
  const message = `${what} within ${STOP_DEADLINE_MS} ms and is ended as it is; what was acknowledged is kept.`;
  return new CommandError(EXIT_CODES.failed, 'stop-deadline', message);
}

function chooseDataFolder({ home }: CommandContext, port: number, chosen: string | undefined): string {
  if (chosen !== undefined) return resolve(chosen);
  if (port !== 0) return home.nodeFolder(port);
  throw new CommandError(
    EXIT_CODES.usage,
    'data-folder-missing',
    'Port 0 stands for any free port, and a data folder is named by its port: say which one with --data DIR.',
  );
}

/** The fields by which records are to be found, each once; undefined where no records are to be kept. */
function chooseIndexes(context: CommandContext, flags: NodeFlags): readonly string[] | undefined {
  const { settings } = context;
  const indexes = [...new Set(flags.index ?? settings.indexes)];
  if (indexes.length > INDEXES_MAX) {
    const message = `There are ${indexes.length} indexes, each of which is written for every record: choose ${INDEXES_MAX} at most.`;
    throw new CommandError(EXIT_CODES.configuration, 'indexes-too-many', message);
  }
  const isKept = indexes.length > 0 || hasFullText(context, flags) || (flags.records ?? settings.records) === true;
  return isKept ? indexes : undefined;
}

function hasFullText({ settings }: CommandContext, flags: NodeFlags): boolean {
  return (flags.fullText ?? settings.fullText) === true;
}

const INDEXES_MAX = 16;
/** Peers of this machine, which the list of running nodes tells of. Others need an address that they can reach. */
const LISTEN_DEFAULT = ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'];
const DRAW_INTERVAL_MS = 250;
