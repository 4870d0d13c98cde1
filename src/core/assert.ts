/** Checks on ourselves. An error from here is a mistake in Cairn, never bad input, and only the top catches it. */

export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** Stops when `condition` does not hold. `claim` says what should have held. */
export function assert(condition: boolean, claim: string): asserts condition {
  if (!condition) throw new AssertionError(claim);
}

/** The value, where the code around it knows that it is there. `claim` says why. */
export function assertPresent<Value>(value: Value | undefined, claim: string): Value {
  if (value === undefined) throw new AssertionError(claim);
  return value;
}

/** Ends a `switch` over a union, so that a new member of it does not typecheck until it is handled. */
export function assertNever(value: never): never {
  throw new AssertionError(`unhandled case: ${JSON.stringify(value)}`);
}
