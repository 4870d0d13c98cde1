/**
 * `cairn verify`: checks by itself what others have handed over, with no node, no network and nobody to be believed: receipts,
 * files that a receipt lies beside, archives, and evidence against authors.
 */
import { open } from 'node:fs/promises';
import { ARCHIVE_START } from '../core/archive.ts';
import { createGenesis } from '../core/genesis.ts';
import { type Hash, parseHash } from '../core/hash.ts';
import { beginsArchive } from './archive-reader.ts';
import { checkArchive } from './archive-report.ts';
import type { CommandContext } from './command-context.ts';
import { CommandError, EXIT_CODES, type ExitCode, fileUnreadable } from './command-error.ts';
import { isConflictFile, tellConflict } from './conflict-report.ts';
import { digestFile, type FileDigest } from './file-digest.ts';
import { loadNetworkParams } from './network-file.ts';
import { peekInput } from './peeked-input.ts';
import { ProgressLine } from './progress.ts';
import { isReceiptPath, readIfThere, readReceiptBytes, readReceiptFile, receiptPathOf } from './receipt-file.ts';
import { isNoReceipt, judgeReceipt, tellReceipt } from './receipt-report.ts';
import type { Terminal } from './terminal.ts';
import type { ReportOptions } from './verdict-report.ts';

export interface VerifyFlags {
  readonly network?: string;
  readonly genesis?: string;
  /** The receipt of the one file, where it does not lie beside it. */
  readonly receipt?: string;
  readonly steps?: boolean;
  readonly json?: boolean;
}

/** Exits with 1 where one of the files does not prove what it says, of the network that is asked for, and with 2 where one cannot be read. */
export async function runVerify(
  context: CommandContext,
  files: readonly string[],
  flags: VerifyFlags,
): Promise<ExitCode> {
  if (flags.receipt !== undefined && files.length > 1) {
    const message = '--receipt names the receipt of one file: check the others by themselves.';
    throw new CommandError(EXIT_CODES.usage, 'flags-conflict', message);
  }
  const genesis = await expectedGenesis(context, flags);
  let exitCode: ExitCode = EXIT_CODES.done;
  for (const file of files) {
    const ended = await verifyGiven(context.terminal, file, { genesis, flags });
    if (ended > exitCode) exitCode = ended;
  }
  return exitCode;
}

interface Question {
  readonly genesis: Hash;
  readonly flags: VerifyFlags;
}

/** Tells of one that cannot be judged, too: the others are judged all the same. */
async function verifyGiven(terminal: Terminal, file: string, question: Question): Promise<ExitCode> {
  try {
    return (await verifyFile(terminal, file, question)) ? EXIT_CODES.done : EXIT_CODES.refused;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const { code, message, exitCode } = error;
    if (question.flags.json === true) {
      await terminal.print(JSON.stringify({ file, valid: false, kind: null, code, message }));
    } else {
      terminal.talk(`${terminal.styleTalk('red', 'cairn:')} ${message}`);
    }
    return exitCode;
  }
}

/** Whether what was handed over as `file` holds, which is printed. */
async function verifyFile(terminal: Terminal, file: string, { genesis, flags }: Question): Promise<boolean> {
  const options: ReportOptions = { ...flags, name: file };
  const beside = await receiptBeside(terminal, file, flags);
  if (beside !== undefined) {
    const outcome = judgeReceipt(beside, { genesis, file: await digestOf(terminal, file) });
    await tellReceipt(terminal, outcome, options);
    return outcome.ok;
  }
  const { first, chunks } = await peekInput(readGiven(terminal, file), ARCHIVE_START.length);
  if (beginsArchive(first)) return checkArchive(terminal, { chunks, genesis }, options);
  const bytes = await readReceiptBytes(chunks);
  if (isConflictFile(bytes)) return tellConflict(terminal, { bytes, genesis }, options);
  const outcome = judgeReceipt(bytes, { genesis, file: undefined });
  await tellReceipt(terminal, outcome, options);
  if (!outcome.ok && isNoReceipt(outcome.fault) && !isReceiptPath(file) && file !== '-') {
    const wanted = `put ${receiptPathOf(file)} beside it, or name it by --receipt`;
    terminal.talk(`${file}: if it is a file that was notarised, its receipt is missing: ${wanted}.`);
  }
  return outcome.ok;
}

/** `-` is stdin. Throws a `CommandError` where it cannot be read. */
async function* readGiven(terminal: Terminal, file: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* file === '-' ? terminal.stdin : (await open(file)).createReadStream();
  } catch (cause) {
    throw fileUnreadable(file, cause);
  }
}

/** The receipt of a file that is none itself; undefined where there is none. */
async function receiptBeside(
  terminal: Terminal,
  file: string,
  { receipt }: VerifyFlags,
): Promise<Uint8Array | undefined> {
  if (receipt !== undefined) return await readReceiptFile(terminal, receipt);
  return file === '-' || isReceiptPath(file) ? undefined : await readIfThere(terminal, receiptPathOf(file));
}

async function digestOf(terminal: Terminal, file: string): Promise<FileDigest> {
  const progress = new ProgressLine(terminal, { label: `reading ${file}`, unit: 'bytes' });
  const digest = await digestFile(file, (readBytes, sizeBytes) => progress.show(readBytes, sizeBytes));
  terminal.endProgress();
  return digest;
}

/** A chain can be begun by anybody, under any name: a receipt counts only for the network that the reader has in mind. */
async function expectedGenesis({ settings }: CommandContext, { genesis, network }: VerifyFlags): Promise<Hash> {
  if (genesis === undefined) return createGenesis(await loadNetworkParams(network ?? settings.network)).hash;
  const hash = parseHash(genesis);
  if (hash !== undefined) return hash;
  const message = `--genesis must be 64 lower-case hex digits, as \`cairn status\` prints them, and not ${JSON.stringify(genesis)}.`;
  throw new CommandError(EXIT_CODES.usage, 'genesis-invalid', message);
}
