/** The shortest input near one that breaks something which still breaks it. */

/** Takes away, and then makes plain, whatever is not needed for `fails` to hold. Asks `triesMax` times at most. */
export async function shrink(
  input: Uint8Array,
  fails: (input: Uint8Array) => Promise<boolean>,
  triesMax = 2_000,
): Promise<Uint8Array> {
  let best = input;
  let tries = 0;
  async function tryOther(other: Uint8Array): Promise<boolean> {
    if (tries >= triesMax) return false;
    tries++;
    if (!(await fails(other))) return false;
    best = other;
    return true;
  }
  let hasShrunk = true;
  while (hasShrunk && tries < triesMax) {
    hasShrunk = false;
    for (let size = Math.ceil(best.length / 2); size >= 1; size = Math.floor(size / 2)) {
      // From the end: what comes later hangs on what came before.
      for (let start = best.length - size; start >= 0; start -= size) {
        if (await tryOther(without(best, start, size))) hasShrunk = true;
      }
    }
  }
  for (let i = 0; i < best.length; i++) {
    for (const plain of PLAIN_BYTES) {
      if (best[i] === plain || (await tryOther(best.with(i, plain)))) break;
    }
  }
  return best;
}

function without(input: Uint8Array, start: number, size: number): Uint8Array {
  const shorter = new Uint8Array(input.length - size);
  shorter.set(input.subarray(0, start));
  shorter.set(input.subarray(start + size), start);
  return shorter;
}

/** A zero, for choices, and one for people. */
const PLAIN_BYTES = [0x00, 0x30];
