/** `cairn export`: a node's chain into a file or a pipe, of any length, in constant memory. */
import type { NodeStatus } from '../api/shapes.ts';
import type { ProbeClient } from '../probe/probe-client.ts';
import { readChainArray, readChainParts } from './chain-source.ts';
import { type CommandContext, parseAnswer, withNode } from './command-context.ts';
import { CommandError, EXIT_CODES, type ExitCode } from './command-error.ts';
import { type ByteSink, openSink } from './file-sink.ts';
import { ProgressLine } from './progress.ts';
import { formatBytes, formatCount } from './table.ts';

export interface ExportFlags {
  readonly ndjson?: boolean;
  readonly from?: number;
  readonly to?: number;
  readonly json?: boolean;
}

interface Exported {
  /** Undefined where they were not counted. */
  readonly blocks: number | undefined;
  readonly bytes: number;
  /** Whether all was written, rather than that nobody read any further. */
  readonly isWhole: boolean;
}

/** As the answer to `GET CHAIN`, or one block a line: where that is asked for, where the name of the file says so, and of a part. */
export async function runExport(
  context: CommandContext,
  port: number,
  file: string,
  flags: ExportFlags,
): Promise<ExitCode> {
  const { terminal } = context;
  const isPart = flags.from !== undefined || flags.to !== undefined;
  const isByLine = flags.ndjson === true || isPart || /\.(ndjson|jsonl)$/.test(file);
  const exported = await withNode(context, port, async (client) => {
    // Asked before a file is begun, so that a wrong flag leaves nothing behind.
    const range = isByLine ? await chooseRange(client, flags) : undefined;
    const sink = await openSink(terminal, file);
    try {
      const outcome =
        range === undefined ? await exportArray(context, port, sink) : await exportLines(context, client, sink, range);
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

async function tell({ terminal }: CommandContext, file: string, exported: Exported, flags: ExportFlags): Promise<void> {
  const { blocks, bytes } = exported;
  if (flags.json === true) {
    await terminal.print(JSON.stringify({ file, blocks: blocks ?? null, bytes }));
  } else {
    const counted = blocks === undefined ? 'the chain' : `${formatCount(blocks)} blocks`;
    await terminal.print(`${file}: ${counted}, ${formatBytes(bytes)}`);
  }
}

async function chooseRange(
  client: ProbeClient,
  { from = 0, to }: ExportFlags,
): Promise<{ readonly from: number; readonly to: number }> {
  const { height } = parseAnswer<NodeStatus>(await client.call('status')).tip;
  const end = to ?? height;
  if (end > height || from > end) {
    const message = `There are no blocks from height ${from} to ${end}: the chain of the node ends at height ${height}.`;
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
  range: { readonly from: number; readonly to: number },
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
