/** Whether a port can be listened at. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { CommandError, codeOf, EXIT_CODES } from './command-error.ts';

/** Throws a `CommandError` where something listens at `port`. `remedy` says what to do besides stopping it. */
export async function demandFreePort(host: string, port: number, remedy: string): Promise<void> {
  const server = createServer();
  try {
    server.listen({ host, port });
    await once(server, 'listening');
  } catch (cause) {
    if (codeOf(cause) !== 'EADDRINUSE') {
      const message = `Port ${port} cannot be listened at on ${host}: the system refuses it; ${remedy}.`;
      throw new CommandError(EXIT_CODES.configuration, 'listen-failed', message, cause);
    }
    const message = `Port ${port} is in use: another program listens on ${host}:${port}; stop it, or ${remedy}.`;
    throw new CommandError(EXIT_CODES.refused, 'port-in-use', message, cause);
  }
  server.close();
  await once(server, 'close');
}
