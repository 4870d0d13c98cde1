/** `cairn compact` and `cairn reindex`: work on a data folder that no node has open. */
import { resolve } from 'node:path';
import { counted } from '../core/check-step.ts';
import type { NetworkParams } from '../core/params.ts';
import { recordFilePath, removeRecordFile } from '../records/record-file.ts';
import { compactStore } from '../storage/compact.ts';
import { type RebuildReport, rebuildStore } from '../storage/rebuild.ts';
import type { CommandContext } from './command-context.ts';
import { EXIT_CODES, type ExitCode } from './command-error.ts';
import { loadNetworkParams } from './network-file.ts';
import { migrationShown, ProgressLine } from './progress.ts';
import { formatBytes, formatCount } from './table.ts';
import { PORT } from './value-kind.ts';

export interface MaintenanceFlags {
  readonly network?: string;
  readonly json?: boolean;
}

/** The folder that `text` names: a port stands for that of its node. */
export function dataFolder({ home }: CommandContext, text: string): string {
  const port = PORT.parse(text);
  return port === undefined ? resolve(text) : home.nodeFolder(port);
}

/** Writes the files of a store anew, without the room that it no longer needs. */
export async function runCompact(context: CommandContext, folder: string, flags: MaintenanceFlags): Promise<ExitCode> {
  const { terminal, settings } = context;
  const path = dataFolder(context, folder);
  const params = await loadNetworkParams(flags.network ?? settings.network);
  const line = `compacting ${path}: this takes as long as copying it`;
  const showMigration = migrationShown(terminal);
  const onMigration = (done: number, of: number): void => {
    showMigration(done, of);
    if (done === of) terminal.progress(line);
  };
  terminal.progress(line);
  const { bytesBefore, bytesAfter } = await compactStore({ folder: path, params, onMigration });
  if (flags.json === true) {
    await terminal.print(JSON.stringify({ folder: path, bytes_before: bytesBefore, bytes_after: bytesAfter }));
  } else {
    await terminal.print(`${path} had ${formatBytes(bytesBefore)} and has ${formatBytes(bytesAfter)}.`);
  }
  return EXIT_CODES.done;
}

/** Makes anew what follows from the blocks of a store. */
export async function runReindex(context: CommandContext, folder: string, flags: MaintenanceFlags): Promise<ExitCode> {
  const { terminal, settings } = context;
  const path = dataFolder(context, folder);
  const params = await loadNetworkParams(flags.network ?? settings.network);
  const { blockCount, pendingRemoved } = await rebuildWithProgress(context, { folder: path, params });
  const hadRecords = removeRecordFile(recordFilePath(path));
  if (flags.json === true) {
    const report = { folder: path, blocks: blockCount, pending_removed: pendingRemoved, records_removed: hadRecords };
    await terminal.print(JSON.stringify(report));
    return EXIT_CODES.done;
  }
  await terminal.print(`${path}: what follows from its ${counted(blockCount, 'block', 'blocks')} was made anew.`);
  if (hadRecords) await terminal.print('The node will write its table of records anew when it runs.');
  if (pendingRemoved > 0) {
    const lost = `${formatCount(pendingRemoved)} pending ${pendingRemoved === 1 ? 'entry was' : 'entries were'} damaged`;
    await terminal.print(`${lost} and taken away: if no other node has them, they have to be submitted again.`);
  }
  return EXIT_CODES.done;
}

/** Resolves with how many blocks the chain has, too. */
async function rebuildWithProgress(
  { terminal }: CommandContext,
  store: { readonly folder: string; readonly params: NetworkParams },
): Promise<RebuildReport & { readonly blockCount: number }> {
  const lines = {
    blocks: new ProgressLine(terminal, { label: 'reading blocks', unit: 'blocks' }),
    entries: new ProgressLine(terminal, { label: 'indexing entries', unit: 'blocks' }),
  };
  let blockCount = 0;
  const report = await rebuildStore({
    ...store,
    onMigration: migrationShown(terminal),
    onProgress: ({ step, height, tipHeight }) => {
      blockCount = tipHeight + 1;
      lines[step].show(height, tipHeight);
    },
  });
  return { ...report, blockCount };
}
