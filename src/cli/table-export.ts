/** `cairn export --sqlite`: records as a table in a file of its own, for any SQLite tool. */
import { rm, stat } from 'node:fs/promises';
import { isBodyOf } from '../core/block.ts';
import { parseBlockJson } from '../core/block-json.ts';
import { GENESIS_BODY, parseBody } from '../core/body.ts';
import type { NetworkParams } from '../core/params.ts';
import type { ProbeClient } from '../probe/probe-client.ts';
import { RecordExport } from '../records/record-export.ts';
import type { RecordedBlock } from '../records/record-table.ts';
import type { HeightRange } from './archive-export.ts';
import { readChainParts } from './chain-source.ts';
import type { CommandContext } from './command-context.ts';
import { CommandError, EXIT_CODES } from './command-error.ts';
import { readParams } from './entry-preparation.ts';
import { checkPlace, partPathOf, putInPlace } from './file-sink.ts';
import { filterOfFlags } from './filter-flags.ts';
import { ProgressLine } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** Which records, and how they can be looked up. */
export interface TableFlags {
  readonly author?: string;
  readonly since?: string;
  readonly before?: string;
  readonly text?: string;
  readonly where?: readonly string[];
  readonly index?: readonly string[];
  readonly fullText?: boolean;
}

export function hasTableFlags({ author, since, before, text, where, index, fullText }: TableFlags): boolean {
  return [author, since, before, text, where, index, fullText].some((flag) => flag !== undefined);
}

export interface WrittenTable {
  readonly blocks: number;
  readonly records: number;
  readonly bytes: number;
  readonly isWhole: true;
}

/**
 * Writes the records of the blocks of `range` that the flags mean. The file takes the place of one that is there when it is whole. Throws a
 * `CommandError`, also where a reorganisation comes between.
 */
export async function exportTable(
  { terminal, home }: CommandContext,
  client: ProbeClient,
  { file, range, flags }: { readonly file: string; readonly range: HeightRange; readonly flags: TableFlags },
): Promise<WrittenTable> {
  const { author, since, before, text, where } = flags;
  const filter = await filterOfFlags(home, { author, from: since, to: before, text, where }, FLAG_NAMES);
  const params = await readParams(client);
  await checkPlace(file);
  const partPath = partPathOf(file);
  try {
    const indexes = { pointers: flags.index ?? [], fullText: flags.fullText === true };
    const { blocks, records } = await fillTable(new RecordExport(partPath, { indexes, filter }), {
      terminal,
      client,
      range,
      params,
    });
    const { size: bytes } = await stat(partPath);
    await putInPlace(partPath, file);
    return { blocks, records, bytes, isWhole: true };
  } catch (error) {
    for (const end of ['', '-wal', '-shm', '-journal']) await rm(partPath + end, { force: true });
    throw error;
  }
}

async function fillTable(
  table: RecordExport,
  source: {
    readonly terminal: Terminal;
    readonly client: ProbeClient;
    readonly range: HeightRange;
    readonly params: NetworkParams;
  },
): Promise<{ readonly blocks: number; readonly records: number }> {
  const { terminal, client, range, params } = source;
  const progress = new ProgressLine(terminal, { label: 'exporting', unit: 'blocks' });
  let blocks = 0;
  try {
    for await (const part of readChainParts(client, range)) {
      table.add(part.blocks.map((text) => readBlock(text, params)));
      blocks += part.blocks.length;
      progress.show(blocks, range.to + 1 - range.from);
    }
    return { blocks, records: table.recordCount };
  } finally {
    table.close();
  }
}

/** Held against its header: whoever opens the table cannot do that any more. */
function readBlock(text: string, params: NetworkParams): RecordedBlock {
  const claimed = parseBlockJson(text, params);
  if (!claimed.ok) throw unreadable(claimed.fault.code);
  const { header, hash, bodyBytes } = claimed.value;
  if (header.height === 0) return { height: 0, hash, time: header.timestamp, body: GENESIS_BODY };
  const body = parseBody(bodyBytes, params);
  if (!body.ok) throw unreadable(body.fault.code);
  if (!isBodyOf(header, body.value)) throw unreadable('data-root-wrong');
  return { height: header.height, hash, time: header.timestamp, body: body.value };
}

function unreadable(code: string): CommandError {
  const message = `The node gave a block that is none (${code}); \`cairn validate\` says what is wrong with its chain.`;
  return new CommandError(EXIT_CODES.refused, code, message);
}

/** What the times of a filter are called where `--from` and `--to` are heights. */
const FLAG_NAMES = { from: 'since', to: 'before' };
