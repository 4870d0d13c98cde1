/** `cairn verify`: checks receipts by themselves, with no node, no network and nobody to be believed. */
import { open } from 'node:fs/promises';
import { type CheckStep, groupDigits } from '../core/check-step.ts';
import { type Hash, parseHash } from '../core/hash.ts';
import {
  parseReceipt,
  RECEIPT_BYTES_MAX,
  type ReceiptFault,
  type VerifiedReceipt,
  verifyReceipt,
} from '../core/receipt.ts';
import { describeReceiptFault, receiptSteps } from '../core/receipt-account.ts';
import type { Result } from '../core/result.ts';
import { formatTimestamp } from '../core/timestamp.ts';
import { createGenesis } from '../core/validation.ts';
import type { CommandContext } from './command-context.ts';
import { CommandError, EXIT_CODES, type ExitCode } from './command-error.ts';
import { loadNetworkParams } from './network-file.ts';
import { formatCount } from './table.ts';
import type { Terminal } from './terminal.ts';

export interface VerifyFlags {
  readonly network?: string;
  readonly genesis?: string;
  readonly steps?: boolean;
  readonly json?: boolean;
}

/** Exits with 1 where one of the files is no receipt that holds, of the network that is asked for. */
export async function runVerify(
  context: CommandContext,
  files: readonly string[],
  flags: VerifyFlags,
): Promise<ExitCode> {
  const genesis = await expectedGenesis(context, flags);
  let exitCode: ExitCode = EXIT_CODES.done;
  for (const file of files) {
    const outcome = judge(await readBounded(context.terminal, file), genesis);
    if (!outcome.ok) exitCode = EXIT_CODES.refused;
    await tell(context.terminal, file, outcome, flags);
  }
  return exitCode;
}

interface Judged {
  readonly verified: VerifiedReceipt;
  readonly entry: Uint8Array;
  readonly steps: readonly CheckStep[];
}

type NetworkFault = { readonly code: 'receipt-network-other'; readonly network: string; readonly genesis: Hash };

function judge(bytes: Uint8Array, genesis: Hash): Result<Judged, ReceiptFault | NetworkFault> {
  const receipt = parseReceipt(bytes);
  if (!receipt.ok) return receipt;
  const { params, entry } = receipt.value;
  const itsGenesis = createGenesis(params).hash;
  if (itsGenesis !== genesis) {
    return { ok: false, fault: { code: 'receipt-network-other', network: params.name, genesis: itsGenesis } };
  }
  const verified = verifyReceipt(receipt.value);
  if (!verified.ok) return verified;
  return { ok: true, value: { verified: verified.value, entry, steps: receiptSteps(receipt.value, verified.value) } };
}

/** A chain can be begun by anybody, under any name: a receipt counts only for the network that the reader has in mind. */
async function expectedGenesis({ settings }: CommandContext, { genesis, network }: VerifyFlags): Promise<Hash> {
  if (genesis === undefined) return createGenesis(await loadNetworkParams(network ?? settings.network)).hash;
  const hash = parseHash(genesis);
  if (hash !== undefined) return hash;
  const message = `--genesis must be 64 lower-case hex digits, as \`cairn status\` prints them, and not ${JSON.stringify(genesis)}.`;
  throw new CommandError(EXIT_CODES.usage, 'genesis-invalid', message);
}

async function tell(
  terminal: Terminal,
  file: string,
  outcome: Result<Judged, ReceiptFault | NetworkFault>,
  flags: VerifyFlags,
): Promise<void> {
  if (!outcome.ok) {
    const { fault } = outcome;
    const message = fault.code === 'receipt-network-other' ? describeOther(fault) : describeReceiptFault(fault);
    if (flags.json === true) await terminal.print(JSON.stringify({ file, valid: false, code: fault.code, message }));
    else await terminal.print(`${file}: ${terminal.style('red', 'not proven')}. ${message} (${fault.code})`);
    return;
  }
  const { verified, entry, steps } = outcome.value;
  const { block, tip, depth, network, id, index, count } = verified;
  if (flags.json === true) {
    const place = { height: block.header.height, hash: block.hash, index, time: block.header.timestamp, depth };
    const work = { work_on_top: verified.workOnTop.toString(), tip: { height: tip.header.height, hash: tip.hash } };
    await terminal.print(
      JSON.stringify({ file, valid: true, network, genesis: verified.genesis, id, ...place, ...work, steps }),
    );
    return;
  }
  await terminal.print(`${file}: ${terminal.style('green', 'on record')}.`);
  const rows = [
    ['entry', shortened(Buffer.from(entry).toString('utf8'))],
    ['id', id],
    ['block', `${formatCount(block.header.height)} of ${formatTimestamp(block.header.timestamp)} UTC`],
    ['place', `entry ${formatCount(index + 1)} of ${formatCount(count)}`],
    ['on top', `${formatCount(depth)} blocks, ${groupDigits(verified.workOnTop)} hash tries expected`],
    ['network', `${network}, genesis ${verified.genesis}`],
  ];
  for (const [name = '', value = ''] of rows) await terminal.print(`  ${name.padEnd(8)} ${value}`);
  if (flags.steps === true) for (const line of steps.flatMap(stepLines)) await terminal.print(line);
}

function stepLines({ title, text, facts }: CheckStep): string[] {
  const widest = Math.max(...facts.map(({ name }) => name.length));
  return ['', `  ${title}: ${text}`, ...facts.map(({ name, value }) => `    ${name.padEnd(widest)}  ${value}`)];
}

function describeOther({ network, genesis }: NetworkFault): string {
  return (
    `It is of another network, "${network}" with the genesis ${genesis}. Compare that with what the people of that network ` +
    `publish; where it is the one you mean, say so: --genesis ${genesis}.`
  );
}

/** An entry on one line: marks that could turn or hide what follows are shown as escapes. */
function shortened(text: string): string {
  const visible = text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return visible.length <= ENTRY_CHARACTERS ? visible : `${visible.slice(0, ENTRY_CHARACTERS)}…`;
}

/** `-` is stdin. No more is read than a receipt may have. */
async function readBounded(terminal: Terminal, file: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    const source = file === '-' ? terminal.stdin : (await open(file)).createReadStream({ end: RECEIPT_BYTES_MAX });
    for await (const chunk of source) {
      chunks.push(chunk);
      sizeBytes += chunk.length;
      if (sizeBytes > RECEIPT_BYTES_MAX) break;
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(EXIT_CODES.usage, 'file-unreadable', `${file}: it cannot be read (${reason}).`, cause);
  }
  return Buffer.concat(chunks);
}

const ENTRY_CHARACTERS = 200;
