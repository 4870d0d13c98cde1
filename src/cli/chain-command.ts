/** `cairn chain`: a node's whole chain as a JSON array, in constant memory. */
import { readChainArray } from './chain-source.ts';
import type { CommandContext } from './command-context.ts';
import { EXIT_CODES, type ExitCode } from './command-error.ts';

/** Prints the answer to the founding specification's `GET CHAIN` as it arrives: it is JSON already. */
export async function runChain(context: CommandContext, port: number): Promise<ExitCode> {
  const { terminal } = context;
  for await (const bytes of readChainArray(context, port)) {
    // The channel uses its bytes again, and a slow pipe keeps them a while.
    if (!(await terminal.write(Uint8Array.from(bytes)))) return EXIT_CODES.done;
  }
  await terminal.write('\n');
  return EXIT_CODES.done;
}
