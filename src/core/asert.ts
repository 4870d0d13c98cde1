/**
 * The integer arithmetic of aserti3: a target that follows an exponential schedule (docs/spec/difficulty.md).
 *
 * The cubic that stands in for 2^x is the one published for Bitcoin Cash (aserti3-2d, 2020). Exactly these integers:
 * rules never compute with fractions.
 */

/**
 * `reference` doubled for every `halfLife` by which `elapsed` exceeds the schedule of one block per `interval`, and
 * halved for every one it falls short; at least 1, at most `limit`. Times in seconds.
 */
export function asertTarget(options: {
  readonly reference: bigint;
  readonly elapsed: number;
  readonly heightDelta: number;
  readonly interval: number;
  readonly halfLife: number;
  readonly limit: bigint;
}): bigint {
  const lateness = options.elapsed - options.interval * (options.heightDelta + 1);
  // BigInt division rounds towards zero and its right shift towards minus infinity: aserti3 wants both.
  const exponent = (BigInt(lateness) * RADIX) / BigInt(options.halfLife);
  const shift = exponent >> RADIX_BITS;
  const fraction = exponent - (shift << RADIX_BITS);
  const factor =
    RADIX +
    ((195_766_423_245_049n * fraction + 971_821_376n * fraction ** 2n + 5_127n * fraction ** 3n + 2n ** 47n) >> 48n);
  const scaled = options.reference * factor;
  // Of a bigint a shift by less than nothing goes the other way.
  const target = scaled >> (RADIX_BITS - shift);
  if (target === 0n) return 1n;
  return target > options.limit ? options.limit : target;
}

const RADIX_BITS = 16n;
const RADIX = 2n ** RADIX_BITS;
