/** `cairn chain`: a node's whole chain as a JSON array, in constant memory. */
import { openChannel } from '../probe/client-channel.ts';
import { type CommandContext, findNode } from './command-context.ts';
import { CommandError, EXIT_CODES, type ExitCode } from './command-error.ts';

/** Prints the answer to the founding specification's `GET CHAIN` as it arrives: it is JSON already. */
export async function runChain(context: CommandContext, port: number): Promise<ExitCode> {
  const { terminal } = context;
  const channel = await openChannel(await findNode(context, port), { silenceMaxMs: SILENCE_MAX_MS });
  try {
    void channel.send('GET CHAIN');
    await channel.nextMessage();
    const first = await channel.nextBytes();
    if (first?.[0] !== ARRAY_OPEN) {
      const text = await channel.readText(first);
      const message = `Node ${port} does not answer with its chain, but says: ${text}`;
      throw new CommandError(EXIT_CODES.unreachable, 'probe-protocol', message);
    }
    for (let bytes: Uint8Array | undefined = first; bytes !== undefined; bytes = await channel.nextBytes()) {
      // The channel uses its bytes again, and a slow pipe keeps them a while.
      if (!(await terminal.write(Uint8Array.from(bytes)))) return EXIT_CODES.done;
    }
    await terminal.write('\n');
    return EXIT_CODES.done;
  } finally {
    channel.close();
  }
}

const SILENCE_MAX_MS = 30_000;
const ARRAY_OPEN = 0x5b;
