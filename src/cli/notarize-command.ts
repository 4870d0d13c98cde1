/**
 * `cairn notarize`: the hashes of files go into the chain, and a receipt comes to lie beside each, with which anybody can see that
 * the file was there by then, as it is. The files themselves go nowhere.
 *
 * To say the same again is to go on: what is recorded already is not recorded twice, and its receipt is made anew, with the
 * work that has come on top since.
 */
import { basename } from 'node:path';
import { formatIsoTime } from '../api/iso-time.ts';
import type { NodeStatus } from '../api/shapes.ts';
import { counted } from '../core/check-step.ts';
import { type FileEntry, parseFileEntry } from '../core/file-entry.ts';
import { describeReceiptFault } from '../core/receipt-account.ts';
import { formatTimestamp } from '../core/timestamp.ts';
import { interruptible } from './abortable.ts';
import { type CommandContext, parseAnswer, withNode } from './command-context.ts';
import { CommandError, EXIT_CODES, type ExitCode } from './command-error.ts';
import { openPreparation, type PreparationFlags } from './entry-preparation.ts';
import { digestFile } from './file-digest.ts';
import { checkPlace, writeWhole } from './file-sink.ts';
import { readStoredKey } from './key-store.ts';
import { type FileToRecord, type RecordedFile, recordFiles } from './notary.ts';
import { ProgressLine } from './progress.ts';
import { isReceiptPath, readIfThere, receiptPathOf } from './receipt-file.ts';
import { type AskedNode, fetchReceipt, type HeldReceipt, readReceipt } from './receipt-maker.ts';
import { formatBytes, formatCount } from './table.ts';
import type { Terminal } from './terminal.ts';

export interface NotarizeFlags extends PreparationFlags {
  /** How many blocks must be on top of an entry before its receipt is made. */
  readonly depth?: number;
  /** False where the names of the files are not to be told. */
  readonly name: boolean;
  readonly json?: boolean;
}

/** Nothing is recorded before all files were read. Throws a `CommandError`. */
export async function runNotarize(
  context: CommandContext,
  port: number,
  paths: readonly string[],
  flags: NotarizeFlags,
): Promise<ExitCode> {
  const { terminal } = context;
  const files: ReadFile[] = [];
  for (const path of new Set(paths)) {
    if (isReceiptPath(path)) terminal.talk(`${path}: left out, as it is a receipt by its name.`);
    else files.push(await readFile(terminal, path, flags));
  }
  const record = (signal: AbortSignal) =>
    withNode(context, port, (client) => notarize({ context, node: { client, port }, files, flags, signal }));
  await interruptible(record, INTERRUPTED);
  return EXIT_CODES.done;
}

/** A file, and the receipt of it that an earlier run has left. */
interface ReadFile {
  readonly path: string;
  readonly file: FileEntry;
  readonly held: HeldReceipt | undefined;
}

async function readFile(terminal: Terminal, path: string, { name }: NotarizeFlags): Promise<ReadFile> {
  const progress = new ProgressLine(terminal, { label: `reading ${path}`, unit: 'bytes' });
  const digest = await digestFile(path, (readBytes, sizeBytes) => progress.show(readBytes, sizeBytes));
  terminal.endProgress();
  const file: FileEntry = { ...digest, name: name ? basename(path) : undefined };
  // What is recorded is to have its receipt.
  await checkPlace(receiptPathOf(path));
  const content = await readIfThere(terminal, receiptPathOf(path));
  if (content === undefined) return { path, file, held: undefined };
  // It may be all that proves what was here before: nothing that is of something else is written over.
  const held = readReceipt(content);
  if (!held.ok) throw inTheWay(path, `no receipt that holds. ${describeReceiptFault(held.fault)}`);
  const recorded = parseFileEntry(held.value.receipt.entry);
  if (recorded?.sha256 !== file.sha256) throw inTheWay(path, 'of another content than the file has now.');
  return { path, file: recorded, held: held.value };
}

interface Notarization {
  readonly context: CommandContext;
  readonly node: AskedNode;
  readonly files: readonly ReadFile[];
  readonly flags: NotarizeFlags;
  readonly signal: AbortSignal;
}

async function notarize({ context, node, files, flags, signal }: Notarization): Promise<void> {
  const { terminal, home } = context;
  const { sign, depth = 0 } = flags;
  const { genesis } = parseAnswer<NodeStatus>(await node.client.call('status')).network;
  const author = sign === undefined ? undefined : (await readStoredKey(home, sign)).author;
  const toRecord: FileToRecord[] = files.map(({ path, file, held }) => {
    if (held === undefined) return { path, file, recorded: undefined };
    const { verified, receipt } = held;
    if (verified.genesis !== genesis) throw inTheWay(path, `of another network, "${verified.network}".`);
    const isSigned = sign === undefined || verified.authors.some((signed) => signed.author === author);
    if (!isSigned) throw inTheWay(path, `of an entry that was not signed with the key "${sign}".`);
    return { path, file, recorded: receipt.entry };
  });
  const preparation = await openPreparation(context, node.client, flags, signal);
  try {
    const parts = { terminal, client: node.client, preparation, signal, depth };
    for await (const recorded of recordFiles(toRecord, parts)) {
      const held = await fetchReceipt(node, recorded.id);
      await writeWhole(terminal, receiptPathOf(recorded.path), held.bytes);
      // Not before: of whoever is interrupted until then, the same signed entry is taken up again, and no second one made.
      preparation.taken([recorded.bytes]);
      await terminal.print(flags.json === true ? jsonOf(recorded, held) : sentenceOf(recorded, held));
    }
  } finally {
    preparation.close();
  }
}

function jsonOf({ path, file, status }: RecordedFile, { verified, bytes }: HeldReceipt): string {
  const { id, block, index, depth } = verified;
  const { height, timestamp } = block.header;
  return JSON.stringify({
    file: path,
    sha256: file.sha256,
    size: file.sizeBytes,
    status,
    id,
    height,
    hash: block.hash,
    index,
    time: formatIsoTime(timestamp),
    depth,
    receipt: receiptPathOf(path),
    bytes: bytes.length,
  });
}

function sentenceOf({ path }: RecordedFile, { verified, bytes }: HeldReceipt): string {
  const { block, depth } = verified;
  const { height, timestamp } = block.header;
  const place = `on record in block ${formatCount(height)} of ${formatTimestamp(timestamp)} UTC, ${counted(depth, 'block', 'blocks')} on top`;
  return `${path}: ${place}; ${receiptPathOf(path)}, ${formatBytes(bytes.length)}`;
}

function inTheWay(path: string, what: string): CommandError {
  const message = `${receiptPathOf(path)} is there already, and is ${what} Move it away first, if you are done with it. Nothing was recorded.`;
  return new CommandError(EXIT_CODES.refused, 'receipt-in-the-way', message);
}

const INTERRUPTED = 'Interrupted. Say the same again to get the receipts that are missing: nothing is recorded twice.';
