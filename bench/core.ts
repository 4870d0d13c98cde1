/** `core`: what the rules cost, and what is left of their speed once a node has carried entries through to its disk. */
import { append } from './append.ts';
import { bodyValidation, headerValidation } from './block-validation.ts';
import { entryHashing } from './entry-hashing.ts';
import type { Comparison } from './harness.ts';

/** One after the other, so that what the last one holds in memory is gone when the next begins. */
export async function* core(isQuick: boolean): AsyncGenerator<Comparison> {
  yield* entryHashing();
  yield headerValidation(isQuick ? 50 : 2000, 0);
  yield headerValidation(isQuick ? 50 : 2000, 1_000_000);
  yield bodyValidation(isQuick ? 1 : 8);
  yield await append(isQuick ? 1000 : 20_000);
}
