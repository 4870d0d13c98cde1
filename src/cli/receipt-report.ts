/** What `cairn verify` says of a receipt, and of the file that lies beside it. */
import { formatIsoTime } from '../api/iso-time.ts';
import { counted, groupDigits } from '../core/check-step.ts';
import { type FileEntry, parseFileEntry } from '../core/file-entry.ts';
import type { Hash } from '../core/hash.ts';
import type { ReceiptFault } from '../core/receipt.ts';
import { describeReceiptFault, receiptSteps } from '../core/receipt-account.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { Authorship } from '../core/signed-entry.ts';
import { formatTimestamp } from '../core/timestamp.ts';
import type { FileDigest } from './file-digest.ts';
import { type HeldReceipt, readReceipt } from './receipt-maker.ts';
import { formatBytes, formatCount } from './table.ts';
import type { Terminal } from './terminal.ts';
import { describeOtherNetwork, type Proof, type ReportOptions, tellProof, tellRefusal } from './verdict-report.ts';

/** What a receipt is judged by. */
export interface ReceiptQuestion {
  /** Of the network that the reader has in mind. */
  readonly genesis: Hash;
  /** The file that it is to be of; undefined where the receipt alone is judged. */
  readonly file: FileDigest | undefined;
}

/** What can be wrong with a receipt that somebody has in hand. */
export type ReceiptRefusal =
  | ReceiptFault
  /** It is of another network than the reader has in mind, however valid. */
  | { readonly code: 'receipt-network-other'; readonly network: string; readonly genesis: Hash }
  /** Its entry is about no file. */
  | { readonly code: 'receipt-of-no-file' }
  /** The file has another content than the one that was recorded. */
  | { readonly code: 'receipt-file-other'; readonly recorded: FileEntry; readonly file: FileDigest };

/** The receipt that `content` is, if it proves what is asked. */
export function judgeReceipt(content: Uint8Array, question: ReceiptQuestion): Result<HeldReceipt, ReceiptRefusal> {
  const held = readReceipt(content);
  if (!held.ok) return held;
  const { genesis, network } = held.value.verified;
  if (genesis !== question.genesis) return fail({ code: 'receipt-network-other', network, genesis });
  const { file } = question;
  if (file === undefined) return held;
  const recorded = parseFileEntry(held.value.receipt.entry);
  if (recorded === undefined) return fail({ code: 'receipt-of-no-file' });
  const isSame = recorded.sha256 === file.sha256 && recorded.sizeBytes === file.sizeBytes;
  return isSame ? ok(held.value) : fail({ code: 'receipt-file-other', recorded, file });
}

/** Whether it is of files that are no receipts at all: the others were changed, or are of another network. */
export function isNoReceipt({ code }: ReceiptRefusal): boolean {
  return NO_RECEIPT.has(code);
}

/** Prints the verdict. */
export async function tellReceipt(
  terminal: Terminal,
  outcome: Result<HeldReceipt, ReceiptRefusal>,
  options: ReportOptions,
): Promise<void> {
  if (outcome.ok) return tellProof(terminal, proofOf(outcome.value), options);
  const { code } = outcome.fault;
  await tellRefusal(terminal, { kind: 'receipt', code, message: describeRefusal(outcome.fault) }, options);
}

function proofOf({ receipt, verified }: HeldReceipt): Proof {
  const { network, genesis, id, block, tip, index, count, depth, workOnTop, authors } = verified;
  const { height, timestamp } = block.header;
  const recorded = parseFileEntry(receipt.entry);
  return {
    kind: 'receipt',
    verdict: 'on record',
    rows: [
      ...(recorded === undefined ? entryRows(receipt.entry) : fileRows(recorded)),
      ['id', id],
      ...authors.map((authorship) => ['signed', textOfAuthor(authorship)] as const),
      ['block', `${formatCount(height)} of ${formatTimestamp(timestamp)} UTC`],
      ['place', `entry ${formatCount(index + 1)} of ${formatCount(count)}`],
      ['on top', `${counted(depth, 'block', 'blocks')}, ${groupDigits(workOnTop)} hash tries expected`],
      ['network', `${network}, genesis ${genesis}`],
    ],
    facts: {
      network,
      genesis,
      id,
      height,
      hash: block.hash,
      index,
      time: formatIsoTime(timestamp),
      depth,
      work_on_top: workOnTop.toString(),
      tip: { height: tip.header.height, hash: tip.hash },
      authors: authors.map(jsonOfAuthor),
      ...(recorded !== undefined && { sha256: recorded.sha256, size: recorded.sizeBytes }),
    },
    steps: receiptSteps(receipt, verified),
  };
}

function entryRows(entry: Uint8Array): Proof['rows'] {
  return [['entry', shortened(Buffer.from(entry).toString('utf8'))]];
}

function fileRows({ name, sha256, sizeBytes }: FileEntry): Proof['rows'] {
  const shown = name === undefined ? 'a file without a name' : shortened(name);
  return [
    ['file', `${shown}, ${formatBytes(sizeBytes)}`],
    ['sha256', sha256],
  ];
}

function jsonOfAuthor({ author, sequence, previous, created }: Authorship) {
  return { author, sequence, previous, created };
}

function textOfAuthor({ author, sequence, created }: Authorship): string {
  const place = `by ${author}, number ${formatCount(sequence)} of this author, counted from 0`;
  return created === undefined ? place : `${place}, at ${created} by their own clock`;
}

function describeRefusal(fault: ReceiptRefusal): string {
  switch (fault.code) {
    case 'receipt-network-other':
      return describeOtherNetwork(fault);
    case 'receipt-of-no-file':
      return 'The receipt beside it is of an entry that is about no file: check it by its own name.';
    case 'receipt-file-other':
      return (
        `The file is not the one that was recorded, or was changed since: it has ${fault.file.sizeBytes} bytes with the SHA-256 ${fault.file.sha256}, ` +
        `and recorded were ${fault.recorded.sizeBytes} bytes with ${fault.recorded.sha256}.`
      );
    default:
      return describeReceiptFault(fault);
  }
}

/** An entry on one line: marks that could turn or hide what follows are shown as escapes. */
function shortened(text: string): string {
  const visible = text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return visible.length <= ENTRY_CHARACTERS ? visible : `${visible.slice(0, ENTRY_CHARACTERS)}…`;
}

const NO_RECEIPT: ReadonlySet<string> = new Set([
  'receipt-too-large',
  'receipt-not-utf8',
  'receipt-not-json',
  'receipt-member-invalid',
]);
const ENTRY_CHARACTERS = 200;
