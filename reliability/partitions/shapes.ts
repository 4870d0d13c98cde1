/** The shapes of a partition: between which of some nodes nothing passes, or only one way. */
import type { Random } from '../../src/simulator/random.ts';

export const SHAPES = ['halves', 'bridge', 'ring', 'one-way', 'isolated', 'scattered'] as const;

export type Shape = (typeof SHAPES)[number];

/** What a partition makes of the link between two nodes, by their places. */
export type Passage = 'open' | 'cut' | 'first-to-second' | 'second-to-first';

/** For every pair of `count` nodes, what passes between them. The nodes' places in the shape are drawn. */
export function drawPartition(shape: Shape, count: number, random: Random): (first: number, second: number) => Passage {
  const order = random.sample(
    Array.from({ length: count }, (_, i) => i),
    count,
  );
  const place = (node: number) => order.indexOf(node);
  const half = Math.ceil(count / 2);
  const open = (isOpen: boolean): Passage => (isOpen ? 'open' : 'cut');
  switch (shape) {
    case 'halves':
      return (a, b) => open(place(a) < half === place(b) < half);
    case 'bridge': {
      // The first one sees everybody, the others only their half.
      const isNear = (node: number) => place(node) <= Math.floor(count / 2);
      return (a, b) => open(place(a) === 0 || place(b) === 0 || isNear(a) === isNear(b));
    }
    case 'ring':
      return (a, b) => open([1, count - 1].includes(Math.abs(place(a) - place(b))));
    case 'one-way': {
      const isHeard = (node: number) => place(node) < half;
      return (a, b) => (isHeard(a) === isHeard(b) ? 'open' : isHeard(a) ? 'first-to-second' : 'second-to-first');
    }
    case 'isolated':
      return (a, b) => open(place(a) !== 0 && place(b) !== 0);
    case 'scattered':
      return () => 'cut';
  }
}
