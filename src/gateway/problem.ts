/** Problems: what the gateway throws when a request cannot be served, and how every error becomes one (RFC 9457). */
import { PROBLEM_TYPE, PROBLEMS, type ProblemBody, type ProblemCode } from '../api/http-problem.ts';
import { RPC_ERROR_CODES, type RpcError } from '../api/rpc.ts';
import { ProbeError, RpcCallError } from '../probe/probe-client.ts';

export type ProblemFacts = Readonly<Record<string, unknown>>;

interface ProblemParts {
  readonly status: number;
  readonly title: string;
  readonly code: string;
  readonly detail: string;
  readonly facts?: ProblemFacts;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** An error that has its answer with it. Nobody but the error handler catches it. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly #title: string;
  readonly #facts: ProblemFacts;

  constructor(parts: ProblemParts) {
    super(parts.detail, { cause: parts.cause });
    this.code = parts.code;
    this.status = parts.status;
    this.headers = parts.headers ?? {};
    this.#title = parts.title;
    this.#facts = parts.facts ?? {};
  }

  /** The answer's body. A fact never takes the place of a member that RFC 9457 names. */
  body(instance: string): ProblemBody {
    const { code, status, message: detail } = this;
    const members = { type: `/problems/${code}`, title: this.#title, status, detail, instance, code };
    return { ...members, ...this.#facts, ...members };
  }
}

/** A problem of the gateway's own. */
export function problem(
  code: ProblemCode,
  detail: string,
  more: { facts?: ProblemFacts; headers?: Readonly<Record<string, string>>; cause?: unknown } = {},
): Problem {
  return new Problem({ ...PROBLEMS[code], code, detail, ...more });
}

/** What the gateway finds wrong with a body, under the code and with the facts that a node would give. */
export function bodyProblem(fault: { readonly code: string }, detail: string, more: ProblemFacts = {}): Problem {
  return refusal(fault.code, detail, { ...fault, ...more });
}

/** The problem that `error` is, or undefined when it is a mistake of ours. `limits` are the facts of what was exceeded. */
export function problemFrom(error: unknown, limits: { readonly bodyBytesMax: number }): Problem | undefined {
  if (error instanceof Problem) return error;
  if (error instanceof RpcCallError) return fromNode(error.rpc, error);
  if (error instanceof ProbeError) {
    const headers = error.code === 'node-unreachable' ? RETRY_SOON : {};
    return problem(error.code, PROBE_DETAILS[error.code], { headers, cause: error });
  }
  return fromFramework(error, limits);
}

/** Whether a node's `code` says that it does not have what was asked for. */
export function isAbsence(code: string): boolean {
  return /-(unknown|not-found)$/.test(code);
}

/** How an answer with a problem is sent. */
export const PROBLEM_HEADERS = { 'content-type': PROBLEM_TYPE, 'cache-control': 'no-store' } as const;

/**
 * A node's refusal keeps the node's code. What it means in HTTP shows in how the code ends, so that a new code needs no
 * change here: `-unknown` and `-not-found` are 404, cursors and `records-off` have the gateway's own statuses, `-full`,
 * `-stopping`, `-unavailable` and `too-many-` 503, broken text 400, a body over the limits 413, anything else 422.
 */
function fromNode(rpc: RpcError, cause: unknown): Problem {
  switch (rpc.code) {
    case RPC_ERROR_CODES.application:
    case RPC_ERROR_CODES.invalidParams:
      return refusal(rpc.data.code, rpc.message, rpc.data, cause);
    default:
      return problem('node-failed', 'The node could not answer this question; its log says why.', {
        facts: { node_code: rpc.data.code },
        cause,
      });
  }
}

function refusal(code: string, detail: string, facts: ProblemFacts, cause?: unknown): Problem {
  if (isAbsence(code)) {
    return new Problem({ status: 404, title: 'The node has no such thing', code, detail, facts, cause });
  }
  if (code === 'cursor-stale' || code === 'cursor-invalid' || code === 'records-off')
    return new Problem({ ...PROBLEMS[code], code, detail, facts, cause });
  if (/^too-many-|-(full|stopping|busy|unavailable)$/.test(code)) {
    const title = 'The node cannot take more just now';
    return new Problem({ status: 503, title, code, detail, facts, cause, headers: RETRY_SOON });
  }
  const status = BROKEN_TEXT.has(code) ? 400 : TOO_LARGE.has(code) ? 413 : 422;
  return new Problem({ status, title: 'The ledger does not take this', code, detail, facts, cause });
}

/** Errors of Fastify: theirs are the codes on the left. */
function fromFramework(error: unknown, { bodyBytesMax }: { readonly bodyBytesMax: number }): Problem | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return problem('body-too-large', `A body has at most ${bodyBytesMax} bytes: send it in smaller parts.`, {
        facts: { limit_bytes: bodyBytesMax },
      });
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return problem('media-type-unsupported', 'The Content-Type is not a media type: send application/json.');
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'ECONNRESET':
      return problem('body-incomplete', 'Content-Length and the size of the body differ.');
    case 'FST_ERR_BAD_URL':
      return problem('request-malformed', 'The path has a percent sign that escapes nothing.');
    case 'FST_STATIC_FORBIDDEN_PATH':
      return problem('route-unknown', 'There is no such file: the routes are listed at /docs.');
    default:
      return fromFileServer(error);
  }
}

/** What a request for a file of /docs asks for and cannot have: `send`, which serves them, tells it by a status alone. */
function fromFileServer(error: Error): Problem | undefined {
  const status = 'status' in error && typeof error.status === 'number' ? error.status : 500;
  if (status < 400 || status >= 500) return undefined;
  return problem('request-malformed', 'The range or the condition does not fit this file: ask for all of it.');
}

const RETRY_SOON = { 'retry-after': '1' } as const;
const BROKEN_TEXT: ReadonlySet<string> = new Set(['json-syntax', 'utf8-invalid', 'params-invalid']);
const TOO_LARGE: ReadonlySet<string> = new Set(['body-too-large', 'frame-too-large']);
const PROBE_DETAILS = {
  'node-unreachable': 'The node is on the list, but nothing answers at its port: start it again, or look at its log.',
  'node-closed': 'The node closed the connection before it had answered: it may be stopping.',
  'probe-timeout': 'The node did not answer in time: it may be busy; try again.',
  'probe-protocol': 'What answers at the port does not speak the protocol of a node.',
} as const;
