/** Receipts as files, for programs: what they prove, by themselves (docs/spec/receipt.md). */
import { encodeUtf8 } from '#host';
import { formatIsoTime } from '../api/iso-time.ts';
import type { CheckStep } from '../core/check-step.ts';
import { parseHash } from '../core/hash.ts';
import { parseReceipt, type ReceiptFault, verifyReceipt } from '../core/receipt.ts';
import { describeReceiptFault, receiptSteps } from '../core/receipt-account.ts';
import { authorsOf } from '../core/signed-entry.ts';
import type { Place } from './entry-checker.ts';
import { LedgerError } from './ledger-error.ts';
import { type RecordAuthor, recordAuthor } from './ledger-record.ts';

/** What a receipt proves. */
export interface ProvenReceipt extends Place {
  /** The network's name, which anybody can give to another, and its genesis, which is its own. */
  readonly network: string;
  readonly genesis: string;
  readonly id: string;
  /** Of the entry's block: ISO 8601, UTC. */
  readonly time: string;
  readonly authors: readonly RecordAuthor[];
  readonly data: unknown;
  /** How many blocks were on top of the entry's when the receipt was made, and the hash tries that they took. */
  readonly depth: number;
  readonly workOnTop: bigint;
  /** What was checked, in order, for people. */
  readonly steps: readonly CheckStep[];
}

/**
 * What the receipt in `file`, its text or bytes, proves: without a network, and whoever it came from. Throws where it proves nothing,
 * and `receipt-network-other` where it is of another network than the one whose genesis you give. Without that anybody may have made a
 * chain for it, at small cost: compare `genesis` then with what you know.
 */
export function checkReceipt(
  file: string | Uint8Array,
  options: { readonly genesis?: string | undefined } = {},
): ProvenReceipt {
  const receipt = parseReceipt(typeof file === 'string' ? encodeUtf8(file) : file);
  if (!receipt.ok) throw receiptError(receipt.fault);
  const verified = verifyReceipt(receipt.value);
  if (!verified.ok) throw receiptError(verified.fault);
  const { network, genesis, id, index, block, depth, workOnTop } = verified.value;
  if (options.genesis !== undefined && parseHash(options.genesis) !== genesis) {
    const message = `The receipt is of another network, "${network}" with the genesis ${genesis}.`;
    throw new LedgerError('receipt-network-other', message, { facts: { network, genesis } });
  }
  const { entry } = receipt.value;
  return {
    network,
    genesis,
    id,
    height: block.header.height,
    hash: block.hash,
    index,
    time: formatIsoTime(block.header.timestamp),
    authors: authorsOf(entry).map(recordAuthor),
    data: JSON.parse(new TextDecoder().decode(entry)),
    depth,
    workOnTop,
    steps: receiptSteps(receipt.value, verified.value),
  };
}

function receiptError(fault: ReceiptFault): LedgerError {
  const { code, ...facts } = fault;
  return new LedgerError(code, describeReceiptFault(fault), { facts });
}
