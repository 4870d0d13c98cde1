/** `cairn gateway`: runs the HTTP interface in this process until it is asked to stop. */
import { readFile } from 'node:fs/promises';
import { createGateway, type Gateway } from '../gateway/gateway.ts';
import type { CommandContext } from './command-context.ts';
import { CommandError, codeOf, describeReadFailure, EXIT_CODES, type ExitCode } from './command-error.ts';
import { startLog } from './log.ts';
import { onStopAsked, STOP_DEADLINE_MS, withinDeadline } from './orderly-stop.ts';
import type { LogLevel } from './value-kind.ts';

export interface GatewayFlags {
  readonly port?: number;
  readonly host?: string;
  readonly tokenFile?: string;
  readonly log?: LogLevel;
  readonly json?: boolean;
}

export async function runGateway(context: CommandContext, flags: GatewayFlags): Promise<ExitCode> {
  const { terminal, home, settings } = context;
  const host = flags.host ?? settings.gatewayHost ?? '127.0.0.1';
  const token = await readToken(flags.tokenFile ?? settings.tokenFile);
  const { promise: stopAsked, resolve: askToStop } = Promise.withResolvers<void>();
  onStopAsked(() => askToStop());
  const gateway = await createGateway({
    home,
    host,
    port: flags.port ?? settings.gatewayPort ?? GATEWAY_PORT,
    configuredNodes: settings.nodes,
    allowedHosts: settings.allowedHosts,
    ...(token === undefined ? {} : { token }),
    // At "info" there are two lines for every request.
    logger: startLog(context, { flag: flags.log, otherwise: 'warn' }),
  });
  await listen(gateway, host);
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${gateway.port}`;
  if (flags.json === true) {
    await terminal.print(JSON.stringify({ url, host, port: gateway.port, pid: process.pid }));
  } else {
    terminal.talk(`The gateway listens at ${url}; its routes are at ${url}/docs. Stop it with Ctrl-C.`);
  }
  await stopAsked;
  if (!(await withinDeadline(gateway.close(), STOP_DEADLINE_MS))) {
    const message = `The gateway was not closed within ${STOP_DEADLINE_MS} ms and is ended as it is.`;
    throw new CommandError(EXIT_CODES.failed, 'stop-deadline', message);
  }
  return EXIT_CODES.done;
}

/** Unless a flag, the environment or the file says another. */
export const GATEWAY_PORT = 8_080;

async function listen(gateway: Gateway, host: string): Promise<void> {
  try {
    await gateway.listen();
  } catch (cause) {
    const isInUse = codeOf(cause) === 'EADDRINUSE';
    const remedy = isInUse
      ? 'another program listens there; stop it, or choose another port with --port'
      : 'the system refused it; check --host and --port';
    throw new CommandError(
      isInUse ? EXIT_CODES.refused : EXIT_CODES.configuration,
      isInUse ? 'port-in-use' : 'listen-failed',
      `The gateway cannot listen on ${host}:${gateway.port}: ${remedy}.`,
      cause,
    );
  }
}

async function readToken(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    const message = `${path}: the token file cannot be read: ${describeReadFailure(cause)}.`;
    throw new CommandError(EXIT_CODES.configuration, 'token-file-unreadable', message, cause);
  }
}
