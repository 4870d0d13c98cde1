/** `cairn export`: a node's chain into a file or a pipe, of any length, in constant memory. */
import type { NodeStatus } from '../api/shapes.ts';
import { counted } from '../core/check-step.ts';
import type { ProbeClient } from '../probe/probe-client.ts';
import { type HeightRange, writeArchive } from './archive-export.ts';
import { readChainArray, readChainParts } from './chain-source.ts';
import { type CommandContext, parseAnswer, withNode } from './command-context.ts';
import { CommandError, EXIT_CODES, type ExitCode } from './command-error.ts';
import { type ByteSink, openSink } from './file-sink.ts';
import { ProgressLine } from './progress.ts';
import { formatBytes } from './table.ts';
import { exportTable, hasTableFlags, type TableFlags } from './table-export.ts';

export interface ExportFlags extends TableFlags {
  readonly ndjson?: boolean;
  readonly from?: number;
  readonly to?: number;
  /** As an archive. */
  readonly proof?: boolean;
  /** As a table of records. */
  readonly sqlite?: boolean;
  readonly json?: boolean;
}

interface Exported {
  /** Undefined where they were not counted. */
  readonly blocks: number | undefined;
  readonly bytes: number;
  /** Of a table. */
  readonly records?: number;
  /** Whether all was written, rather than that nobody read any further. */
  readonly isWhole: boolean;
}

/**
 * As the answer to `GET CHAIN`, or one block a line: where that is asked for, where the name of the file says so, and of a part. With
 * `--proof` as an archive.
 */
export async function runExport(
  context: CommandContext,
  port: number,
  file: string,
  flags: ExportFlags,
): Promise<ExitCode> {
  checkFlags(file, flags);
  if (flags.sqlite === true) {
    const table = await withNode(context, port, async (client) => {
      const range = await chooseRange(client, flags);
      return exportTable(context, client, { file, range, flags });
    });
    await tell(context, file, table, flags);
    return EXIT_CODES.done;
  }
  const { terminal } = context;
  const isPart = flags.from !== undefined || flags.to !== undefined;
  const isByLine = flags.ndjson === true || isPart || flags.proof === true || /\.(ndjson|jsonl)$/.test(file);
  const exported = await withNode(context, port, async (client) => {
    // Asked before a file is begun, so that a wrong flag leaves nothing behind.
    const range = isByLine ? await chooseRange(client, flags) : undefined;
    const sink = await openSink(terminal, file);
    try {
      const outcome = await exportTo(sink, { context, port, client, range, flags });
      await (outcome.isWhole ? sink.finish() : sink.discard());
      return outcome;
    } catch (error) {
      await sink.discard().catch(() => undefined);
      throw error;
    }
  });
  if (file !== '-') await tell(context, file, exported, flags);
  return EXIT_CODES.done;
}

function checkFlags(file: string, { sqlite, proof, ndjson, from, to, ...flags }: ExportFlags): void {
  const kinds = [sqlite, proof, ndjson].filter((flag) => flag === true);
  const isFiltered = hasTableFlags(flags);
  if (kinds.length > 1) throw conflict('--sqlite, --proof and --ndjson are three kinds of file: name one.');
  if (sqlite === true && file === '-') throw conflict('A table cannot be written to stdout: name a file.');
  if (from !== undefined && to !== undefined && from > to) {
    throw conflict(`--from is the first block and --to the last one, and ${from} comes after ${to}: turn them round.`);
  }
  if (sqlite !== true && isFiltered) {
    throw conflict(
      '--author, --since, --before, --text, --where, --index and --full-text are for --sqlite: a chain is exported as it is.',
    );
  }
}

function conflict(message: string): CommandError {
  return new CommandError(EXIT_CODES.usage, 'flags-conflict', message);
}

interface Export {
  readonly context: CommandContext;
  readonly port: number;
  readonly client: ProbeClient;
  /** Undefined of the whole chain as one array. */
  readonly range: HeightRange | undefined;
  readonly flags: ExportFlags;
}

async function exportTo(sink: ByteSink, { context, port, client, range, flags }: Export): Promise<Exported> {
  if (range === undefined) return exportArray(context, port, sink);
  if (flags.proof !== true) return exportLines(context, client, sink, range);
  const progress = new ProgressLine(context.terminal, { label: 'exporting', unit: 'blocks' });
  const count = range.to + 1 - range.from;
  const written = await writeArchive(client, range, sink, (blocks) => progress.show(blocks, count));
  return { blocks: written.blocks, bytes: written.bytes, isWhole: written.verified !== undefined };
}

async function tell({ terminal }: CommandContext, file: string, exported: Exported, flags: ExportFlags): Promise<void> {
  const { blocks, bytes, records } = exported;
  if (flags.json === true) {
    await terminal.print(
      JSON.stringify({ file, blocks: blocks ?? null, bytes, ...(records !== undefined && { records }) }),
    );
  } else {
    const chain = blocks === undefined ? 'the chain' : counted(blocks, 'block', 'blocks');
    const recorded = records === undefined ? '' : `, ${counted(records, 'record', 'records')}`;
    await terminal.print(`${file}: ${chain}${recorded}, ${formatBytes(bytes)}`);
  }
}

async function chooseRange(client: ProbeClient, { from = 0, to }: ExportFlags): Promise<HeightRange> {
  const { height } = parseAnswer<NodeStatus>(await client.call('status')).tip;
  const end = to ?? height;
  if (end > height || from > end) {
    const missing = to === undefined ? `no block at height ${from}` : `not all blocks from height ${from} to ${end}`;
    const message = `The node has ${missing}: its chain ends at height ${height}.`;
    throw new CommandError(EXIT_CODES.refused, 'block-not-found', message);
  }
  return { from, to: end };
}

async function exportArray({ terminal, ...context }: CommandContext, port: number, sink: ByteSink): Promise<Exported> {
  const progress = new ProgressLine(terminal, { label: 'exporting', unit: 'bytes' });
  let sizeBytes = 0;
  let bytes = 0;
  const chunks = readChainArray({ terminal, ...context }, port, (size) => {
    sizeBytes = size;
  });
  for await (const chunk of chunks) {
    // The channel uses its bytes again, and a slow pipe keeps them a while.
    if (!(await sink.write(Uint8Array.from(chunk)))) return { blocks: undefined, bytes, isWhole: false };
    bytes += chunk.length;
    progress.show(bytes, sizeBytes);
  }
  const isWhole = await sink.write(Buffer.from('\n'));
  return { blocks: undefined, bytes: bytes + 1, isWhole };
}

async function exportLines(
  { terminal }: CommandContext,
  client: ProbeClient,
  sink: ByteSink,
  range: HeightRange,
): Promise<Exported> {
  const progress = new ProgressLine(terminal, { label: 'exporting', unit: 'blocks' });
  const count = range.to + 1 - range.from;
  let blocks = 0;
  let bytes = 0;
  for await (const part of readChainParts(client, range)) {
    const lines = Buffer.from(`${part.blocks.join('\n')}\n`);
    if (!(await sink.write(lines))) return { blocks, bytes, isWhole: false };
    blocks += part.blocks.length;
    bytes += lines.length;
    progress.show(blocks, count);
  }
  return { blocks, bytes, isWhole: true };
}
