/**
 * With what chance a chain proof misses what a forger leaves out, where he leaves out what is best for him: the figures of
 * docs/spec/chain-proof.md#what-a-proof-is-worth, computed from nothing but the widths of the bands.
 */

/**
 * The binary logarithm of the largest chance, over all places of the fork, to pass with the share `done` of the work after it, with so
 * many `bands` for each halving of the work that is left.
 */
export function missBound(done: number, bands = 32): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < FORKS; i++) largest = Math.max(largest, missAt(done, i / FORKS, bands));
  return largest;
}

/**
 * The same for a fork in the middle of a band, of which `shared` is before the fork: that the one position of each band falls into what was
 * done. The logarithm of the product is concave in what is done of each band, so it is largest where all bands that are not
 * wholly done have as much done in them: the water that is poured into vessels stands equally high in all that are not full.
 */
function missAt(done: number, shared: number, bands: number): number {
  const step = 2 ** (-1 / bands);
  // The first band has the width 1; what is after 40 halvings counts as done.
  const widths = Array.from({ length: bands * 40 }, (_, i) => step ** i);
  const after = 1 / (1 - step) - shared;
  const floorOf = (i: number) => (i === 0 ? shared : 0);
  let low = 0;
  let high = 1;
  for (let i = 0; i < 60; i++) {
    const level = (low + high) / 2;
    const poured = widths.reduce((sum, width, band) => {
      return sum + Math.max(floorOf(band), Math.min(width, level)) - floorOf(band);
    }, 0);
    if (poured > done * after) high = level;
    else low = level;
  }
  return widths.reduce((sum, width, band) => {
    return sum + Math.log2(Math.max(floorOf(band), Math.min(width, high)) / width);
  }, 0);
}

/** So finely is the place of the fork within a band looked through. */
const FORKS = 200;
