/** `cairn import`: offers a node a chain from a file or a pipe, of any length, in constant memory. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Offer } from '../api/shapes.ts';
import { type JsonText, jsonArray, jsonObject, jsonValue } from '../core/json-text.ts';
import type { ProbeClient } from '../probe/probe-client.ts';
import { readBlockParts } from './block-parts.ts';
import { type CommandContext, parseAnswer, withNode } from './command-context.ts';
import { CommandError, EXIT_CODES, type ExitCode } from './command-error.ts';
import { ProgressLine } from './progress.ts';
import { formatCount } from './table.ts';

/** Answers in the founding specification's words, and says why where it is no. */
export async function runImport(
  context: CommandContext,
  port: number,
  file: string,
  flags: { readonly json?: boolean },
): Promise<ExitCode> {
  const { terminal } = context;
  const input = await openInput(context, file);
  const offer = await withNode(context, port, (client) => offerChain(context, client, input));
  const { verdict, blocks, fault } = offer;
  if (flags.json === true) {
    await terminal.print(JSON.stringify(offer));
  } else {
    await terminal.print(verdict === 'accepted' ? 'BLOCKCHAIN ACCEPTED' : 'BLOCKCHAIN REJECTED');
    if (fault === null) terminal.talk(`Node ${port} follows the chain of ${formatCount(blocks ?? 0)} blocks.`);
    else terminal.talk(`At height ${formatCount(fault.height)}: ${fault.message} (${fault.code})`);
  }
  return verdict === 'accepted' ? EXIT_CODES.done : EXIT_CODES.refused;
}

interface Input {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Undefined of a pipe. */
  readonly sizeBytes: number | undefined;
}

async function openInput({ terminal }: CommandContext, file: string): Promise<Input> {
  if (file === '-') return { chunks: terminal.stdin, sizeBytes: undefined };
  const facts = await stat(file).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(EXIT_CODES.usage, 'file-unreadable', `${file}: it cannot be read (${reason}).`, cause);
  });
  if (facts.isDirectory()) {
    const message = `${file}: this is a folder; name a file with a chain, or - for stdin.`;
    throw new CommandError(EXIT_CODES.usage, 'file-unreadable', message);
  }
  return { chunks: createReadStream(file, { highWaterMark: READ_BYTES }), sizeBytes: facts.size };
}

/** Sends part after part, each when the node has judged the one before, until there is a verdict. */
async function offerChain({ terminal }: CommandContext, client: ProbeClient, input: Input): Promise<Offer> {
  const progress = new ProgressLine(terminal, { label: 'importing', unit: 'bytes' });
  for await (const { blocks, readBytes } of readBlockParts(input.chunks)) {
    const part = jsonObject({ blocks: jsonArray(blocks as readonly JsonText[]) });
    const offer = parseAnswer<Offer>(await client.call('offer', part, UNHURRIED));
    if (offer.verdict !== null) return offer;
    progress.show(readBytes, input.sizeBytes);
  }
  return parseAnswer<Offer>(await client.call('offer', jsonValue({ last: true }), UNHURRIED));
}

/** To take over a long chain takes as long as it takes. */
const UNHURRIED = { timeoutMs: Number.POSITIVE_INFINITY };
const READ_BYTES = 262_144;
