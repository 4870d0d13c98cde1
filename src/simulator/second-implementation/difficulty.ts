/** Targets, work and the difficulty rule in whole numbers (docs/spec/proof-of-work.md, docs/spec/difficulty.md). */

/** The target of compact `bits`, or undefined where they are refused. */
export function expand(bits: bigint): bigint | undefined {
  const length = bits / 256n ** 3n;
  const mantissa = bits % 256n ** 3n;
  if (mantissa >= 2n ** 23n) return undefined;
  const target = length >= 3n ? mantissa * 256n ** (length - 3n) : mantissa / 256n ** (3n - length);
  if (target === 0n || target >= 2n ** 256n) return undefined;
  return compact(target) === bits ? target : undefined;
}

/** The compact form of `target`: the shortest length whose three leading bytes have no sign bit, the rest cut off. */
export function compact(target: bigint): bigint {
  let length = 0n;
  while (256n ** length <= target) length++;
  if (leadingThree(target, length) >= 2n ** 23n) length++;
  return length * 256n ** 3n + leadingThree(target, length);
}

function leadingThree(target: bigint, length: bigint): bigint {
  return length >= 3n ? target / 256n ** (length - 3n) : target * 256n ** (3n - length);
}

export function work(target: bigint): bigint {
  return 2n ** 256n / (target + 1n);
}

/** The rules of a network that the difficulty depends on; the two targets compact. */
export interface DifficultyRules {
  readonly interval: bigint;
  readonly halfLife: bigint;
  readonly solveTimeMax: bigint;
  readonly targetLimit: bigint;
  readonly initialBits: bigint;
}

/** The bits of the block after `chain`, given the bits and times of all blocks so far. */
export function nextBits(
  chain: readonly { readonly bits: bigint; readonly time: bigint }[],
  rules: DifficultyRules,
): bigint {
  const parent = chain.at(-1);
  const grandparent = chain.at(-2);
  if (parent === undefined || grandparent === undefined) return rules.initialBits;
  const elapsed = parent.time - grandparent.time;
  const solveTime = elapsed < rules.solveTimeMax ? elapsed : rules.solveTimeMax;
  const target = nextTarget(expand(parent.bits) ?? 0n, solveTime, rules);
  const limit = expand(rules.targetLimit) ?? 0n;
  return compact(target < 1n ? 1n : target < limit ? target : limit);
}

/** Steps 1 to 6 of D3 for a parent with a target, before anything bounds what comes of them. */
export function nextTarget(parentTarget: bigint, solveTime: bigint, rules: DifficultyRules): bigint {
  const exponent = ((solveTime - rules.interval) * 65_536n) / rules.halfLife;
  const shift = floorDivide(exponent, 65_536n);
  const x = exponent - 65_536n * shift;
  const cubic = 195_766_423_245_049n * x + 971_821_376n * x * x + 5_127n * x * x * x + 2n ** 47n;
  const factor = 65_536n + floorDivide(cubic, 2n ** 48n);
  const scaled = parentTarget * factor;
  return shift >= 16n ? scaled * 2n ** (shift - 16n) : floorDivide(scaled, 2n ** (16n - shift));
}

/** The quotient rounded towards minus infinity: `/` rounds towards zero. */
function floorDivide(a: bigint, b: bigint): bigint {
  return a % b < 0n ? a / b - 1n : a / b;
}
