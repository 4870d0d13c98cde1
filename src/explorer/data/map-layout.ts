/**
 * Where each node stands on the map of the network: those of this gateway on a ring, strangers that they are connected to
 * outside of it, near those that know them. The same network is always drawn the same way.
 */

/** A node of this gateway, with the peers that it is connected to. */
export interface MapNode {
  readonly port: number;
  readonly peerId: string;
  readonly peers: readonly { readonly id: string; readonly light: boolean }[];
}

export interface MapPlace {
  /** The peer id. */
  readonly id: string;
  /** Undefined of a stranger. */
  readonly port: number | undefined;
  /** Whether a stranger says that it keeps no chain, as this page does not. */
  readonly isLight: boolean;
  readonly x: number;
  readonly y: number;
}

/** A connection. */
export interface MapLink {
  readonly from: MapPlace;
  readonly to: MapPlace;
}

export interface NetworkMap {
  readonly width: number;
  readonly height: number;
  readonly places: readonly MapPlace[];
  readonly links: readonly MapLink[];
}

export function layoutMap(nodes: readonly MapNode[]): NetworkMap {
  const own = nodes.toSorted((a, b) => a.port - b.port);
  const ids = new Set(own.map(({ peerId }) => peerId));
  const strangers = new Map<string, { isLight: boolean; ports: number[] }>();
  for (const { port, peers } of own) {
    for (const { id, light } of peers) {
      if (ids.has(id)) continue;
      const known = strangers.get(id);
      if (known === undefined) strangers.set(id, { isLight: light, ports: [port] });
      else known.ports.push(port);
    }
  }
  const inner = own.length === 1 ? 0 : ringOf(own.length, 150, 60);
  const outer = strangers.size === 0 ? inner : Math.max(inner + 110, ringOf(strangers.size, 160, 26));
  const at = (angle: number, radius: number) => ({
    x: STRETCH * radius * Math.cos(angle),
    y: radius * Math.sin(angle),
  });

  const angleOf = new Map(own.map(({ port }, index) => [port, angleAt(index, own.length)]));
  const places = new Map<string, MapPlace>();
  for (const { port, peerId } of own) {
    places.set(peerId, { id: peerId, port, isLight: false, ...at(angleOf.get(port) ?? 0, inner) });
  }
  // In the order of where those stand that know them, then evenly apart.
  const ordered = [...strangers]
    .map(([id, { isLight, ports }]) => ({ id, isLight, angle: meanOf(ports.map((port) => angleOf.get(port) ?? 0)) }))
    .sort((a, b) => a.angle - b.angle || (a.id < b.id ? -1 : 1));
  for (const [index, { id, isLight }] of ordered.entries()) {
    places.set(id, { id, port: undefined, isLight, ...at(angleAt(index + 0.5, ordered.length), outer) });
  }
  const framed = frame(places);
  return { ...framed, places: [...framed.places.values()], links: linksOf(own, framed.places) };
}

/** The same places in a frame that is no larger than they need, with the left upper corner at zero. */
function frame(places: ReadonlyMap<string, MapPlace>): {
  width: number;
  height: number;
  places: ReadonlyMap<string, MapPlace>;
} {
  const all = [...places.values()];
  const left = Math.min(0, ...all.map(({ x }) => x)) - MARGIN_X;
  const right = Math.max(0, ...all.map(({ x }) => x)) + MARGIN_X;
  const top = Math.min(0, ...all.map(({ y }) => y)) - MARGIN_TOP;
  const bottom = Math.max(0, ...all.map(({ y }) => y)) + MARGIN_BOTTOM;
  const moved = all.map((place) => [place.id, { ...place, x: place.x - left, y: place.y - top }] as const);
  return { width: right - left, height: bottom - top, places: new Map(moved) };
}

/** Each once, whichever of the two tells of it. */
function linksOf(own: readonly MapNode[], places: ReadonlyMap<string, MapPlace>): MapLink[] {
  const links = new Map<string, MapLink>();
  for (const { peerId, peers } of own) {
    for (const { id } of peers) {
      const from = places.get(peerId);
      const to = places.get(id);
      if (from !== undefined && to !== undefined) links.set([peerId, id].sort().join(' '), { from, to });
    }
  }
  return [...links.values()];
}

/** How wide a ring must be for so many places, each with some room of its own; pixels all. */
function ringOf(count: number, least: number, room: number): number {
  return Math.max(least, (count * 2 * room) / (2 * Math.PI));
}

/** The first stands on top, the others follow clockwise. Two stand side by side. */
function angleAt(index: number, count: number): number {
  return (2 * Math.PI * index) / count - (count === 2 ? Math.PI : Math.PI / 2);
}

/** Of directions, from -π to π: their sum's. */
function meanOf(angles: readonly number[]): number {
  const x = angles.reduce((sum, angle) => sum + Math.cos(angle), 0);
  const y = angles.reduce((sum, angle) => sum + Math.sin(angle), 0);
  return Math.atan2(y, x);
}

/** Wider than high, as screens are. */
const STRETCH = 1.45;
const MARGIN_X = 80;
/** Names stand above and below. */
const MARGIN_TOP = 100;
const MARGIN_BOTTOM = 100;
