/** `cairn fsck`: checks a data folder that no node has open, and makes anew what can be derived. */
import { counted } from '../core/check-step.ts';
import { checkStore, type FsckReport } from '../storage/fsck.ts';
import type { CommandContext } from './command-context.ts';
import { EXIT_CODES, type ExitCode } from './command-error.ts';
import { dataFolder } from './maintenance-commands.ts';
import { loadNetworkParams } from './network-file.ts';
import { migrationShown, ProgressLine } from './progress.ts';
import { formatCount } from './table.ts';

/** `folder` may be a port: then it is the folder of the node with that port. */
export async function runFsck(
  context: CommandContext,
  folder: string,
  flags: { readonly network?: string; readonly json?: boolean },
): Promise<ExitCode> {
  const { terminal, settings } = context;
  const path = dataFolder(context, folder);
  const params = await loadNetworkParams(flags.network ?? settings.network);
  const progress = new ProgressLine(terminal, { label: 'checking', unit: 'blocks' });
  const report = await checkStore({
    folder: path,
    params,
    onProgress: ({ height, tipHeight }) => progress.show(height, tipHeight),
    onMigration: migrationShown(terminal),
  });
  if (flags.json === true) {
    await terminal.print(JSON.stringify({ folder: path, whole: report.problemCount === 0, ...report }));
  } else {
    for (const line of reportLines(path, report)) await terminal.print(line);
    if (report.problemCount > 0) {
      terminal.talk(
        'Keep a copy. Blocks that are damaged come from the peers of a running node again, as soon as they are',
      );
      terminal.talk('read (`cairn validate`). All else follows from the blocks: `cairn reindex` makes it anew.');
    }
  }
  return report.problemCount === 0 ? EXIT_CODES.done : EXIT_CODES.refused;
}

function reportLines(path: string, report: FsckReport): string[] {
  const counts =
    `${counted(report.blockCount, 'block', 'blocks')} with ${counted(report.entryCount, 'entry', 'entries')}, ` +
    `${counted(report.sideBlockCount, 'block', 'blocks')} beside the chain, ${counted(report.pendingCount, 'entry', 'entries')} pending`;
  if (report.problemCount === 0) return [`${path} is whole: ${counts}.`];
  const problems = report.problems.map(({ code, height, hash, detail }) => {
    const place = [height === undefined ? [] : `height ${height}`, hash ?? []].flat().join(', ');
    return `  ${code}${place === '' ? '' : ` (${place})`}: ${detail}`;
  });
  const more = report.problemCount - report.problems.length;
  return [
    `${path} is damaged: ${counted(report.problemCount, 'problem', 'problems')}; valid up to height ${report.validHeight}; ${counts}.`,
    ...problems,
    ...(more > 0 ? [`  and ${formatCount(more)} more`] : []),
  ];
}
