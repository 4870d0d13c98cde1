/** `cairn import`: offers a node a chain from a file or a pipe, of any length, in constant memory. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { NodeStatus, Offer } from '../api/shapes.ts';
import { ARCHIVE_START } from '../core/archive.ts';
import { counted } from '../core/check-step.ts';
import type { Hash } from '../core/hash.ts';
import { type JsonText, jsonArray, jsonObject, jsonValue } from '../core/json-text.ts';
import type { ProbeClient } from '../probe/probe-client.ts';
import { beginsArchive, describeArchiveReadFault, readArchive } from './archive-reader.ts';
import { PART_BYTES, readBlockParts } from './block-parts.ts';
import { type CommandContext, parseAnswer, withNode } from './command-context.ts';
import { CommandError, EXIT_CODES, type ExitCode, fileUnreadable } from './command-error.ts';
import { peekInput } from './peeked-input.ts';
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
  const { first, chunks } = await peekInput(input.chunks, ARCHIVE_START.length);
  const whole = { ...input, chunks };
  const offer = await withNode(context, port, (client) =>
    beginsArchive(first) ? offerArchive(context, client, whole) : offerChain(context, client, whole),
  );
  const { verdict, fault } = offer;
  if (flags.json === true) {
    await terminal.print(JSON.stringify(offer));
  } else {
    await terminal.print(verdict === 'accepted' ? 'BLOCKCHAIN ACCEPTED' : 'BLOCKCHAIN REJECTED');
    if (fault === null)
      terminal.talk(
        `Node ${port} follows the chain, with ${counted(offer.blocks ?? 0, 'block', 'blocks')} of the file.`,
      );
    else terminal.talk(`At height ${formatCount(fault.height)}: ${fault.message} (${fault.code})`);
    if (fault?.code === 'parent-unknown') terminal.talk(describeGap(fault.height));
  }
  return verdict === 'accepted' ? EXIT_CODES.done : EXIT_CODES.refused;
}

function describeGap(height: number): string {
  return `Import what comes before it first: the blocks up to height ${formatCount(height - 1)}, of the same chain.`;
}

interface Input {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Undefined of a pipe. */
  readonly sizeBytes: number | undefined;
}

async function openInput({ terminal }: CommandContext, file: string): Promise<Input> {
  if (file === '-') return { chunks: terminal.stdin, sizeBytes: undefined };
  const facts = await stat(file).catch((cause: unknown) => {
    throw fileUnreadable(file, cause);
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
    const offer = await offerPart(client, blocks);
    if (offer.verdict !== null) return offer;
    progress.show(readBytes, input.sizeBytes);
  }
  return endOffer(client);
}

/** The same of an archive. The node is asked for its verdict when all of it is proven, and takes nothing over before. */
async function offerArchive(context: CommandContext, client: ProbeClient, input: Input): Promise<Offer> {
  const { network } = parseAnswer<NodeStatus>(await client.call('status'));
  const progress = new ProgressLine(context.terminal, { label: 'importing', unit: 'bytes' });
  let verdict: Offer | undefined;
  const read = await readArchive(input.chunks, network.genesis as Hash, {
    onBlocks: async (blocks, readBytes) => {
      if (verdict !== undefined) return;
      for (const part of partsOf(blocks)) {
        const offer = await offerPart(client, part);
        if (offer.verdict === null) continue;
        verdict = offer;
        return;
      }
      progress.show(readBytes, input.sizeBytes);
    },
  });
  if (verdict !== undefined) return verdict;
  if (read.ok) return endOffer(client);
  const { fault } = read;
  const reason =
    fault.code === 'archive-network-other'
      ? `It is of the network "${fault.network}" with the genesis ${fault.genesis}, and the node is of "${network.name}" with the genesis ${network.genesis}.`
      : describeArchiveReadFault(fault);
  throw new CommandError(EXIT_CODES.refused, fault.code, `Nothing was taken over. ${reason}`);
}

/** As much as one message holds. */
function* partsOf(blocks: readonly string[]): Generator<readonly string[], void, undefined> {
  let part: string[] = [];
  let sizeBytes = 0;
  for (const block of blocks) {
    part.push(block);
    sizeBytes += Buffer.byteLength(block);
    if (sizeBytes < PART_BYTES) continue;
    yield part;
    part = [];
    sizeBytes = 0;
  }
  if (part.length > 0) yield part;
}

async function offerPart(client: ProbeClient, blocks: readonly string[]): Promise<Offer> {
  const part = jsonObject({ blocks: jsonArray(blocks as readonly JsonText[]) });
  return parseAnswer<Offer>(await client.call('offer', part, UNHURRIED));
}

async function endOffer(client: ProbeClient): Promise<Offer> {
  return parseAnswer<Offer>(await client.call('offer', jsonValue({ last: true }), UNHURRIED));
}

/** To take over a long chain takes as long as it takes. */
const UNHURRIED = { timeoutMs: Number.POSITIVE_INFINITY };
const READ_BYTES = 262_144;
