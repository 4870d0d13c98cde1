/** `cairn receipt`: has a node make a receipt of an entry, which `cairn verify` checks without asking anybody. */

import { jsonValue } from '../core/json-text.ts';
import { parseReceipt, verifyReceipt } from '../core/receipt.ts';
import { describeReceiptFault } from '../core/receipt-account.ts';
import { type CommandContext, withNode } from './command-context.ts';
import { CommandError, EXIT_CODES, type ExitCode } from './command-error.ts';
import { openSink } from './file-sink.ts';
import { formatBytes, formatCount } from './table.ts';

/** Checks what the node gave before it is written: a receipt that does not hold is no receipt. */
export async function runReceipt(
  context: CommandContext,
  port: number,
  id: string,
  options: { readonly file: string | undefined; readonly json?: boolean },
): Promise<ExitCode> {
  const { terminal } = context;
  const text = await withNode(context, port, (client) => client.call('receipt', jsonValue({ id })));
  const bytes = Buffer.from(`${text}\n`);
  const receipt = parseReceipt(bytes);
  const verified = receipt.ok ? verifyReceipt(receipt.value) : receipt;
  if (!verified.ok) {
    const message = `The node at port ${port} gave a receipt that proves nothing. ${describeReceiptFault(verified.fault)}`;
    throw new CommandError(EXIT_CODES.refused, verified.fault.code, message);
  }
  if (verified.value.id !== id) {
    const message = `The node at port ${port} gave a receipt of another entry, ${verified.value.id}. Nothing was written.`;
    throw new CommandError(EXIT_CODES.refused, 'receipt-entry-other', message);
  }
  const file = options.file ?? `${id.slice(0, ID_CHARACTERS)}.receipt.json`;
  const sink = await openSink(terminal, file);
  await sink.write(bytes);
  await sink.finish();
  if (file === '-') return EXIT_CODES.done;
  const { block, depth } = verified.value;
  if (options.json === true) {
    await terminal.print(
      JSON.stringify({ file, bytes: bytes.length, id, height: block.header.height, hash: block.hash, depth }),
    );
  } else {
    const place = `entry of block ${formatCount(block.header.height)}, ${formatCount(depth)} blocks on top`;
    await terminal.print(`${file}: ${place}, ${formatBytes(bytes.length)}`);
  }
  return EXIT_CODES.done;
}

/** Of the id, in the name of a file. */
const ID_CHARACTERS = 16;
