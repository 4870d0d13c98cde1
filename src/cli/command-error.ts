/** How a command ends, as scripts see it, and the error that ends one early. */

/** The exit codes of `cairn`. From 69 to 78 they are those of sysexits(3). */
export const EXIT_CODES = {
  done: 0,
  /** The answer is no: an invalid chain, a refused block, a port that is taken. */
  refused: 1,
  usage: 2,
  /** No node answers. */
  unreachable: 69,
  /** Something failed that should not: a full disk, or a mistake of ours. */
  failed: 70,
  /** What the environment or a file asks for is not possible. */
  configuration: 78,
  /** By Ctrl-C, as shells count it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/** Ends a command. The message says what is wrong, where, and what to do. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: ExitCode;
  /** Stable, for scripts and tests. */
  readonly code: string;

  constructor(exitCode: ExitCode, code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
    this.code = code;
  }
}

/** What to exit with after `error`, whoever threw it. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandError) return error.exitCode;
  if (!(error instanceof Error)) return EXIT_CODES.failed;
  if (error.name === 'RpcCallError') return EXIT_CODES.refused;
  const code = codeOf(error);
  return (code === undefined ? undefined : EXIT_CODES_BY_CODE.get(code)) ?? EXIT_CODES.failed;
}

/** What to tell people about `error`: a sentence of ours, or all there is about a failure that nobody foresaw. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'RpcCallError') return asSentence(error.message);
  if (exitCodeOf(error) !== EXIT_CODES.failed || error instanceof CommandError) return error.message;
  return codeOf(error) === undefined ? (error.stack ?? error.message) : error.message;
}

/** What a node says goes on from other words, where it is told to programs. */
function asSentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
}

/** The `code` of an error of ours or of the system. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** A file that cannot be read; where there is no `cause`, because it is not there. */
export function fileUnreadable(path: string, cause: unknown): CommandError {
  return new CommandError(EXIT_CODES.usage, 'file-unreadable', `${path}: ${describeReadFailure(cause)}.`, cause);
}

/** Why a file cannot be read, for people, without a full stop. */
export function describeReadFailure(cause: unknown): string {
  const known = cause === undefined ? 'ENOENT' : codeOf(cause);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return READ_FAILURES.get(known ?? '') ?? `it cannot be read (${reason})`;
}

const READ_FAILURES: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EISDIR', 'it is a folder, and not a file'],
  ['EACCES', 'you may not read it'],
]);

/** Codes of errors from lower floors. */
const EXIT_CODES_BY_CODE: ReadonlyMap<string, ExitCode> = new Map<string, ExitCode>([
  ['node-unreachable', EXIT_CODES.unreachable],
  ['node-closed', EXIT_CODES.unreachable],
  ['probe-timeout', EXIT_CODES.unreachable],
  ['probe-protocol', EXIT_CODES.unreachable],
  ['port-in-use', EXIT_CODES.refused],
  ['store-in-use', EXIT_CODES.refused],
  ['store-damaged', EXIT_CODES.refused],
  ['block-damaged', EXIT_CODES.refused],
  ['store-missing', EXIT_CODES.usage],
  ['store-network-other', EXIT_CODES.configuration],
  ['store-unwritable', EXIT_CODES.configuration],
  ['store-format-unknown', EXIT_CODES.configuration],
  ['address-invalid', EXIT_CODES.configuration],
  ['listen-failed', EXIT_CODES.configuration],
  ['token-required', EXIT_CODES.configuration],
  ['token-too-short', EXIT_CODES.configuration],
]);
