/**
 * With what chance a chain proof misses what a forger leaves out, where he leaves out what is best for him: the figures of
 * docs/spec/chain-proof.md#what-a-proof-is-worth, computed from nothing but the widths of the bands.
 */

/** What a forger leaves out, in the bands from that of his fork on. */
export interface Omission {
  /** Of the band of the fork, the share that is before it. */
  readonly shared: number;
  /** How much of a band is done or before the fork, where the band is wider than that, in widths of the first band. */
  readonly level: number;
  /** The binary logarithm of the chance that no position falls into what is left out. */
  readonly missed: number;
}

/**
 * The best that he can do with the share `done` of the work after the fork, over all places of it, with so many `bands` for each
 * halving of the work that is left.
 */
export function bestOmission(done: number, bands = 32): Omission {
  return Array.from({ length: FORKS }, (_, i) => omissionAt(done, i / FORKS, bands)).reduce((best, other) =>
    other.missed > best.missed ? other : best,
  );
}

/** The binary logarithm of the largest chance to pass with the share `done` of the work after the fork. */
export function missBound(done: number): number {
  return bestOmission(done).missed;
}

/**
 * The best for a fork in the middle of a band: that the one position of each band falls into what was done has the product of
 * the shares as its chance. Its logarithm is concave in what is done of each band, so it is largest where all bands that are not
 * wholly done have as much done in them: the water that is poured into vessels stands equally high in all that are not full.
 */
function omissionAt(done: number, shared: number, bands: number): Omission {
  const step = 2 ** (-1 / bands);
  // The first band has the width 1; what is after 40 halvings counts as done.
  const widths = Array.from({ length: bands * 40 }, (_, i) => step ** i);
  const after = 1 / (1 - step) - shared;
  const floorOf = (band: number) => (band === 0 ? shared : 0);
  const filled = (level: number, band: number, width: number) => Math.max(floorOf(band), Math.min(width, level));
  let low = 0;
  let high = 1;
  for (let i = 0; i < 60; i++) {
    const level = (low + high) / 2;
    const poured = widths.reduce((sum, width, band) => sum + filled(level, band, width) - floorOf(band), 0);
    if (poured > done * after) high = level;
    else low = level;
  }
  const missed = widths.reduce((sum, width, band) => sum + Math.log2(filled(high, band, width) / width), 0);
  return { shared, level: high, missed };
}

/** So finely is the place of the fork within a band looked through. */
const FORKS = 200;
