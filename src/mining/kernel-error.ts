/** How a search kernel says that it cannot be used here. */
import type { KernelRefusal } from './miner.ts';

/** The message says what is missing, where, and what to do about it. */
export class KernelError extends Error {
  override readonly name = 'KernelError';
  readonly code: KernelRefusal;

  constructor(code: KernelRefusal, message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.code = code;
  }
}
