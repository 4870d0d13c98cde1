/** Errors on their way from the store's thread: a structured clone would lose their class and their code. */
import { AssertionError } from '../core/assert.ts';
import { StoreError } from './store-error.ts';
import type { CrossingError } from './store-thread-message.ts';

/** `error` as it crosses. */
export function errorToCrossing(error: unknown): CrossingError {
  const isStoreError = error instanceof StoreError;
  return {
    kind: isStoreError ? error.code : error instanceof AssertionError ? 'assertion' : 'other',
    message: messageOf(error),
    stack: error instanceof Error ? error.stack : undefined,
    block: isStoreError ? error.block : undefined,
    cause: error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : undefined,
  };
}

/** The error as whoever asked would have met it without a thread; it says where in the thread it came from. */
export function errorFromCrossing({ kind, message, stack, block, cause }: CrossingError): Error {
  const error = createError(kind, message, {
    ...(cause === undefined ? {} : { cause: new Error(cause) }),
    ...(block === undefined ? {} : { block }),
  });
  if (stack !== undefined) error.stack = stack;
  return error;
}

function createError(
  kind: CrossingError['kind'],
  message: string,
  facts: ConstructorParameters<typeof StoreError>[2],
): Error {
  if (kind === 'assertion') return new AssertionError(message);
  if (kind === 'other') return new Error(message, facts);
  return new StoreError(kind, message, facts);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
