/** A node's chain as it comes over the probe socket: as one JSON array, or block by block in parts of any number. */
import { type JsonText, jsonValue, readMembers } from '../core/json-text.ts';
import { openChannel } from '../probe/client-channel.ts';
import type { ProbeClient } from '../probe/probe-client.ts';
import { parseReply } from '../probe/rpc-message.ts';
import { type CommandContext, findNode, parseAnswer } from './command-context.ts';
import { CommandError, EXIT_CODES } from './command-error.ts';

/** The answer to `GET CHAIN`, which is JSON already. Each chunk is good until the next one. */
export async function* readChainArray(
  context: CommandContext,
  port: number,
  onSize: (sizeBytes: number) => void = () => undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const channel = await openChannel(await findNode(context, port), { silenceMaxMs: SILENCE_MAX_MS });
  try {
    void channel.send('GET CHAIN');
    const sizeBytes = await channel.nextMessage();
    const first = await channel.nextBytes();
    if (first?.[0] !== ARRAY_OPEN) throw noChain(port, await channel.readText(first));
    onSize(sizeBytes);
    for (let bytes: Uint8Array | undefined = first; bytes !== undefined; bytes = await channel.nextBytes()) yield bytes;
  } finally {
    channel.close();
  }
}

/** Some blocks that follow each other, as the node writes them, and where they begin. */
export interface ChainPart {
  readonly from: number;
  readonly blocks: readonly JsonText[];
}

/**
 * The blocks of the heights `from` to `to` in parts, each one the child of the one before. Throws a `CommandError` where a
 * reorganisation comes between: what was read so far is no longer the node's chain.
 */
export async function* readChainParts(
  client: ProbeClient,
  range: { readonly from: number; readonly to: number },
): AsyncGenerator<ChainPart, void, undefined> {
  const ask = (from: number): Promise<JsonText> => {
    const answer = client.call('chain', jsonValue({ from, limit: range.to + 1 - from }), { timeoutMs: SILENCE_MAX_MS });
    // It is asked ahead: whoever waits for it hears that it failed, and where nobody does that is no matter.
    answer.catch(() => undefined);
    return answer;
  };
  let last: string | undefined;
  let from = range.from;
  for (let asked: Promise<JsonText> | undefined = ask(from); asked !== undefined; ) {
    const members = readMembers(await asked, { levelsNoted: 1 });
    const elements = members.ok ? members.value.elementsOf('chain') : undefined;
    const blocks = elements?.ok === true ? elements.value : [];
    const [first] = blocks;
    if (first === undefined) throw chainChanged(from);
    if (last !== undefined && memberOf(first, 'prev_hash') !== last) throw chainChanged(from);
    const next = from + blocks.length;
    asked = next <= range.to ? ask(next) : undefined;
    yield { from, blocks };
    from = next;
    last = memberOf(blocks.at(-1) ?? first, 'hash');
  }
}

function memberOf(block: JsonText, name: string): string | undefined {
  const members = readMembers(block);
  const text = members.ok ? members.value.get(name) : undefined;
  return text === undefined ? undefined : parseAnswer<string>(text);
}

/** A reorganisation came between. */
export function chainChanged(height: number): CommandError {
  const message =
    `The node has left the chain that was being read, below height ${height}: a longer branch has taken its place. ` +
    'Do it again.';
  return new CommandError(EXIT_CODES.refused, 'chain-changed', message);
}

function noChain(port: number, text: string): CommandError {
  const reply = parseReply(text);
  if (reply?.type === 'error' && reply.error.data.code === 'frame-too-large') {
    const message = `${reply.error.message} Export it block by block: cairn export ${port} chain.ndjson`;
    return new CommandError(EXIT_CODES.refused, 'frame-too-large', message);
  }
  const message = `Node ${port} does not answer with its chain, but says: ${text}`;
  return new CommandError(EXIT_CODES.unreachable, 'probe-protocol', message);
}

const SILENCE_MAX_MS = 30_000;
const ARRAY_OPEN = 0x5b;
