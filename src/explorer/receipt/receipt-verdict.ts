/** What the page says of a file that was dropped on it. */
import type { CheckStep } from '../../core/check-step.ts';
import { type FileEntry, parseFileEntry } from '../../core/file-entry.ts';
import { createGenesis } from '../../core/genesis.ts';
import { DEFAULT_PARAMS } from '../../core/params.ts';
import { parseReceipt, verifyReceipt } from '../../core/receipt.ts';
import { describeReceiptFault, receiptSteps } from '../../core/receipt-account.ts';
import { formatTimestamp } from '../../core/timestamp.ts';

export type ReceiptVerdict =
  | {
      readonly outcome: 'proven';
      /** The canonical bytes of the entry, as text. */
      readonly entry: string;
      readonly network: string;
      readonly genesis: string;
      /** Whether that is the genesis of the default network, which this page knows by itself. */
      readonly isKnownNetwork: boolean;
      readonly height: number;
      readonly time: string;
      readonly depth: number;
      /** The dids of those who have signed the entry. */
      readonly authors: readonly string[];
      /** The file that the entry is about, if it is about one. */
      readonly recorded: FileEntry | undefined;
      readonly steps: readonly CheckStep[];
    }
  | { readonly outcome: 'refused'; readonly code: string; readonly text: string };

export function judgeReceipt(bytes: Uint8Array): ReceiptVerdict {
  const receipt = parseReceipt(bytes);
  const verified = receipt.ok ? verifyReceipt(receipt.value) : receipt;
  if (!receipt.ok) return refused(receipt.fault);
  if (!verified.ok) return refused(verified.fault);
  const { network, genesis, block, depth, authors } = verified.value;
  return {
    outcome: 'proven',
    entry: new TextDecoder().decode(receipt.value.entry),
    network,
    genesis,
    isKnownNetwork: genesis === createGenesis(DEFAULT_PARAMS).hash,
    height: block.header.height,
    time: `${formatTimestamp(block.header.timestamp)} UTC`,
    depth,
    authors: authors.map(({ author }) => author),
    recorded: parseFileEntry(receipt.value.entry),
    steps: receiptSteps(receipt.value, verified.value),
  };
}

function refused(fault: Parameters<typeof describeReceiptFault>[0]): ReceiptVerdict {
  return { outcome: 'refused', code: fault.code, text: describeReceiptFault(fault) };
}
