/** What hostile peers have in common: each pays the node visits, one after the other, for as long as it is let. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../src/simulator/random.ts';
import { RawPeer } from './raw-peer.ts';
import type { Target } from './target.ts';

export interface Scene {
  readonly target: Target;
  readonly random: Random;
  /** Aborted when the attack is over. */
  readonly signal: AbortSignal;
}

export interface Character {
  readonly name: string;
  /** One visit: until the node hangs up, the attack is over, or there is nothing more to do. */
  visit(scene: Scene): Promise<void>;
}

/** Visits again and again until the attack is over. Under a new key each time, so no ban holds. */
export async function haunt(character: Character, scene: Scene): Promise<void> {
  while (!scene.signal.aborted) {
    await character.visit(scene);
    await pause(REST_MS, scene.signal);
  }
}

/** A visit by a peer that has greeted, and that leaves at the end whatever happens. */
export function visitAsPeer(
  act: (peer: RawPeer, scene: Scene) => Promise<unknown>,
  options: { readonly claimedWork?: bigint; readonly isGreeting?: boolean } = {},
): (scene: Scene) => Promise<void> {
  return async (scene) => {
    const { target, signal } = scene;
    const peer =
      options.isGreeting === false
        ? await RawPeer.connect(target, signal)
        : await RawPeer.greet(target, signal, options.claimedWork);
    if (peer === undefined) return;
    target.tally.connections++;
    const leave = () => void peer.leave();
    signal.addEventListener('abort', leave);
    try {
      await act(peer, scene);
    } finally {
      signal.removeEventListener('abort', leave);
      await peer.leave();
    }
  };
}

/** A while, cut short by the end of the attack. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}

/** Bytes of chance. */
export function noise(random: Random, sizeBytes: number): Uint8Array {
  const pattern = Uint8Array.from({ length: Math.min(sizeBytes, PATTERN_BYTES) }, () => random.integer(0, 255));
  const bytes = new Uint8Array(sizeBytes);
  for (let start = 0; start < sizeBytes; start += pattern.length) {
    bytes.set(pattern.subarray(0, sizeBytes - start), start);
  }
  return bytes;
}

/** Hex digits of a hash that is of nothing. */
export function randomHash(random: Random): string {
  return Buffer.from(Uint8Array.from({ length: 32 }, () => random.integer(0, 255))).toString('hex');
}

/** Between two visits: long enough for the attack not to be mere handshakes. */
const REST_MS = 50;
const PATTERN_BYTES = 4_096;
