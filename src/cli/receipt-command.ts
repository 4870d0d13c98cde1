/** `cairn receipt`: has a node make a receipt of an entry, which `cairn verify` checks without asking anybody; and renews those that there are. */
import { access } from 'node:fs/promises';
import { assertPresent } from '../core/assert.ts';
import { counted } from '../core/check-step.ts';
import { parseHash } from '../core/hash.ts';
import type { ReceiptFault } from '../core/receipt.ts';
import { describeReceiptFault } from '../core/receipt-account.ts';
import { beginsArchive } from './archive-reader.ts';
import { type CommandContext, withNode } from './command-context.ts';
import { CommandError, EXIT_CODES, type ExitCode } from './command-error.ts';
import { isConflictFile } from './conflict-report.ts';
import { writeWhole } from './file-sink.ts';
import { isReceiptPath, readReceiptFile, receiptPathOf } from './receipt-file.ts';
import { type AskedNode, fetchReceipt, readReceipt, renewReceipt } from './receipt-maker.ts';
import { isNoReceipt } from './receipt-report.ts';
import { formatBytes, formatCount } from './table.ts';

/** Checks what the node gave before it is written: a receipt that does not hold is no receipt. */
export async function runReceipt(
  context: CommandContext,
  port: number,
  id: string,
  options: { readonly file: string | undefined; readonly json?: boolean },
): Promise<ExitCode> {
  const { terminal } = context;
  const asked = assertPresent(parseHash(id), 'the command line has seen to it that it is one');
  const { bytes, verified } = await withNode(context, port, (client) => fetchReceipt({ client, port }, asked));
  const file = options.file ?? receiptPathOf(id.slice(0, ID_CHARACTERS));
  await writeWhole(terminal, file, bytes);
  if (file === '-') return EXIT_CODES.done;
  const { block, depth } = verified;
  if (options.json === true) {
    await terminal.print(
      JSON.stringify({ file, bytes: bytes.length, id, height: block.header.height, hash: block.hash, depth }),
    );
  } else {
    const place = `entry of block ${formatCount(block.header.height)}, ${counted(depth, 'block', 'blocks')} on top`;
    await terminal.print(`${file}: ${place}, ${formatBytes(bytes.length)}`);
  }
  return EXIT_CODES.done;
}

/** Brings receipts up to the node's tip, each in its file, and goes on where one cannot be. Exits with 1 then, or with 2 where one cannot be read. */
export async function runReceiptRenew(
  context: CommandContext,
  port: number,
  files: readonly string[],
  flags: { readonly json?: boolean },
): Promise<ExitCode> {
  return await withNode(context, port, async (client) => {
    let exitCode: ExitCode = EXIT_CODES.done;
    for (const file of files) {
      const ended = await renewFile(context, { client, port }, { file, isJson: flags.json === true });
      if (ended > exitCode) exitCode = ended;
    }
    return exitCode;
  });
}

/** What to exit with. Where it is left as it was, that is told. */
async function renewFile(
  { terminal }: CommandContext,
  node: AskedNode,
  { file: given, isJson }: { readonly file: string; readonly isJson: boolean },
): Promise<ExitCode> {
  const file = await receiptAt(given);
  try {
    const content = await readReceiptFile(terminal, file);
    const held = readReceipt(content);
    if (!held.ok) {
      const message = describeNone(held.fault, { file, content, port: node.port });
      throw new CommandError(EXIT_CODES.refused, held.fault.code, message);
    }
    const { bytes, verified } = await renewReceipt(node, held.value);
    await writeWhole(terminal, file, bytes);
    if (file === '-') return EXIT_CODES.done;
    const { id, block, depth, workOnTop } = verified;
    const before = held.value.verified.depth;
    if (isJson) {
      const place = { id, height: block.header.height, hash: block.hash };
      const work = { depth, depth_before: before, work_on_top: workOnTop.toString() };
      await terminal.print(JSON.stringify({ file, renewed: true, bytes: bytes.length, ...place, ...work }));
    } else {
      const grown = `${counted(depth, 'block', 'blocks')} on top, ${formatCount(before)} before`;
      await terminal.print(`${file}: ${grown}, ${formatBytes(bytes.length)}`);
    }
    return EXIT_CODES.done;
  } catch (error) {
    if (!(error instanceof CommandError) || !isOfFile(error)) throw error;
    const { code, message, exitCode } = error;
    if (isJson) await terminal.print(JSON.stringify({ file, renewed: false, code, message }));
    else if (exitCode === EXIT_CODES.usage) terminal.talk(`${terminal.styleTalk('red', 'cairn:')} ${message}`);
    else await terminal.print(`${file}: ${terminal.style('red', 'left as it was')}. ${message} (${code})`);
    return exitCode;
  }
}

/** Rather than of the node, or of the machine. */
function isOfFile({ exitCode }: CommandError): boolean {
  return exitCode === EXIT_CODES.refused || exitCode === EXIT_CODES.usage;
}

/** Why `file` is not renewed, and what there is to do instead where it is something else than a receipt. */
function describeNone(
  fault: ReceiptFault,
  { file, content, port }: { readonly file: string; readonly content: Uint8Array; readonly port: number },
): string {
  if (beginsArchive(content)) {
    return `It is an archive, and only receipts are renewed: export its blocks anew, with the work that is on top by now (\`cairn export ${port} --proof\`).`;
  }
  if (isConflictFile(content))
    return 'It is evidence against an author, which holds as it is: no work has to come on top.';
  const isMissing = isNoReceipt(fault) && file !== '-' && !isReceiptPath(file);
  const missing = isMissing
    ? ` If it is a file that was notarised, its receipt is missing: ${receiptPathOf(file)}.`
    : '';
  return `${describeReceiptFault(fault)}${missing}`;
}

/** The receipt that lies beside the file, where it is that file which was named. */
async function receiptAt(path: string): Promise<string> {
  if (isReceiptPath(path)) return path;
  const beside = receiptPathOf(path);
  const isThere = await access(beside).then(
    () => true,
    () => false,
  );
  return isThere ? beside : path;
}

/** Of the id, in the name of a file. */
const ID_CHARACTERS = 16;
