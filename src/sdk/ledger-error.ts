/** What went wrong, as programs tell it apart: by a code. */

/**
 * Every failure of this library but one: what an `AbortSignal` ends is thrown as the signal's own reason.
 *
 * `code` is stable: one of docs/spec/errors.md, which the gateway, the node and the rules share with this library. `facts` are
 * the values that belong to the code, such as `limitBytes`; what they are stands there, too.
 */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
  readonly code: string;
  /** The HTTP status of the gateway's answer; undefined where it was not the gateway that refused. */
  readonly status: number | undefined;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    options: { readonly status?: number; readonly facts?: object; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status;
    this.facts = { ...options.facts };
  }
}

/** For a fault of the rules: what was shown does not hold. `what` begins the sentence: "The proof of the chain". */
export function proofError<Fault extends { readonly code: string }>(what: string, fault: Fault): LedgerError {
  const { code, ...facts } = fault;
  return new LedgerError(code, `${what} does not hold (${code}): the gateway or its node is wrong or lies.`, { facts });
}

/** For an answer that is not what the route gives. */
export function unreadable(what: string, cause?: unknown): LedgerError {
  return new LedgerError('answer-unreadable', `The gateway's answer is not what was asked for: ${what}.`, { cause });
}
