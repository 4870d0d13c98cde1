/**
 * Who cannot reach whom. A cut that breaks ends connections, and dials fail at once. A silent one swallows what is sent:
 * nobody is told, and what was sent arrives when it heals, if the connection is still there.
 */
import type { PeerId } from '../protocol/effects.ts';

export class NetworkCuts {
  /** How many cuts there are from one to another. */
  readonly #broken = new Map<string, number>();
  readonly #silent = new Map<string, number>();
  readonly #groups: ReadonlySet<PeerId>[] = [];

  /** Cuts what goes from the one to the other; the other way stays as it is. Cut twice, it has to heal twice. */
  cut(from: PeerId, to: PeerId): void {
    count(this.#broken, from, to, 1);
  }

  /** Cuts every connection between one of `group` and one that is not, both ways, until all cuts heal. */
  cutOff(group: ReadonlySet<PeerId>): void {
    this.#groups.push(group);
  }

  /** Swallows what goes from the one to the other. */
  silence(from: PeerId, to: PeerId): void {
    count(this.#silent, from, to, 1);
  }

  /** Ends one cut that breaks. */
  heal(from: PeerId, to: PeerId): void {
    count(this.#broken, from, to, -1);
  }

  /** Ends one silent cut. */
  unsilence(from: PeerId, to: PeerId): void {
    count(this.#silent, from, to, -1);
  }

  healAll(): void {
    this.#broken.clear();
    this.#silent.clear();
    this.#groups.length = 0;
  }

  isCut(from: PeerId, to: PeerId): boolean {
    if (this.#broken.size > 0 && this.#broken.has(way(from, to))) return true;
    return this.#groups.some((group) => group.has(from) !== group.has(to));
  }

  isSilent(from: PeerId, to: PeerId): boolean {
    return this.#silent.size > 0 && this.#silent.has(way(from, to));
  }

  /** Whether two can talk to each other. */
  isClear(one: PeerId, other: PeerId): boolean {
    return (
      !this.isCut(one, other) && !this.isCut(other, one) && !this.isSilent(one, other) && !this.isSilent(other, one)
    );
  }
}

function count(cuts: Map<string, number>, from: PeerId, to: PeerId, change: number): void {
  const left = (cuts.get(way(from, to)) ?? 0) + change;
  if (left > 0) cuts.set(way(from, to), left);
  else cuts.delete(way(from, to));
}

function way(from: PeerId, to: PeerId): string {
  return `${from}>${to}`;
}
