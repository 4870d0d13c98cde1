/** The shape of a block's stone, which comes from its hash: the same stone is the same block, on whatever node. */

/** How wide and high the square is that a stone's path lies in. */
export const STONE_WIDTH = 100;
export const STONE_HEIGHT = 64;

/** The outline of the stone of `hash`, as the path of an SVG: closed, smooth, and flat enough below to lie on another. */
export function stonePath(hash: string): string {
  // The first digits are zeros by proof of work, the last ones are anybody's.
  const digits = [...hash.slice(-CORNERS - 2)].map((digit) => Number.parseInt(digit, 16) / 15 || 0);
  const slant = ((digits[CORNERS] ?? 0) - 0.5) * 0.16;
  const points = Array.from({ length: CORNERS }, (_, corner): Point => {
    const angle = (2 * Math.PI * corner) / CORNERS + slant;
    const reach = 0.8 + 0.2 * (digits[corner] ?? 0);
    const x = STONE_WIDTH / 2 + squared(Math.cos(angle)) * 47 * reach;
    const y = STONE_HEIGHT / 2 + squared(Math.sin(angle)) * 29 * reach;
    return [x, Math.min(y, STONE_HEIGHT - 3)];
  });
  return smooth(points);
}

/** How high the layer of what a block holds stands in its stone, from 0 to 1. As a stone's height does, it grows with the cube root. */
export function stoneFill(block: { readonly entries: number; readonly size_bytes: number }): number {
  const fullness = Math.max(block.entries / ENTRIES_IN_FULL, block.size_bytes / BYTES_IN_FULL);
  return Math.cbrt(Math.min(1, fullness));
}

type Point = readonly [number, number];

/** Somewhat out of the round. */
function squared(part: number): number {
  return Math.sign(part) * Math.abs(part) ** 0.84;
}

/** A closed curve through `points` (Catmull and Rom's, as cubic Béziers). */
function smooth(points: readonly Point[]): string {
  const at = (index: number): Point => points[(index + points.length) % points.length] ?? [0, 0];
  const curves = points.map((_, index) => {
    const [before, from, to, after] = [at(index - 1), at(index), at(index + 1), at(index + 2)];
    const first: Point = [from[0] + (to[0] - before[0]) / 6, from[1] + (to[1] - before[1]) / 6];
    const second: Point = [to[0] - (after[0] - from[0]) / 6, to[1] - (after[1] - from[1]) / 6];
    return `C${[first, second, to].map(written).join(' ')}`;
  });
  return `M${written(at(0))}${curves.join('')}Z`;
}

function written([x, y]: Point): string {
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}

const CORNERS = 9;
/** A block of these is full, by the rules of the default network. */
const ENTRIES_IN_FULL = 4_096;
const BYTES_IN_FULL = 2 ** 20;
