/**
 * Who cannot reach whom. A cut that breaks ends connections, and dials fail at once. A silent one swallows what is sent:
 * nobody is told, and what was sent arrives when it heals, if the connection is still there.
 */
import type { PeerId } from '../protocol/effects.ts';

export class NetworkCuts {
  readonly #broken = new Set<string>();
  readonly #silent = new Set<string>();

  /** Cuts the connection between two, both ways. */
  cut(one: PeerId, other: PeerId): void {
    this.#broken.add(way(one, other));
    this.#broken.add(way(other, one));
  }

  /** Swallows what goes from the one to the other; the other way stays as it is. */
  silence(from: PeerId, to: PeerId): void {
    this.#silent.add(way(from, to));
  }

  /** Ends every cut between these two. */
  heal(one: PeerId, other: PeerId): void {
    for (const between of [way(one, other), way(other, one)]) {
      this.#broken.delete(between);
      this.#silent.delete(between);
    }
  }

  healAll(): void {
    this.#broken.clear();
    this.#silent.clear();
  }

  isCut(from: PeerId, to: PeerId): boolean {
    return this.#broken.size > 0 && this.#broken.has(way(from, to));
  }

  isSilent(from: PeerId, to: PeerId): boolean {
    return this.#silent.size > 0 && this.#silent.has(way(from, to));
  }

  /** Whether two can talk to each other. */
  isClear(one: PeerId, other: PeerId): boolean {
    return !this.isCut(one, other) && !this.isSilent(one, other) && !this.isSilent(other, one);
  }
}

function way(from: PeerId, to: PeerId): string {
  return `${from}>${to}`;
}
