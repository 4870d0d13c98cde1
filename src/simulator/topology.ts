/** Who knows whom in a network when it begins. Nodes tell each other of more, so that it does not stay like that. */
import type { Random } from './random.ts';

export type Topology = (typeof TOPOLOGIES)[number];

/** `bridge`: two clusters that only two nodes know of each other. `random`: each knows three others. */
export const TOPOLOGIES = ['mesh', 'ring', 'line', 'star', 'bridge', 'random'] as const;

/** Whether node `from` of `count` knows node `to`. */
export function topologyOf(topology: Topology, count: number, random: Random): (from: number, to: number) => boolean {
  const half = Math.ceil(count / 2);
  switch (topology) {
    case 'mesh':
      return () => true;
    case 'ring':
      return (from, to) => (from + 1) % count === to;
    case 'line':
      return (from, to) => from + 1 === to;
    case 'star':
      return (_, to) => to === 0;
    case 'bridge':
      return (from, to) => from < half === to < half || (from === 0 && to === half);
    case 'random': {
      const all = Array.from({ length: count }, (_, i) => i);
      const known = all.map((own) => {
        const some = random.sample(
          all.filter((other) => other !== own),
          KNOWN_AT_RANDOM,
        );
        // Else there might be two networks that never hear of each other.
        return new Set([...some, (own + 1) % count]);
      });
      return (from, to) => known[from]?.has(to) === true;
    }
  }
}

const KNOWN_AT_RANDOM = 3;
