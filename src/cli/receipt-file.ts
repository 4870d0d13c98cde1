/** Receipts as files: where they lie, how they are read and replaced. */
import { open } from 'node:fs/promises';
import { RECEIPT_BYTES_MAX } from '../core/receipt.ts';
import { codeOf, fileUnreadable } from './command-error.ts';
import type { Terminal } from './terminal.ts';

/** Where the receipt of a file lies: beside it. */
export function receiptPathOf(file: string): string {
  return `${file}${RECEIPT_SUFFIX}`;
}

/** Whether a file of this name is a receipt, and not what one is about. */
export function isReceiptPath(path: string): boolean {
  return path.endsWith(RECEIPT_SUFFIX);
}

/** `-` is stdin. No more is read than a receipt may have, and one byte. Throws a `CommandError`. */
export async function readReceiptFile(terminal: Terminal, path: string): Promise<Uint8Array> {
  const content = await readIfThere(terminal, path);
  if (content !== undefined) return content;
  throw fileUnreadable(path, undefined);
}

/** The same; undefined where there is no such file. */
export async function readIfThere(terminal: Terminal, path: string): Promise<Uint8Array | undefined> {
  try {
    return await readReceiptBytes(path === '-' ? terminal.stdin : (await open(path)).createReadStream());
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw fileUnreadable(path, cause);
  }
}

/** No more of `source` than a receipt may have, and as much as shows that there is more. */
export async function readReceiptBytes(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of source) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes > RECEIPT_BYTES_MAX) break;
  }
  return Buffer.concat(chunks);
}

const RECEIPT_SUFFIX = '.receipt.json';
